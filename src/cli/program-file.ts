/** The file that Node runs now: the bundle, or the source. */
export function programFile(): string {
  const file = process.argv[1]
  if (file === undefined) throw new TypeError('There is no program to start.')
  return file
}
