import { LRUCache } from 'lru-cache'
import type { CoalescingStats } from './coalescer.ts'
import { CacheKeys } from './cache-keys.ts'
import { MultiLayerCache } from './multi-layer-cache.ts'
import type { MultiLayerStats } from './multi-layer-cache.ts'
import { RecognisedRequests } from './recognised-requests.ts'
import { ResponseCache } from './response-cache.ts'
import type { ResponseCacheStats } from './response-cache.ts'
import type { CacheSettings } from './settings.ts'
import { sizeOfWarmValue } from './warm-value.ts'
import type { WarmValue } from './warm-value.ts'

/** What is to be forgotten. */
export type Invalidation = {
  /** Whose answers; null: everybody's. */
  readonly tenant: string | null
} & (
  | { readonly kind: 'all' }
  /** One answer, by the name that `x-ucr-cache-key` says. */
  | { readonly kind: 'key'; readonly key: string }
  /** All answers of a model: the client's name of it, the vendor's, or `provider/model`. */
  | { readonly kind: 'model'; readonly model: string }
)

/** Tenants of whom it is known that they had something forgotten. What they ask for takes minutes at most. */
const MOST_TENANTS = 10_000

export interface CacheStats {
  readonly manager: MultiLayerStats
  readonly response: ResponseCacheStats
  readonly metadata: { readonly tokenCountCacheSize: number }
  readonly coalescing: CoalescingStats
}

/** Calls under way, as far as the caches have to do with them. */
interface CallsUnderWay {
  detach(tenant: string | null): void
  stats(): CoalescingStats
}

export interface CachesOptions {
  readonly settings: CacheSettings
  /** At most 64 bytes, of this purpose only. */
  readonly secret: Buffer
  readonly calls: CallsUnderWay
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Everything that this process remembers to answer faster. Outlives a reload. */
export class Caches {
  readonly keys: CacheKeys
  readonly warm: MultiLayerCache<WarmValue>
  readonly recognised: RecognisedRequests
  readonly responses: ResponseCache
  readonly #calls: CallsUnderWay
  readonly #onInvalidate: ((scope: Invalidation) => void)[] = []
  #settings: CacheSettings
  #generation = 0
  /** Of those who are not in the list. */
  #oldest = 0
  readonly #generations = new LRUCache<string, number>({ max: MOST_TENANTS })

  constructor({ settings, secret, calls, now }: CachesOptions) {
    this.#settings = settings
    this.#calls = calls
    this.keys = new CacheKeys(secret)
    this.warm = new MultiLayerCache({ l1: settings.l1, l2: settings.l2, sizeOf: sizeOfWarmValue, now })
    this.recognised = new RecognisedRequests(this.warm, this.keys)
    this.responses = new ResponseCache(settings.responses, now)
  }

  get settings(): CacheSettings {
    return this.#settings
  }

  /** Another one after all that this tenant has forgotten on demand: an answer asked for before that is not kept after it. */
  generationOf(tenant: string): number {
    return this.#generations.get(tenant) ?? this.#oldest
  }

  /** Other sizes, from now on. */
  adopt(settings: CacheSettings): void {
    const before = this.#settings
    this.#settings = settings
    if (isOther(before.l1, settings.l1) || isOther(before.l2, settings.l2)) this.warm.resize(settings.l1, settings.l2)
    if (isOther(before.responses, settings.responses)) this.responses.resize(settings.responses)
  }

  /** Memory runs short: only what is hot stays. Answers take most of the room, and are not worth more than it. */
  clearWarm(): void {
    this.warm.clearWarm()
    this.responses.clear(null)
  }

  /** Answers that are gone now. Other processes are told by whoever listens. */
  invalidate(scope: Invalidation): number {
    const gone = this.forget(scope)
    for (const callback of this.#onInvalidate) callback(scope)
    return gone
  }

  /** As `invalidate`, without telling anybody: for what another process has said. */
  forget(scope: Invalidation): number {
    const { tenant } = scope
    this.#age(tenant)
    this.#calls.detach(tenant)
    switch (scope.kind) {
      case 'all':
        if (tenant === null) {
          this.warm.clear()
          this.recognised.clear()
        }
        return this.responses.clear(tenant)
      case 'key':
        return this.responses.delete(scope.key, tenant)
      case 'model':
        return this.responses.deleteModel(scope.model, tenant)
      default:
        return scope satisfies never
    }
  }

  #age(tenant: string | null): void {
    this.#generation++
    if (tenant !== null) {
      this.#generations.set(tenant, this.#generation)
      return
    }
    this.#oldest = this.#generation
    this.#generations.clear()
  }

  /** Called with everything that this process forgets on demand, so that others can do the same. */
  onInvalidate(callback: (scope: Invalidation) => void): void {
    this.#onInvalidate.push(callback)
  }

  stats(): CacheStats {
    return {
      manager: this.warm.getStats(),
      response: this.responses.stats(),
      metadata: { tokenCountCacheSize: this.warm.count(({ kind }) => kind === 'token-count') },
      coalescing: this.#calls.stats(),
    }
  }
}

function isOther(before: object, after: object): boolean {
  return JSON.stringify(before) !== JSON.stringify(after)
}
