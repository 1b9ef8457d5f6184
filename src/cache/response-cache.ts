import { LRUCache } from 'lru-cache'
import type { Loss } from '../canonical/loss.ts'
import type { Usage } from '../canonical/usage.ts'
import type { Deployment } from '../providers/provider.ts'
import type { ResponseCacheSettings } from './settings.ts'

/** A complete answer as it went to its client, ready to be sent again in one piece. */
export interface StoredAnswer {
  readonly body: Buffer
  /** Who asked. */
  readonly tenant: string
  /** All fields of a hit but those that name its request. The same object for every hit. */
  readonly headers: Readonly<Record<string, string>>
  /** It is a stream, with something to read in it. */
  readonly streamsContent: boolean
  /** As its client wrote it. */
  readonly requestedModel: string
  readonly deployment: Deployment
  readonly plan: 'passthrough' | 'translate'
  readonly reason: string
  readonly losses: readonly Loss[]
  readonly usage: Usage | null
  /** Unique, `[A-Za-z0-9]`: of the exchange that brought it. */
  readonly id: string
  /** Unix seconds. */
  readonly created: number
}

export interface ResponseCacheStats {
  /** Entries. */
  readonly size: number
  /** Bytes. */
  readonly calculatedSize: number
  readonly maxSize: number
  readonly hits: number
  readonly misses: number
  readonly hitRate: number
  readonly evictions: number
}

/** What an entry costs besides its bytes: the name, the fields, the objects. */
const OVERHEAD = 1024

/** Of an answer as a stream, beside the name of the whole one. */
export function streamKey(key: string, includeUsage: boolean): string {
  return `${key} stream${includeUsage ? ' with usage' : ''}`
}

/** Answers by the name of their request. Only requests that may be answered from here are counted. */
export class ResponseCache {
  readonly #now: () => number
  #settings: ResponseCacheSettings
  #entries: LRUCache<string, StoredAnswer> | null
  #hits = 0
  #misses = 0
  #evictions = 0

  constructor(settings: ResponseCacheSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
    this.#entries = this.#create(settings)
  }

  get settings(): ResponseCacheSettings {
    return this.#settings
  }

  /** Counted as a hit by whoever uses it, and as a miss by whoever asks a vendor. */
  get(key: string): StoredAnswer | undefined {
    return this.#entries?.get(key)
  }

  countHit(): void {
    this.#hits++
  }

  countMiss(): void {
    this.#misses++
  }

  set(key: string, answer: StoredAnswer): void {
    this.#entries?.set(key, answer)
  }

  /** Keeps another form of an answer, for as long as the answer itself. */
  setForm(key: string, form: StoredAnswer, of: string): void {
    const left = this.#entries?.getRemainingTTL(of) ?? 0
    if (left > 0) this.#entries?.set(key, form, { ttl: left })
  }

  /** With all its forms, where it is this tenant's; null: anybody's. Returns how many entries there were. */
  delete(key: string, tenant: string | null): number {
    const names = [key, streamKey(key, true), streamKey(key, false)]
    return names.filter((name) => {
      const isTheirs = tenant === null || this.#entries?.peek(name)?.tenant === tenant
      return isTheirs && this.#entries?.delete(name) === true
    }).length
  }

  /** Of a model, by the name that clients wrote or by the vendor's. */
  deleteModel(model: string, tenant: string | null): number {
    return this.#deleteWhere(
      ({ requestedModel, deployment }) =>
        requestedModel === model || deployment.model === model || deployment.key === model,
      tenant,
    )
  }

  clear(tenant: string | null): number {
    return this.#deleteWhere(() => true, tenant)
  }

  #deleteWhere(fits: (answer: StoredAnswer) => boolean, tenant: string | null): number {
    this.#entries?.purgeStale()
    let deleted = 0
    for (const [key, answer] of this.#entries?.entries() ?? []) {
      const isMeant = fits(answer) && (tenant === null || answer.tenant === tenant)
      if (isMeant && this.#entries?.delete(key) === true) deleted++
    }
    return deleted
  }

  /** Other sizes and times, from now on. The newest of what still fits stays. */
  resize(settings: ResponseCacheSettings): void {
    const before = this.#entries
    this.#settings = settings
    this.#entries = this.#create(settings)
    before?.purgeStale()
    for (const [key, answer] of [...(before?.entries() ?? [])].toReversed()) {
      const left = before?.getRemainingTTL(key) ?? 0
      this.#entries?.set(key, answer, left < settings.ttl ? { ttl: left } : {})
    }
  }

  stats(): ResponseCacheStats {
    this.#entries?.purgeStale()
    const looks = this.#hits + this.#misses
    return {
      size: this.#entries?.size ?? 0,
      calculatedSize: this.#entries?.calculatedSize ?? 0,
      maxSize: this.#settings.maxBytes,
      hits: this.#hits,
      misses: this.#misses,
      hitRate: looks === 0 ? 0 : this.#hits / looks,
      evictions: this.#evictions,
    }
  }

  #create({ mode, max, maxBytes, ttl }: ResponseCacheSettings): LRUCache<string, StoredAnswer> | null {
    if (mode === 'off' || max === 0 || maxBytes === 0 || ttl === 0) return null
    return new LRUCache({
      max,
      maxSize: maxBytes,
      ttl,
      sizeCalculation: ({ body, requestedModel }) => body.length + requestedModel.length + OVERHEAD,
      perf: { now: this.#now },
      ttlResolution: 0,
      dispose: (_answer, _key, reason) => {
        if (reason === 'evict') this.#evictions++
      },
    })
  }
}
