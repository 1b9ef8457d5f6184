import type { ClaudeCodeProgram } from '../../providers/claude-code-options.ts'

/** A configured provider as the transport needs it. */
export interface ClaudeCodeSettings extends ClaudeCodeProgram {
  /** For error messages. */
  readonly id: string
}
