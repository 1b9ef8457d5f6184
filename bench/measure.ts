const ROUNDS = 7
/** The first rounds run code that is not compiled yet. */
const WARM_UP = 2
/** Milliseconds of a round. */
const ROUND = 250

/** Median over rounds of the CPU time of one call, in microseconds. */
export async function measure(step: () => Promise<unknown>): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const clock = new Clock()
    while (clock.runs) {
      for (let index = 0; index < 8; index++) await step()
      clock.calls += 8
    }
    if (round >= WARM_UP) rounds.push(clock.perCall)
  }
  return median(rounds)
}

/** The same of what is done at once. */
export function measureSync(step: () => unknown): number {
  const rounds: number[] = []
  let kept: unknown
  for (let round = 0; round < ROUNDS; round++) {
    const clock = new Clock()
    while (clock.runs) {
      for (let index = 0; index < 8; index++) kept = step()
      clock.calls += 8
    }
    if (round >= WARM_UP) rounds.push(clock.perCall)
  }
  if (kept === measureSync) throw new Error('never: keeps the last result alive')
  return median(rounds)
}

/** Of one round. */
class Clock {
  calls = 0
  readonly #before = process.cpuUsage()
  readonly #until = performance.now() + ROUND

  get runs(): boolean {
    return performance.now() < this.#until
  }

  get perCall(): number {
    const { user, system } = process.cpuUsage(this.#before)
    return (user + system) / this.calls
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
