import { GatewayError, toGatewayError } from '../../lib/error.ts'
import type { ErrorCode, ErrorKind, GatewayErrorOptions, RateLimitState } from '../../lib/error.ts'
import type { Headers } from '../../lib/headers.ts'
import { JsonScanError, toJsonText } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { EncodedError } from '../protocol.ts'
import { isContextOverflow, overflowMessage } from './context-overflow.ts'
import { readErrorBody, readErrorNode } from './error-body.ts'
import type { ErrorFacts } from './error-body.ts'
import { duration, retryAfterFromHeaders, retryAfterFromText } from './retry-after.ts'

const TYPES: Readonly<Record<ErrorKind, string>> = {
  'invalid-request': 'invalid_request_error',
  authentication: 'authentication_error',
  billing: 'insufficient_quota',
  permission: 'permission_error',
  'not-found': 'not_found_error',
  conflict: 'conflict_error',
  'too-large': 'invalid_request_error',
  'rate-limit': 'rate_limit_error',
  'not-supported': 'not_supported_error',
  timeout: 'timeout_error',
  overloaded: 'overloaded_error',
  api: 'server_error',
}

/** Where OpenAI has a code of its own, which clients compare with; elsewhere the vendor's code or ours. */
const CODES: Partial<Record<ErrorCode, string>> = {
  context_too_long: 'context_length_exceeded',
  content_filtered: 'content_filter',
  unauthorized: 'invalid_api_key',
  rate_limited: 'rate_limit_exceeded',
  upstream_rate_limited: 'rate_limit_exceeded',
  upstream_spend_limit: 'insufficient_quota',
  upstream_not_found: 'model_not_found',
}

/** https://platform.openai.com/docs/guides/error-codes */
export function encodeError(error: GatewayError): EncodedError {
  const headers: Record<string, string> = { 'x-should-retry': String(error.shouldRetry) }
  if (error.retryAfter !== null) headers['retry-after'] = String(error.retryAfter)
  if (error.rateLimit !== null) Object.assign(headers, rateLimitHeaders(error.rateLimit))
  return { status: error.status, headers, body: errorObject(error) }
}

/** https://platform.openai.com/docs/guides/rate-limits */
function rateLimitHeaders({ limit, remaining, resetAfter }: RateLimitState): Readonly<Record<string, string>> {
  const seconds = Math.ceil(resetAfter / 1000)
  const minutes = Math.floor(seconds / 60)
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': `${minutes === 0 ? '' : `${minutes}m`}${seconds % 60}s`,
  }
}

/** The event that ends a failed stream; no `[DONE]` follows, and both SDK majors throw what it holds. */
export function encodeStreamError(error: GatewayError): string {
  return `data: ${errorObject(error)}\n\n`
}

function errorObject(error: GatewayError): string {
  return toJsonText({
    error: {
      message: error.message,
      type: TYPES[error.kind],
      param: error.param,
      code: CODES[error.code] ?? error.upstreamCode ?? error.code,
    },
  })
}

/** A vendor's error answer. */
export function decodeError(status: number, headers: Headers, body: string): GatewayError {
  return errorFrom(status, headers, readErrorBody(body))
}

/** An error in a 200 answer or in a stream: `node` is what holds it. Without headers, the body alone tells the kind. */
export function errorInAnswer(node: JsonNode): GatewayError {
  const facts = readErrorNode(node)
  return errorFrom(facts.status ?? statusOfType(facts) ?? 502, {}, facts)
}

/** What a decoder makes of something thrown while it read an answer. */
export function answerError(thrown: unknown): GatewayError {
  if (!(thrown instanceof JsonScanError)) return toGatewayError(thrown)
  return new GatewayError('upstream_invalid_response', 'The upstream sent something that is not valid JSON.', {
    cause: thrown,
  })
}

function errorFrom(status: number, headers: Headers, facts: ErrorFacts): GatewayError {
  const { message } = facts
  if (status < 500 && isContextOverflow([facts.code, facts.type], message ?? '')) {
    return new GatewayError('context_too_long', overflowMessage(message ?? 'the context is full', facts.sizes), {
      upstreamCode: 'context_length_exceeded',
    })
  }
  const code = codeFor(status, facts)
  return new GatewayError(code, sentenceFor(code, message), options(code, status, headers, facts))
}

function options(code: ErrorCode, status: number, headers: Headers, facts: ErrorFacts): GatewayErrorOptions {
  const retryAfter =
    retryAfterFromHeaders(headers) ?? duration(facts.retryDelay ?? '') ?? retryAfterFromText(facts.message ?? '')
  return {
    ...(KEEPS_STATUS.has(code) && isPlainStatus(status) ? { status } : {}),
    ...(facts.param === null ? {} : { param: facts.param }),
    ...(facts.code === null ? {} : { upstreamCode: facts.code }),
    ...(retryAfter !== null && WAITS.has(code) ? { retryAfter } : {}),
    ...shouldRetry(code, headers),
  }
}

