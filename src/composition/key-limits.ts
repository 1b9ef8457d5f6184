import { SlidingCounter } from '../admission/rate-counter.ts'
import type { RateCounter, RateLimitSettings } from '../admission/rate-counter.ts'
import type { WorkerBus } from '../workers/bus.ts'
import { SharedCounter } from './share-rates.ts'

/** As one worker tells others of it: `limit 100/60000 key_...`. */
const TOLD = /^limit (\d+)\/(\d+) (.+)$/s

/** A counter for each limit that some key has of its own: as many as operators have thought of. */
export class KeyLimits {
  readonly #bus: WorkerBus
  readonly #now: () => number
  readonly #counters = new Map<string, RateCounter>()

  /** `now` gives monotonic milliseconds. */
  constructor(bus: WorkerBus, now: () => number) {
    this.#bus = bus
    this.#now = now
  }

  counterFor({ max, timeWindow }: RateLimitSettings): RateCounter {
    const prefix = `limit ${max}/${timeWindow} `
    const present = this.#counters.get(prefix)
    if (present !== undefined) return present
    const counter = new SharedCounter(new SlidingCounter(max, timeWindow, this.#now), this.#bus, prefix)
    this.#counters.set(prefix, counter)
    return counter
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
