import { EXIT } from './exit-code.ts'

/** Milliseconds for stores and files to close when every request is over. */
export const CLOSING = 5000
/** The same for what nobody closes, as a timer of a custom router. */
export const LEFTOVERS = 500

/** Ends this process then, where anything still keeps it alive, with the exit code that it has by then. */
export function endWithin(milliseconds: number): void {
  setTimeout(() => process.exit(process.exitCode ?? EXIT.failure), milliseconds).unref()
}
