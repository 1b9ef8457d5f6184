import { ANTHROPIC_MESSAGES_DIALECT } from '../protocols/dialect.ts'
import type { MessagesDialect } from '../protocols/dialect.ts'
import { defineProvider, messagesEndpoint } from './define.ts'

/** Claude Code says who bills it, who the user is, and where a prompt may be cached, by itself. */
const DIALECT = {
  ...ANTHROPIC_MESSAGES_DIALECT,
  billingHeader: 'strip',
  unheard: ['metadata', 'cache_control'],
} as const satisfies MessagesDialect

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
  endpoints: [{ ...messagesEndpoint(DIALECT, null), modelsPath: null }],
  forwardHeaders: ['x-claude-'],
})
