/** One line for the person who waits. On standard error, because standard output belongs to the program we start. */
export function say(/** @type {string} */ text) {
  console.error(`ucr: ${text}`)
}
