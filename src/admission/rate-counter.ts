import { LRUCache } from 'lru-cache'

export interface RateLimitSettings {
  readonly max: number
  /** Milliseconds. */
  readonly timeWindow: number
}

/** Times in milliseconds. */
export interface RateVerdict {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Until the next one is allowed; 0 when it is. */
  readonly retryAfter: number
  /** Until nothing is counted any more. */
  readonly reset: number
}

/** Counts requests by name. What others count can be told to it, so that several processes count as one. */
export interface RateCounter {
  /** One more under this name. It is counted if it is allowed. A promise only where the count is kept elsewhere. */
  take(name: string): RateVerdict | Promise<RateVerdict>
  /** So many were counted elsewhere. */
  add(name: string, count: number): void
  /** What counts now, rounded up, for a process that begins to count. */
  counts(): ReadonlyMap<string, number>
}

interface Entry {
  /** Which window the count is of. */
  window: number
  current: number
  /** Of the window before it. */
  previous: number
}

/** Names come from the net: the least recently seen ones are forgotten. */
const MOST_NAMES = 10_000

/**
 * At most `max` within any time as long as the window. Two numbers a name: the window that ended last counts for as much of
 * it as would still be inside one that ends now.
 */
export class SlidingCounter implements RateCounter {
  readonly #max: number
  readonly #window: number
  readonly #now: () => number
  readonly #entries = new LRUCache<string, Entry>({ max: MOST_NAMES })

  /** `window` in milliseconds, `now` gives monotonic ones. */
  constructor(max: number, window: number, now: () => number) {
    this.#max = max
    this.#window = window
    this.#now = now
  }

  take(name: string): RateVerdict {
    const now = this.#now()
    const entry = this.#entry(name, now)
    const left = this.#window - (now % this.#window)
    const used = entry.current + (entry.previous * left) / this.#window
    const allowed = used < this.#max
    if (allowed) entry.current++
    return {
      allowed,
      limit: this.#max,
      remaining: Math.max(0, Math.floor(this.#max - used - (allowed ? 1 : 0))),
      retryAfter: allowed ? 0 : this.#wait(entry, left),
      reset: left + (entry.current > 0 ? this.#window : 0),
    }
  }

  add(name: string, count: number): void {
    this.#entry(name, this.#now()).current += count
  }

  counts(): ReadonlyMap<string, number> {
    const now = this.#now()
    const left = this.#window - (now % this.#window)
    const window = Math.floor(now / this.#window)
    const counts = new Map<string, number>()
    // Looking at them makes none of them more recent.
    for (const [name, entry] of this.#entries.entries()) {
      const current = entry.window === window ? entry.current : 0
      const before = entry.window === window ? entry.previous : entry.window === window - 1 ? entry.current : 0
      const used = Math.ceil(current + (before * left) / this.#window)
      if (used > 0) counts.set(name, used)
    }
    return counts
  }

  /** Until the earlier window counts for so little that there is room. */
  #wait({ current, previous }: Entry, left: number): number {
    const room = this.#max - current
    if (room <= 0) return left + this.#window * Math.max(0, 1 - this.#max / current)
    return left - (this.#window * room) / previous
  }

  #entry(name: string, now: number): Entry {
    const window = Math.floor(now / this.#window)
    const entry = this.#entries.get(name)
    if (entry === undefined) {
      const created = { window, current: 0, previous: 0 }
      this.#entries.set(name, created)
      return created
    }
    if (entry.window === window) return entry
    entry.previous = entry.window === window - 1 ? entry.current : 0
    entry.current = 0
    entry.window = window
    return entry
  }
}
