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
export type Invalidation =
  | { readonly kind: 'all' }
  /** One answer, by the name that `x-ucr-cache-key` says. */
  | { readonly kind: 'key'; readonly key: string }
  /** All answers of a model: the client's name of it, the vendor's, or `provider/model`. */
  | { readonly kind: 'model'; readonly model: string }

export interface CacheStats {
  readonly manager: MultiLayerStats
  readonly response: ResponseCacheStats
  readonly metadata: { readonly tokenCountCacheSize: number }
  readonly coalescing: CoalescingStats
}

/** Calls under way, as far as the caches have to do with them. */
interface CallsUnderWay {
  detach(): void
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

  /** Grows with everything that is forgotten on demand: an answer asked for before that is not kept after it. */
  get generation(): number {
    return this.#generation
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
    this.responses.clear()
  }

  /** Answers that are gone now. Other processes are told by whoever listens. */
  invalidate(scope: Invalidation): number {
    const gone = this.forget(scope)
    for (const callback of this.#onInvalidate) callback(scope)
    return gone
  }

  /** As `invalidate`, without telling anybody: for what another process has said. */
  forget(scope: Invalidation): number {
    this.#generation++
    this.#calls.detach()
    switch (scope.kind) {
      case 'all':
        this.warm.clear()
        this.recognised.clear()
        return this.responses.clear()
      case 'key':
        return this.responses.delete(scope.key)
      case 'model':
        return this.responses.deleteModel(scope.model)
      default:
        return scope satisfies never
    }
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