/** Where somebody has to pay first, asking again is of no use to the client, though another deployment may be. */
function shouldRetry(code: ErrorCode, headers: Headers): GatewayErrorOptions {
  if (code === 'upstream_spend_limit' || code === 'upstream_billing') return { shouldRetry: false }
  const said = headers['x-should-retry']
  return said === 'true' || said === 'false' ? { shouldRetry: said === 'true' } : {}
}

const KEEPS_STATUS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_invalid_request',
  'upstream_failed',
  'upstream_overloaded',
])

const WAITS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_rate_limited',
  'upstream_overloaded',
  'upstream_failed',
])

/** 520 and above are Cloudflare's words for "the origin did not answer"; 529 is Anthropic's "overloaded". */
function isPlainStatus(status: number): boolean {
  return status < 520 || status === 529
}

const UNPAID =
  /quota|billing|insufficient.{0,12}(?:balance|credit|fund)|credit balance|payment|spend(?:ing)? limit|arrears/i
const BAD_KEY = /api[ _-]?key (?:is )?(?:not valid|invalid|expired)|(?:invalid|incorrect|wrong) api[ _-]?key/i
const FILTERED =
  /content_filter|content_policy|content management policy|responsibleai|data_inspection_failed|safety_violation/i

function codeFor(status: number, facts: ErrorFacts): ErrorCode {
  const words = `${facts.code ?? ''} ${facts.type ?? ''} ${facts.message ?? ''}`
  switch (status) {
    case 401:
      return 'upstream_unauthorized'
    case 402:
      return 'upstream_billing'
    case 403:
      return UNPAID.test(words) ? 'upstream_billing' : FILTERED.test(words) ? 'content_filtered' : 'upstream_forbidden'
    case 404:
      return 'upstream_not_found'
    case 408:
    case 504:
    case 524:
      return 'upstream_timeout'
    case 409:
      return 'upstream_failed'
    case 429:
      return UNPAID.test(words) && !/rate.?limit/i.test(facts.code ?? '')
        ? 'upstream_spend_limit'
        : 'upstream_rate_limited'
    // Groq: flex capacity is used up
    case 498:
    case 503:
    case 529:
      return 'upstream_overloaded'
    default:
      return status >= 500 ? 'upstream_failed' : requestError(facts, words)
  }
}

/** The other 4xx: mostly the request's fault, but some vendors answer everything with 400. */
function requestError(facts: ErrorFacts, words: string): ErrorCode {
  if (FILTERED.test(words)) return 'content_filtered'
  // Google answers a wrong key with 400.
  if (BAD_KEY.test(words)) return 'upstream_unauthorized'
  if (facts.code === 'model_not_found') return 'upstream_not_found'
  if (facts.code === 'billing_hard_limit_reached') return 'upstream_spend_limit'
  return 'upstream_invalid_request'
}

/** OpenAI's and Anthropic's type words, for errors that come without a status. */
const STATUS_OF_TYPE: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['invalid_api_key', 401],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['tokens', 429],
  ['requests', 429],
  ['insufficient_quota', 429],
  ['overloaded_error', 529],
  ['timeout', 504],
])

function statusOfType({ type, code }: ErrorFacts): number | null {
  return STATUS_OF_TYPE.get(code ?? '') ?? STATUS_OF_TYPE.get(type ?? '') ?? null
}

/** Said where the vendor's own words would tell about the gateway's account, or where there are none. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  upstream_unauthorized: "The upstream refused the gateway's credential.",
  upstream_billing: "The upstream wants the gateway's account to be paid.",
}

const DEFAULTS: Partial<Record<ErrorCode, string>> = {
  upstream_forbidden: "The gateway's account may not do this at the upstream.",
  upstream_not_found: 'The upstream does not know this model.',
  upstream_rate_limited: 'The upstream limits the rate of requests.',
  upstream_spend_limit: 'The spend limit at the upstream is reached.',
  upstream_overloaded: 'The upstream is overloaded.',
  upstream_timeout: 'The upstream did not answer in time.',
  upstream_invalid_request: 'The upstream refused the request.',
  content_filtered: 'The upstream refused the content of this request.',
}

function sentenceFor(code: ErrorCode, message: string | null): string {
  return SENTENCES[code] ?? message ?? DEFAULTS[code] ?? 'The upstream failed.'
}
