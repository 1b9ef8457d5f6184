import { ANTHROPIC_MESSAGES_DIALECT } from '../protocols/dialect.ts'
import { defineProvider, FOREIGN_MESSAGES_DIALECT, messagesEndpoint } from './define.ts'

/** https://docs.anthropic.com/en/api */
export const anthropic = defineProvider({
  type: 'anthropic',
  name: 'Anthropic',
  baseUrl: 'https://api.anthropic.com/v1',
  keyVariables: ['ANTHROPIC_API_KEY'],
  // Both versions of the API take the key in this field, the newer one as a bearer token as well.
  auth: 'x-api-key',
  endpoints: [messagesEndpoint(ANTHROPIC_MESSAGES_DIALECT, '/messages/count_tokens')],
  // For clients that leave it out, as a first curl does.
  headers: { 'anthropic-version': ANTHROPIC_MESSAGES_DIALECT.version },
  keyPage: 'https://console.anthropic.com/settings/keys',
})

/**
 * Any other host of the same protocol: `https://api.deepseek.com/anthropic`, `https://api.moonshot.ai/anthropic`,
 * `https://api.z.ai/api/anthropic`, `https://api.minimax.io/anthropic`. Few of them count tokens.
 */
export const anthropicCompatible = defineProvider({
  type: 'anthropic-compatible',
  name: 'Anthropic-compatible',
  baseUrl: null,
  keyRequired: false,
  auth: 'x-api-key',
  endpoints: [messagesEndpoint(FOREIGN_MESSAGES_DIALECT, null)],
})
