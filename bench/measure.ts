/** Median over rounds of the CPU time of one call, in microseconds. */
export async function measure(step: () => Promise<unknown>): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < 7; round++) {
    let calls = 0
    const before = process.cpuUsage()
    const until = performance.now() + 250
    while (performance.now() < until) {
      for (let index = 0; index < 8; index++) await step()
      calls += 8
    }
    const { user, system } = process.cpuUsage(before)
    // The first rounds run code that is not compiled yet.
    if (round >= 2) rounds.push((user + system) / calls)
  }
  return rounds.toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? Number.NaN
}
