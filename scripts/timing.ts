/** Milliseconds by the clock of each of `iterations` calls, one after the other, behind `warmUps` that do not count. */
export async function timesOf(
  run: (n: number) => unknown,
  warmUps: number,
  iterations: number,
): Promise<readonly number[]> {
  for (let n = 0; n < warmUps; n++) await run(n)
  const times: number[] = []
  for (let n = 0; n < iterations; n++) {
    const started = performance.now()
    const made = run(n)
    if (made instanceof Promise) await made
    times.push(performance.now() - started)
  }
  return times
}

export interface Figures {
  readonly total: number
  readonly average: number
  readonly min: number
  readonly max: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export function figuresOf(times: readonly number[]): Figures {
  const total = times.reduce((sum, time) => sum + time, 0)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { total, average: total / times.length, min: at(0), max: at(1), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
