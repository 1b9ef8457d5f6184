/** Milliseconds. */
const FIRST = 1000
const LONGEST = 30_000

/** How long to wait after so many failures in a row, at least one: 1 s, 2 s, 4 s, at most 30 s. */
export function backOff(failures: number): number {
  return Math.min(LONGEST, FIRST * 2 ** (failures - 1))
}
