import type { RateLimitSettings, RateVerdict } from './rate-counter.ts'

/** Counts for several gateways, in one place. */
export interface RateStore {
  /** It has failed a moment ago and is not asked now. */
  readonly away: boolean
  /** One more under this name, counted if it is allowed. Rejects where it cannot be asked, or not in time. */
  take(limit: RateLimitSettings, name: string): Promise<RateVerdict>
}
