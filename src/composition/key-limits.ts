import type { RateCounter, RateLimitSettings } from '../admission/rate-counter.ts'

/** As one worker tells others of it: `limit 100/60000 key_...`. */
const TOLD = /^limit (\d+)\/(\d+) (.+)$/s

/** Makes a counter. `prefix` goes before the names that others are told. */
type MakeCounter<C> = (limit: RateLimitSettings, prefix: string) => C

/** A counter for each limit that some key has of its own, and for wrong keys: as many as operators have thought of. */
export class KeyLimits<C extends RateCounter = RateCounter> {
  readonly #make: MakeCounter<C>
  readonly #counters = new Map<string, C>()

  constructor(make: MakeCounter<C>) {
    this.#make = make
  }

  counterFor({ max, timeWindow }: RateLimitSettings): C {
    const prefix = `limit ${max}/${timeWindow} `
    const present = this.#counters.get(prefix)
    if (present !== undefined) return present
    const counter = this.#make({ max, timeWindow }, prefix)
    this.#counters.set(prefix, counter)
    return counter
  }

  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#counters.values()].flatMap((counter) => [...counter.counts()]))
  }

  /** Another worker has counted. False where that is of no key's own limit. */
  add(told: string, count: number): boolean {
    const match = TOLD.exec(told)
    if (match === null) return false
    const [, max, timeWindow, name = ''] = match
    this.counterFor({ max: Number(max), timeWindow: Number(timeWindow) }).add(name, count)
    return true
  }
}
