import { ANTHROPIC_MESSAGES_DIALECT } from '../protocols/dialect.ts'
import { defineProvider, messagesEndpoint } from './define.ts'

/**
 * The installed Claude Code with the login that it has: a program in place of a vendor.
 * https://code.claude.com/docs/en/headless
 */
export const claudeCode = defineProvider({
  type: 'claude-code',
  name: 'Claude Code',
  baseUrl: null,
  versionPath: '',
  keyRequired: false,
  auth: 'x-api-key',
  endpoints: [{ ...messagesEndpoint(ANTHROPIC_MESSAGES_DIALECT, null), modelsPath: null }],
  forwardHeaders: ['x-claude-'],
})
