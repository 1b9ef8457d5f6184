import { LRUCache } from 'lru-cache'
import { GatewayError } from '../lib/error.ts'
import type { RateCounter, RateLimitSettings, RateVerdict } from './rate-counter.ts'
import type { RateStore } from './rate-store.ts'

/** While the store is away: this gateway counts by itself, nobody counts, or nobody is admitted. */
export type StoreFailurePolicy = 'local' | 'allow' | 'refuse'

export interface RemoteCounterOptions {
  readonly store: RateStore
  readonly limit: RateLimitSettings
  /** Counts along, so that it knows what was when it has to count alone. */
  readonly own: RateCounter
  readonly onFailure: StoreFailurePolicy
  /** Somebody was judged without the store. */
  readonly alone: () => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

interface Refusal {
  readonly verdict: RateVerdict
  readonly at: number
}

const MOST_NAMES = 10_000

/** Has a store count. Whoever is over the limit is told so here until there is room again: a flood asks the store once. */
export class RemoteCounter implements RateCounter {
  readonly #options: RemoteCounterOptions
  readonly #refusals = new LRUCache<string, Refusal>({ max: MOST_NAMES })

  constructor(options: RemoteCounterOptions) {
    this.#options = options
  }

  take(name: string): RateVerdict | Promise<RateVerdict> {
    const { store, limit } = this.#options
    const refused = this.#refused(name)
    if (refused !== null) return refused
    if (store.away) return this.#alone(name)
    return store.take(limit, name).then(
      (verdict) => this.#heard(name, verdict),
      () => this.#alone(name),
    )
  }

  add(name: string, count: number): void {
    this.#options.own.add(name, count)
  }

  counts(): ReadonlyMap<string, number> {
    return this.#options.own.counts()
  }

  #heard(name: string, verdict: RateVerdict): RateVerdict {
    if (verdict.allowed) void this.#options.own.take(name)
    else this.#refusals.set(name, { verdict, at: this.#options.now() })
    return verdict
  }

  /** Counts only become less with time, so what the store has said holds as long as it said. */
  #refused(name: string): RateVerdict | null {
    const refusal = this.#refusals.get(name)
    if (refusal === undefined) return null
    const { verdict, at } = refusal
    const passed = this.#options.now() - at
    if (passed >= verdict.retryAfter) {
      this.#refusals.delete(name)
      return null
    }
    return { ...verdict, retryAfter: verdict.retryAfter - passed, reset: Math.max(0, verdict.reset - passed) }
  }

  #alone(name: string): RateVerdict | Promise<RateVerdict> {
    const { onFailure, own, limit, alone } = this.#options
    alone()
    switch (onFailure) {
      case 'local':
        return own.take(name)
      case 'allow':
        return { allowed: true, limit: limit.max, remaining: limit.max, retryAfter: 0, reset: 0 }
      case 'refuse':
        throw new GatewayError('store_unavailable', 'Requests cannot be counted at the moment.', { retryAfter: 1 })
      default:
        return onFailure satisfies never
    }
  }
}
