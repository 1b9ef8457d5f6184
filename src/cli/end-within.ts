import { EXIT } from './exit-code.ts'

/** Milliseconds for what is left when everything under way is over: stores that close, and what a custom router began. */
export const CLOSING = 5000

/** Ends this process then, where anything still keeps it alive, with the exit code that it has by then. */
export function endWithin(milliseconds: number): void {
  setTimeout(() => process.exit(process.exitCode ?? EXIT.failure), milliseconds).unref()
}
