/** Sizes of the caches as the config has them. Times in milliseconds, sizes in bytes. */
export interface CacheSettings {
  readonly l1: TierSettings
  readonly l2: TierSettings
  readonly responses: ResponseCacheSettings
  /** Equal cacheable requests under way share one call of a vendor. */
  readonly coalesce: boolean
}

export interface TierSettings {
  /** Entries; 0: none are kept. */
  readonly max: number
  readonly ttl: number
}

export interface ResponseCacheSettings {
  /** `deterministic`: answers of requests at temperature 0. `all`: those of all requests that are not streamed. */
  readonly mode: 'deterministic' | 'all' | 'off'
  readonly max: number
  readonly maxBytes: number
  readonly ttl: number
  /** Keep answers with tool calls too. */
  readonly toolCalls: boolean
}
