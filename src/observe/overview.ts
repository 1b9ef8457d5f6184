import type { BreakerStats } from './metrics-sources.ts'
import type { ExchangeRecord } from './observer.ts'

/** `GET /admin/overview`: the gateway at one moment, all its workers as one. Counts are since the start. */
export interface Overview {
  readonly service: string
  readonly version: string
  /** Unix milliseconds. */
  readonly takenAt: number
  /** Seconds. */
  readonly uptime: number
  readonly processes: number
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  readonly requests: {
    readonly total: number
    readonly errors: number
    readonly streaming: number
    readonly inFlight: number
    /** Over the last minute. */
    readonly perSecond: number
    /** Over the last minute, 0 to 1. */
    readonly errorRate: number
  }
  /** Over the last minute, in milliseconds. */
  readonly latency: Latency
  /** Until the first token of streams, over the last minute; null where none had content. */
  readonly firstToken: Latency | null
  readonly tokens: TokenTotals
  readonly cost: Cost
  /** Bytes; `ratio` is the used share of the nearer limit, 0 to 1. */
  readonly memory: {
    readonly rss: number
    readonly heapUsed: number
    readonly ratio: number
    readonly underPressure: boolean
    readonly shedding: boolean
  }
  /** Milliseconds that the busiest event loop was late, in the worst ten seconds of the last minute. */
  readonly eventLoop: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly caches: {
    readonly response: CacheFigures
    readonly warm: CacheFigures
    /** Requests that waited for another's call. */
    readonly coalesced: number
  }
  /** Null where sessions are switched off. */
  readonly sessions: {
    readonly active: number
    readonly total: number
    readonly created: number
    readonly evicted: number
    readonly expired: number
  } | null
  readonly refused: { readonly rateLimited: number; readonly overloaded: number }
  /** By code of the error. */
  readonly errors: Readonly<Record<string, number>>
  readonly providers: readonly ProviderOverview[]
}

export interface Latency {
  readonly average: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface TokenTotals {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
}

export interface Cost {
  /** US dollars, as told or at list prices. What one's own machine serves, and the simulator, cost nothing. */
  readonly dollars: number
  /** Billed requests whose model has no known price, or that came without usage: they are not in `dollars`. */
  readonly unpriced: number
}

export interface CacheFigures {
  readonly entries: number
  readonly bytes: number
  readonly hits: number
  readonly misses: number
}

export interface ProviderOverview {
  readonly id: string
  readonly type: string
  readonly name: string
  /** How it was found: the file, a variable, a local server. */
  readonly source: string
  readonly baseUrl: string
  /** Known so far; a vendor's own list may still be on its way. */
  readonly models: number
  readonly requests: number
  readonly failedAttempts: number
  readonly tokens: TokenTotals
  readonly cost: Cost
  readonly deployments: readonly BreakerStats[]
}

/** `GET /admin/series?minutes=60`: how it went, the oldest first. */
export interface Series {
  /** Seconds from point to point. */
  readonly interval: number
  readonly points: readonly SeriesPoint[]
}

/** What happened within one interval. Milliseconds, bytes, US dollars. */
export interface SeriesPoint {
  /** Unix milliseconds of its end. */
  readonly time: number
  readonly requests: number
  readonly errors: number
  readonly average: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Until the first token of streams; null where none had content. */
  readonly firstTokenP50: number | null
  readonly firstTokenP95: number | null
  readonly firstTokenP99: number | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly dollars: number
  readonly rss: number
  readonly heapUsed: number
  readonly inFlight: number
  readonly sessions: number
  /** The 99th percentile of how late the event loop was. */
  readonly loopLag: number
}

/** `GET /admin/requests?after=<cursor>&limit=100&errors=true`: the newest first. */
export interface RequestList {
  readonly object: 'list'
  readonly data: readonly RequestLine[]
  /** For `after`: gives what came since then. */
  readonly cursor: string
}

/** Fields of a line that are as in the record of its exchange. */
type Recorded =
  | 'requestId'
  | 'protocol'
  | 'operation'
  | 'keyName'
  | 'requestedModel'
  | 'provider'
  | 'model'
  | 'plan'
  | 'reason'
  | 'attempts'
  | 'stream'
  | 'httpStatus'
  | 'status'
  | 'errorCode'
  | 'cache'
  | 'duration'
  | 'timeToFirstByte'
  | 'timeToFirstToken'
  | 'requestBytes'
  | 'replyBytes'

/** One request that is over. */
export interface RequestLine extends Pick<ExchangeRecord, Recorded> {
  /** Unix milliseconds of its end. */
  readonly time: number
  /** Null where the vendor told none. */
  readonly tokens: TokenTotals | null
  /** US dollars; null where it is not known. */
  readonly dollars: number | null
  /** Fields that the vendor's protocol cannot say. */
  readonly dropped: readonly string[]
}

/**
 * `GET /admin/sessions?limit=100&after=<cursor>`: what is kept, without a word of its contents. Those that live longest come
 * first, which are those that were used last while all live equally long.
 */
export interface SessionList {
  readonly object: 'list'
  readonly data: readonly SessionLine[]
  /** For `after`; null: there are no more. */
  readonly cursor: string | null
}

export interface SessionLine {
  readonly id: string
  /** Of the key, or of the bearer of a token; null: it belongs to nobody with a name. */
  readonly keyName: string | null
  readonly messages: number
  readonly bytes: number
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly expiresAt: number
}
