import { ANTHROPIC_MESSAGES_DIALECT, OPENAI_CHAT_DIALECT } from '../protocols/dialect.ts'
import { chatEndpoint, defineProvider, messagesEndpoint, withQuirks } from './define.ts'

/**
 * The built-in far end that needs no vendor. Its base URL is known once it listens. Header fields `x-sim-*` set delays and
 * faults for one request.
 */
export const simulator = defineProvider({
  type: 'simulator',
  name: 'Simulator (no real model)',
  baseUrl: null,
  keyRequired: false,
  auth: 'none',
  endpoints: [
    messagesEndpoint(ANTHROPIC_MESSAGES_DIALECT, '/messages/count_tokens'),
    chatEndpoint(withQuirks(OPENAI_CHAT_DIALECT, { reasoning: { sendBack: 'reasoning_content' } })),
  ],
  // For clients that leave it out, as a first curl does.
  headers: { 'anthropic-version': ANTHROPIC_MESSAGES_DIALECT.version },
  forwardHeaders: ['x-sim-'],
})
