/**
 * The one table of errors. A failure anywhere in the gateway is a `GatewayError` with one of these codes; each protocol
 * renders it in its own shape, and routing reads `retryable` and `blame` from here instead of guessing by status.
 */

/** Whose fault a failure is: it decides whether a breaker counts it and whether another deployment may be tried. */
export type Blame = 'client' | 'upstream' | 'gateway'

/** Coarse kind in the words all vendors share; protocols map it to their own `type` strings. */
export type ErrorKind =
  | 'invalid-request'
  | 'authentication'
  | 'billing'
  | 'permission'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'rate-limit'
  | 'not-supported'
  | 'timeout'
  | 'overloaded'
  | 'api'

interface ErrorRow {
  readonly status: number
  readonly kind: ErrorKind
  readonly blame: Blame
  /** May another attempt, on this or another deployment, succeed with the same request? */
  readonly retryable: boolean
}

const row = (status: number, kind: ErrorKind, blame: Blame, retryable: boolean): ErrorRow => ({
  status,
  kind,
  blame,
  retryable,
})

export const ERRORS = {
  // The client's request
  invalid_json: row(400, 'invalid-request', 'client', false),
  invalid_request: row(400, 'invalid-request', 'client', false),
  unsupported_parameter: row(400, 'invalid-request', 'client', false),
  context_too_long: row(400, 'invalid-request', 'client', false),
  content_filtered: row(400, 'invalid-request', 'client', false),
  unsupported_encoding: row(415, 'invalid-request', 'client', false),
  body_too_large: row(413, 'too-large', 'client', false),
  headers_too_large: row(431, 'too-large', 'client', false),
  request_timeout: row(408, 'timeout', 'client', false),
  unauthorized: row(401, 'authentication', 'client', false),
  forbidden: row(403, 'permission', 'client', false),
  origin_not_allowed: row(403, 'permission', 'client', false),
  host_not_allowed: row(421, 'permission', 'client', false),
  route_not_found: row(404, 'not-found', 'client', false),
  method_not_allowed: row(405, 'invalid-request', 'client', false),
  model_not_found: row(404, 'not-found', 'client', false),
  not_supported: row(501, 'not-supported', 'client', false),
  rate_limited: row(429, 'rate-limit', 'client', false),
  client_closed: row(499, 'api', 'client', false),

  // The upstream's answer
  upstream_invalid_request: row(400, 'invalid-request', 'client', false),
  // 502, not 401: the client's own key was good, and a 401 would send its user to a login page.
  upstream_unauthorized: row(502, 'api', 'upstream', true),
  upstream_forbidden: row(403, 'permission', 'upstream', true),
  upstream_not_found: row(404, 'not-found', 'upstream', true),
  upstream_billing: row(402, 'billing', 'upstream', true),
  upstream_rate_limited: row(429, 'rate-limit', 'upstream', true),
  upstream_spend_limit: row(429, 'rate-limit', 'upstream', true),
  upstream_overloaded: row(529, 'overloaded', 'upstream', true),
  upstream_failed: row(502, 'api', 'upstream', true),
  upstream_unreachable: row(502, 'api', 'upstream', true),
  upstream_timeout: row(504, 'timeout', 'upstream', true),
  upstream_invalid_response: row(502, 'api', 'upstream', true),
  upstream_truncated: row(502, 'api', 'upstream', true),
  upstream_too_large: row(502, 'api', 'upstream', false),

  // The gateway
  no_candidate: row(503, 'overloaded', 'gateway', true),
  store_unavailable: row(503, 'overloaded', 'gateway', false),
  draining: row(503, 'overloaded', 'gateway', true),
  overloaded: row(503, 'overloaded', 'gateway', true),
  insufficient_storage: row(507, 'api', 'gateway', false),
  internal: row(500, 'api', 'gateway', false),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** A limit of the gateway's own that a client has reached. */
export interface RateLimitState {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds until nothing is counted any more, and that time in Unix milliseconds. */
  readonly resetAfter: number
  readonly resetAt: number
}

export interface GatewayErrorOptions {
  /** Overrides the table's status, for an upstream status that must reach the client (409, 422, 529...). */
  readonly status?: number
  /** The request field at fault, in the client's spelling: `messages.3.content`. */
  readonly param?: string
  /** Seconds, rounded up, for `retry-after`. */
  readonly retryAfter?: number
  /** `x-should-retry` for the SDKs; by default it follows from `retryable` and the status. */
  readonly shouldRetry?: boolean
  /** The vendor's own machine-readable code (`context_length_exceeded`, `enforced_spend_limit_reached`). */
  readonly upstreamCode?: string
  readonly rateLimit?: RateLimitState
  readonly cause?: unknown
}

/** Seconds. What a vendor says beyond that is nonsense, and would rest a deployment for years. */
const LONGEST_RETRY_AFTER = 3600

/** Recognised by `code`, never by `instanceof` across package copies. The message is safe to show to the client. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly kind: ErrorKind
  readonly blame: Blame
  readonly retryable: boolean
  readonly param: string | null
  readonly retryAfter: number | null
  readonly shouldRetry: boolean
  readonly upstreamCode: string | null
  readonly rateLimit: RateLimitState | null

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GatewayError'
    const entry = ERRORS[code]
    this.code = code
    this.status = options.status ?? entry.status
    this.kind = entry.kind
    this.blame = entry.blame
    this.retryable = entry.retryable
    this.param = options.param ?? null
    this.retryAfter = options.retryAfter === undefined ? null : Math.min(options.retryAfter, LONGEST_RETRY_AFTER)
    this.shouldRetry = options.shouldRetry ?? (entry.retryable && mayPass(this.status))
    this.upstreamCode = options.upstreamCode ?? null
    this.rateLimit = options.rateLimit ?? null
  }
}

/**
 * What the SDKs ask again for by themselves. Another deployment may know the model or allow the request, which the gateway
 * has tried by then; the same client asking the same again gets the same 404.
 */
function mayPass(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

/** Any thrown value as a `GatewayError`; what is not one of ours becomes `internal` with a message that tells nothing. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError('internal', 'The gateway failed while handling this request.', { cause: thrown })
}
