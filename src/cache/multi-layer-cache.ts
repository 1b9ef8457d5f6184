import { LRUCache } from 'lru-cache'
import type { TierSettings } from './settings.ts'

export interface MultiLayerOptions<Value> {
  readonly l1: TierSettings
  readonly l2: TierSettings
  /** Bytes of a value, about. Left out: values are small. */
  readonly sizeOf?: (value: Value) => number
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

export interface MultiLayerStats {
  readonly hits: number
  readonly misses: number
  /** From 0 to 1; 0 before the first look. */
  readonly hitRate: number
  readonly l1Size: number
  readonly l2Size: number
  /** Of both, about; what is in both counts twice. */
  readonly bytes: number
  /** Values that left because there was no more room for them. */
  readonly evictions: number
}

type Tier<Value> = LRUCache<string, { readonly value: Value }>

/** Bytes that one tier may hold: clients choose much of what is kept, so a number of entries alone is no limit. */
const MOST_BYTES = 16 * 1024 * 1024
const SMALL = 256

/**
 * A small hot tier in front of a large warm one. What is found in the warm tier becomes hot again for as long as the hot
 * tier's time, and at most as long as it is allowed to live in the warm one.
 */
export class MultiLayerCache<Value> {
  readonly #now: () => number
  readonly #sizeOf: (value: Value) => number
  #l1: Tier<Value> | null
  #l2: Tier<Value> | null
  #hits = 0
  #misses = 0
  #evictions = 0

  constructor({ l1, l2, sizeOf = () => SMALL, now = () => performance.now() }: MultiLayerOptions<Value>) {
    this.#now = now
    this.#sizeOf = sizeOf
    this.#l1 = this.#tier(l1, false)
    this.#l2 = this.#tier(l2, true)
  }

  get(key: string): Value | undefined {
    const found = this.#l1?.get(key) ?? this.#warm(key)
    if (found === undefined) this.#misses++
    else this.#hits++
    return found?.value
  }

  set(key: string, value: Value): void {
    const entry = { value }
    this.#l1?.set(key, entry)
    this.#l2?.set(key, entry)
  }

  /** Forgets whatever is not hot: for when memory runs short. */
  clearWarm(): void {
    this.#l2?.clear()
  }

  clear(): void {
    this.#l1?.clear()
    this.#l2?.clear()
  }

  /** Other sizes and times, from now on. What still fits stays. */
  resize(l1: TierSettings, l2: TierSettings): void {
    this.#l1 = moved(this.#l1, this.#tier(l1, false))
    this.#l2 = moved(this.#l2, this.#tier(l2, true))
  }

  getStats(): MultiLayerStats {
    const looks = this.#hits + this.#misses
    return {
      hits: this.#hits,
      misses: this.#misses,
      hitRate: looks === 0 ? 0 : this.#hits / looks,
      l1Size: lengthOf(this.#l1),
      l2Size: lengthOf(this.#l2),
      bytes: (this.#l1?.calculatedSize ?? 0) + (this.#l2?.calculatedSize ?? 0),
      evictions: this.#evictions,
    }
  }

  /** Values that fit, each once. */
  count(fits: (value: Value) => boolean): number {
    const keys = new Set<string>()
    for (const tier of [this.#l1, this.#l2]) {
      tier?.purgeStale()
      for (const [key, { value }] of tier?.entries() ?? []) if (fits(value)) keys.add(key)
    }
    return keys.size
  }

  #warm(key: string): { readonly value: Value } | undefined {
    const found = this.#l2?.get(key)
    if (found === undefined || this.#l1 === null) return found
    const left = this.#l2?.getRemainingTTL(key) ?? 0
    this.#l1.set(key, found, left < this.#l1.ttl ? { ttl: left } : {})
    return found
  }

  /** A value that leaves the hot tier is still in the warm one, where there is one. */
  #tier({ max, ttl }: TierSettings, isWarm: boolean): Tier<Value> | null {
    if (max === 0 || ttl === 0) return null
    return new LRUCache({
      max,
      ttl,
      // Asked each time: the clock is cheap, and the library's own memory of it is a timer.
      ttlResolution: 0,
      maxSize: MOST_BYTES,
      sizeCalculation: ({ value }) => Math.max(1, this.#sizeOf(value)),
      perf: { now: this.#now },
      dispose: (_value, _key, reason) => {
        if (reason === 'evict' && (isWarm || this.#l2 === null)) this.#evictions++
      },
    })
  }
}

/** From the oldest to the newest, each with the time that it has left, or less. */
function moved<Value>(from: Tier<Value> | null, to: Tier<Value> | null): Tier<Value> | null {
  if (from === null || to === null) return to
  from.purgeStale()
  for (const [key, entry] of [...from.entries()].toReversed()) {
    const left = from.getRemainingTTL(key)
    to.set(key, entry, left < to.ttl ? { ttl: left } : {})
  }
  return to
}

function lengthOf<Value>(tier: Tier<Value> | null): number {
  tier?.purgeStale()
  return tier?.size ?? 0
}
