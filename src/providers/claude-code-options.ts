/** How the program is run for one provider of the config. */
export interface ClaudeCodeOptions {
  /** The program; null: looked for. Never a shell line. */
  readonly command: string | null
  /** Where it works; null: an empty folder for each process, removed with it. */
  readonly workingFolder: string | null
  /** Its `CLAUDE_CONFIG_DIR`, with a login of its own; null: the user's. */
  readonly configFolder: string | null
  /** Its own tools that it may use without asking, `Bash(git log:*)`; empty: none. */
  readonly allowedTools: readonly string[]
  readonly permissionMode: PermissionMode
  /** Answers of the model for one request; null: no limit. */
  readonly maxTurns: number | null
  /** That may run at a time, those included that wait for tool results or for a next request. */
  readonly processes: number
  /** Requests that may wait for a process. */
  readonly queue: number
  /** Milliseconds after which a process ends that nobody came back to. */
  readonly idleTimeout: number
}

export interface ClaudeCodeProgram extends ClaudeCodeOptions {
  /** Where the program is to send its requests; null: where it sends them by itself. */
  readonly baseUrl: string | null
}

/** From the strictest on. `dontAsk` denies whatever is not allowed by name. */
export const PERMISSION_MODES = ['plan', 'dontAsk', 'acceptEdits', 'bypassPermissions'] as const
export type PermissionMode = (typeof PERMISSION_MODES)[number]

export const DEFAULT_CLAUDE_CODE_OPTIONS: ClaudeCodeOptions = {
  command: null,
  workingFolder: null,
  configFolder: null,
  allowedTools: [],
  permissionMode: 'dontAsk',
  maxTurns: null,
  processes: 4,
  queue: 32,
  idleTimeout: 300_000,
}

/** Scheme of the origins that no socket is opened for. */
export const CLAUDE_CODE_SCHEME = 'claude-code:'

/** The names that the program takes for the newest models of each family. Others work too. */
export const CLAUDE_CODE_MODELS: readonly string[] = ['sonnet', 'opus', 'haiku']
