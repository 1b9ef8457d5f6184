import type { Headers } from '../lib/headers.ts'

/** How a request reaches a vendor. One implementation per kind of path: HTTP now. Push callbacks, no streams. */
export interface Transport {
  /** Never throws: failures arrive at `handler.error`. Callbacks never run before `send` returned. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall
  /** Lets calls in flight finish, then closes all connections. */
  close(): Promise<void>
  stats(): readonly OriginStats[]
}

export interface UpstreamRequest {
  /** `https://api.anthropic.com`, no path. */
  readonly origin: string
  readonly method: 'GET' | 'POST'
  /** With query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string | null
  /** Whose request it is. What a transport keeps from one request for the next, it keeps for the same tenant only. */
  readonly tenant?: string
  /**
   * Patterns of Claude Code's own tools that may be used for it, of those that its config allows; null: all of those. None
   * where it is left out.
   */
  readonly claudeTools?: readonly string[] | null
  /** Milliseconds. `firstByte` is the one that fits the request (stream or whole answer). */
  readonly timeouts: {
    readonly connect: number
    readonly firstByte: number
    readonly idle: number
    readonly total: number
  }
}

export interface UpstreamHandler {
  /** Status and header fields, once. Content-encoding is already undone: `data` is what the vendor meant. */
  head(status: number, headers: Headers): void
  /** A view of memory that is read into again: good until the callback returns, to be copied by whoever keeps it. */
  data(chunk: Buffer): void
  end(): void
  /** Instead of `end`, at any point; nothing follows. Not called after `abort()`. */
  error(failure: TransportFailure): void
}

export interface TransportFailure {
  readonly kind:
    | 'connect'
    /** This process, or this machine, has no room for one more connection: nothing that the vendor could help. */
    | 'exhausted'
    | 'tls'
    | 'dns'
    | 'reset'
    | 'first-byte-timeout'
    | 'idle-timeout'
    | 'total-timeout'
    | 'connect-timeout'
    | 'invalid'
    | 'too-large'
  /** For the operator's log: no secrets, may hold host and port. */
  readonly detail: string
  /** The request surely never reached the vendor's application: a retry cannot do anything twice. */
  readonly unsent: boolean
  /**
   * A connection that had served before died without a byte of an answer: most likely the vendor closed it as idle while
   * the request was on its way, which is no sign of trouble. One more try, at once and not counted, is in order.
   */
  readonly stale?: boolean
}

export interface UpstreamCall {
  pause(): void
  resume(): void
  /** Closes the upstream connection now. Idempotent. */
  abort(): void
}

export interface OriginStats {
  readonly origin: string
  /** Connections that stand; of those and those being made, how many serve a call and how many are free. */
  readonly connected: number
  readonly running: number
  readonly free: number
  /** Calls that wait for a connection. */
  readonly pending: number
  /** Since the start. */
  readonly opened: number
  readonly closed: number
  readonly requests: number
  /** Connections that failed. */
  readonly errors: number
}
