import type { LoopLagFigures } from './loop-lag.ts'

/** Numbers by name, which add up over processes. */
export type Counts<F extends string> = Readonly<Record<F, number>>

export const CACHE_MANAGER = ['hits', 'misses', 'l1Size', 'l2Size', 'bytes', 'evictions'] as const
export const RESPONSE_CACHE = ['size', 'calculatedSize', 'maxSize', 'hits', 'misses', 'evictions'] as const
export const METADATA = ['tokenCountCacheSize'] as const
export const COALESCING = ['inFlight', 'leaders', 'followers'] as const
export const DNS = ['size', 'hits', 'misses', 'stale', 'errors'] as const
export const COMPRESSION = ['responses', 'bytesIn', 'bytesOut', 'savedBytes'] as const
export const ADMISSION = ['rateLimited', 'overloaded', 'wrongCredentials', 'uncounted'] as const
export const PLANS = ['fastPath', 'total'] as const
export const SESSION_EVENTS = ['created', 'appended', 'failed', 'evicted', 'expired'] as const
export const SESSION_STORE = ['active', 'total'] as const
export const REASONING = ['kept', 'restored', 'missed', 'failed'] as const
/** Messages about alerts, and rules that are broken. */
export const ALERTS = ['firing', 'sent', 'failed', 'dropped'] as const
export const PROVIDER_CHECKS = ['checked', 'down'] as const
export const KEYS = ['configured', 'stored'] as const
/** Configs that were taken up while the process ran, and refused; 1 where the one in use is older than that in its file. */
export const CONFIG = ['taken', 'refused', 'outdated'] as const
/** Workers that others took the place of. */
export const REPLACED = ['total', 'hung'] as const
export const POOL = ['connected', 'running', 'pending', 'free', 'opened', 'closed', 'requests', 'errors'] as const

/** Connections to one origin. */
export interface PoolStats extends Counts<(typeof POOL)[number]> {
  readonly origin: string
}

/** One deployment's breaker. */
export interface BreakerStats {
  readonly key: string
  readonly state: 'closed' | 'open' | 'half-open'
  readonly failures: number
  readonly successes: number
  /** Milliseconds until a request may go there. */
  readonly blockedFor: number
  readonly why: string | null
}

/** How near the process is to the end of its memory. */
export interface MemoryPressure {
  /** Used share of the nearer limit, 0 to 1. */
  readonly ratio: number
  readonly limit: 'heap' | 'cgroup'
  readonly limitBytes: number
  readonly usedBytes: number
  readonly underPressure: boolean
  readonly shedding: boolean
  /** Times that pressure began. */
  readonly events: number
  readonly collections: number
}

/**
 * Where metrics come from besides requests: each gives its numbers when asked, which is when somebody reads them. A part
 * that a gateway does not have is left out, and so are its fields.
 */
export interface MetricsSources {
  readonly cacheManager?: () => Counts<(typeof CACHE_MANAGER)[number]>
  readonly responseCache?: () => Counts<(typeof RESPONSE_CACHE)[number]>
  readonly metadata?: () => Counts<(typeof METADATA)[number]>
  readonly coalescing?: () => Counts<(typeof COALESCING)[number]>
  readonly dns?: () => Counts<(typeof DNS)[number]>
  readonly compression?: () => Counts<(typeof COMPRESSION)[number]>
  readonly admission?: () => Counts<(typeof ADMISSION)[number]>
  /** Answers that vendors gave, and how many of them passed untranslated. */
  readonly plans?: () => Counts<(typeof PLANS)[number]>
  /** What happened to sessions in this process. */
  readonly sessionEvents?: () => Counts<(typeof SESSION_EVENTS)[number]>
  /** Sessions that are kept, by whatever process. */
  readonly sessionStore?: () => Counts<(typeof SESSION_STORE)[number]>
  /** Turns whose reasoning was kept for clients that do not bring it back. */
  readonly reasoning?: () => Counts<(typeof REASONING)[number]>
  readonly alerts?: () => Counts<(typeof ALERTS)[number]>
  /** Providers that were checked, and how many of them are down. Of the process that checks; zeros of all others. */
  readonly providerChecks?: () => Counts<(typeof PROVIDER_CHECKS)[number]>
  readonly pool?: () => readonly PoolStats[]
  readonly breakers?: () => readonly BreakerStats[]
  readonly memory?: () => MemoryPressure
  /** Keys that are accepted. All processes have the same. */
  readonly keys?: () => Counts<(typeof KEYS)[number]>
  readonly config?: () => Counts<(typeof CONFIG)[number]>
  /** All processes are told the same. */
  readonly replaced?: () => Counts<(typeof REPLACED)[number]>
  /** How late the event loop is. */
  readonly loopLag?: () => LoopLagFigures
  /** Requests under way. */
  readonly inFlight?: () => number
}

/** What the sources said at one time; null where there is no such source. */
export type SourceBlocks = {
  readonly [S in keyof MetricsSources]-?: ReturnType<NonNullable<MetricsSources[S]>> | null
}
