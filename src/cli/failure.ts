import { EXIT, type ExitCode } from './exit-code.ts'

export interface FailureOptions {
  /** What to do about it: one line or several. */
  readonly fix?: string
  readonly exitCode?: ExitCode
  readonly cause?: unknown
}

/** Ends a command with a message for the person at the terminal. Never a bug: those keep their stack. */
export class Failure extends Error {
  readonly fix: string | null
  readonly exitCode: ExitCode

  constructor(message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.fix = options.fix ?? null
    this.exitCode = options.exitCode ?? EXIT.failure
  }
}

/** The command line is wrong. */
export function usageFailure(message: string, fix?: string): Failure {
  return new Failure(message, fix === undefined ? { exitCode: EXIT.usage } : { exitCode: EXIT.usage, fix })
}

/** The operating system's code of an error (`ENOENT`), or null. */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

/** One line about any thrown value. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
