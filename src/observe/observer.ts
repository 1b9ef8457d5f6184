import type { Loss } from '../canonical/loss.ts'
import type { Usage } from '../canonical/usage.ts'
import type { ErrorCode } from '../lib/error.ts'
import type { Tracer } from './tracer.ts'

/** What the layers below report. The only way in which they reach logs and metrics. */
export interface Observer {
  readonly tracer: Tracer
  /** One exchange is over: the access line. */
  exchange(record: ExchangeRecord): void
  /** One try at an upstream failed and another may follow. */
  attemptFailed(record: AttemptRecord): void
  warn(requestId: string | null, text: string, fields?: Readonly<Record<string, string | number | boolean>>): void
  /** A bug or an environment failure; `cause` goes to the log, never to a client. */
  error(requestId: string | null, text: string, cause: unknown): void
  /** Vendor bodies and such, at level debug only. Already cut to 2 KiB. */
  debug(requestId: string | null, text: string, fields?: Readonly<Record<string, string | number | boolean>>): void
}

export type ExchangeStatus = 'complete' | 'failed' | 'upstream_truncated' | 'client_closed' | 'rejected'

/**
 * What the response cache had to do with an exchange. `hit`: it answered. `miss`: it might have. `coalesced`: another equal
 * request's call was enough. `skip`: the client wanted none of it.
 */
export type CacheShare = 'hit' | 'miss' | 'coalesced' | 'skip'

export interface ExchangeRecord {
  readonly requestId: string
  readonly protocol: string
  readonly operation: string
  readonly keyName: string | null
  readonly requestedModel: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly plan: 'passthrough' | 'translate' | null
  readonly reason: string | null
  readonly attempts: number
  readonly stream: boolean
  /** What the client saw. */
  readonly httpStatus: number
  readonly status: ExchangeStatus
  readonly errorCode: ErrorCode | null
  readonly losses: readonly Loss[]
  readonly usage: Usage | null
  /** Null where the request could not be cached. */
  readonly cache: CacheShare | null
  /** A vendor was asked for it. False where the answer came from the cache, or the call is in another exchange's record. */
  readonly billed: boolean
  /** Milliseconds. */
  readonly duration: number
  readonly timeToFirstByte: number | null
  /** Until the first content of a stream went out (`isContentEvent`); null for whole answers, and where there was none. */
  readonly timeToFirstToken: number | null
  /** From when it could be worked on until a vendor was first asked; null, or left out: none was. */
  readonly preparation?: number | null
  readonly requestBytes: number
  readonly replyBytes: number
}

export interface AttemptRecord {
  readonly requestId: string
  readonly deployment: string
  readonly attempt: number
  readonly errorCode: ErrorCode
  readonly detail: string
  readonly willRetry: boolean
}
