/** Something the user has to mend before the project can start. The message is the whole explanation. */
export class SetupError extends Error {
  /** @param {string} message @param {{ cause?: unknown }} [options] */
  constructor(message, options) {
    super(message, options)
    this.name = 'SetupError'
  }
}

/** Prints what went wrong and sets the exit code: a `SetupError` as its sentence, anything else as the bug it is. */
export function reportFailure(/** @type {unknown} */ thrown) {
  console.error(thrown instanceof SetupError ? `ucr: ${thrown.message}` : thrown)
  process.exitCode = 1
}
