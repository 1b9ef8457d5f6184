const ROUND_TRIPS = 5

/**
 * Resolves when a count no longer moves: as many requests went to and fro on the same machine, and nothing came of what it
 * counts. `roundTrip` is one of them.
 */
export async function untilStill(count: () => number, roundTrip: () => Promise<unknown>): Promise<void> {
  let before = count()
  for (let still = 0; still < ROUND_TRIPS;) {
    await roundTrip()
    const now = count()
    still = now === before ? still + 1 : 0
    before = now
  }
}
