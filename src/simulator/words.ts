/** The words of the lines as a set: long lists of names read better without quotes and commas. */
export function words(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')))
}
