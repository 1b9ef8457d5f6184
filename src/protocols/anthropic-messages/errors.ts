import { GatewayError } from '../../lib/error.ts'
import type { ErrorCode, ErrorKind, GatewayErrorOptions, RateLimitState } from '../../lib/error.ts'
import type { Headers } from '../../lib/headers.ts'
import { JsonObjectWriter, JsonScanError, scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { safeMessage } from '../../lib/safe-message.ts'
import type { EncodedError, ErrorContext } from '../protocol.ts'

const TYPES: Readonly<Record<ErrorKind, string>> = {
  'invalid-request': 'invalid_request_error',
  authentication: 'authentication_error',
  billing: 'billing_error',
  permission: 'permission_error',
  'not-found': 'not_found_error',
  conflict: 'conflict_error',
  'too-large': 'request_too_large',
  'rate-limit': 'rate_limit_error',
  'not-supported': 'not_supported',
  timeout: 'timeout_error',
  overloaded: 'overloaded_error',
  api: 'api_error',
}

/** An error as clients of this protocol read it, with the headers that the SDKs obey. */
export function encodeError(error: GatewayError, context: ErrorContext): EncodedError {
  const headers: Record<string, string> = { 'x-should-retry': String(error.shouldRetry) }
  if (error.retryAfter !== null) headers['retry-after'] = String(error.retryAfter)
  if (error.rateLimit !== null) Object.assign(headers, rateLimitHeaders(error.rateLimit))
  const status = error.code === 'context_too_long' ? 400 : error.status
  return { status, headers, body: errorEnvelope(error, context) }
}

/** https://platform.claude.com/docs/en/api/rate-limits */
function rateLimitHeaders({ limit, remaining, resetAt }: RateLimitState): Readonly<Record<string, string>> {
  return {
    'anthropic-ratelimit-requests-limit': String(limit),
    'anthropic-ratelimit-requests-remaining': String(remaining),
    'anthropic-ratelimit-requests-reset': new Date(resetAt).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}

/** The event that ends a failed stream. */
export function encodeStreamError(error: GatewayError, context: ErrorContext): string {
  return `event: error\ndata: ${errorEnvelope(error, context)}\n\n`
}

function errorEnvelope(error: GatewayError, { requestId }: ErrorContext): JsonText {
  const inner = new JsonObjectWriter()
    .add('type', stringToJson(typeOf(error)))
    .add('message', stringToJson(messageOf(error)))
  if (error.upstreamCode !== null) {
    inner.add('details', new JsonObjectWriter().add('error_code', stringToJson(error.upstreamCode)).text)
  }
  return new JsonObjectWriter()
    .add('type', stringToJson('error'))
    .add('error', inner.text)
    .add('request_id', stringToJson(requestId)).text
}

function typeOf(error: GatewayError): string {
  return error.status === 409 ? TYPES.conflict : TYPES[error.kind]
}

/** Claude Code compacts the conversation when it reads these words, and takes the numbers from them. */
const OVERFLOW = /^prompt is too long|^input is too long\.$/i

function messageOf(error: GatewayError): string {
  const { message } = error
  if (error.code !== 'context_too_long' || OVERFLOW.test(message)) return message
  const [first, second] = [...message.matchAll(/\d[\d,]{3,}/g)].map(([digits]) => Number(digits.replaceAll(',', '')))
  if (first === undefined || second === undefined || first === second) return `prompt is too long: ${message}`
  return `prompt is too long: ${Math.max(first, second)} tokens > ${Math.min(first, second)} maximum`
}

/** An error answer of the vendor. */
export function decodeError(status: number, headers: Headers, body: string): GatewayError {
  const given = readEnvelope(body)
  const code = codeOf(status, given)
  const options: GatewayErrorOptions = {
    ...statusOption(code, status),
    ...retryAfterOption(headers),
    ...shouldRetryOption(code, headers),
    ...(given.code === null ? {} : { upstreamCode: given.code }),
  }
  return new GatewayError(code, clientMessage(code, given), options)
}

/** The data of an `error` event, which has no status. */
export function decodeStreamError(data: JsonText): GatewayError {
  const given = readEnvelope(data)
  return decodeError(STATUSES.get(given.type) ?? 500, {}, data)
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['not_supported', 501],
  ['timeout_error', 504],
  ['overloaded_error', 529],
])

interface Envelope {
  readonly type: string
  readonly message: string | null
  /** `details.error_code`. */
  readonly code: string | null
}

const NO_ENVELOPE: Envelope = { type: '', message: null, code: null }

function readEnvelope(body: string): Envelope {
  try {
    const root = scanJson(body)
    const error = root.get('error')
    if (error === undefined) return { ...NO_ENVELOPE, message: text(root.get('message')) }
    if (error.kind === 'string') return { ...NO_ENVELOPE, message: text(error) }
    return {
      type: error.get('type')?.string ?? '',
      message: text(error.get('message')),
      code: error.get('details')?.get('error_code')?.string ?? null,
    }
  } catch (thrown) {
    if (thrown instanceof JsonScanError) return NO_ENVELOPE
    throw thrown
  }
}

function text(node: JsonNode | undefined): string | null {
  return node?.string === undefined ? null : safeMessage(node.string)
}

/** 429 without a time to wait: asking again changes nothing until somebody pays. */
const SPEND_LIMITS = new Set([
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'linked_organization_spend_limit_reached',
])
const OVERFLOW_ANYWHERE = /prompt is too long|input is too long|exceeds? the (?:model's )?context (?:window|limit)/i
const NO_CREDIT = /credit balance is too low/i

const BY_STATUS: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, 'upstream_unauthorized'],
  [402, 'upstream_billing'],
  [403, 'upstream_forbidden'],
  [404, 'upstream_not_found'],
  [408, 'upstream_timeout'],
  [413, 'body_too_large'],
  [429, 'upstream_rate_limited'],
  [501, 'not_supported'],
  [503, 'upstream_overloaded'],
  [504, 'upstream_timeout'],
  [529, 'upstream_overloaded'],
])

function codeOf(status: number, { type, message, code }: Envelope): ErrorCode {
  if (code !== null && SPEND_LIMITS.has(code)) return 'upstream_spend_limit'
  if (status === 400 || status === 413) {
    if (OVERFLOW_ANYWHERE.test(message ?? '')) return 'context_too_long'
    // Anthropic says this with 400, although another account would do.
    if (NO_CREDIT.test(message ?? '')) return 'upstream_billing'
  }
  if (type === 'overloaded_error') return 'upstream_overloaded'
  return BY_STATUS.get(status) ?? (status < 500 ? 'upstream_invalid_request' : 'upstream_failed')
}

/** What vendors say about the gateway's own account is for its operator. */
const GENERIC: Partial<Record<ErrorCode, string>> = {
  upstream_unauthorized: 'The upstream refused the credentials that the gateway has for it.',
  upstream_billing: 'The account that the gateway has at the upstream cannot pay for this request.',
}

function clientMessage(code: ErrorCode, { message }: Envelope): string {
  return GENERIC[code] ?? message ?? DEFAULTS[code] ?? 'The upstream failed to answer this request.'
}

const DEFAULTS: Partial<Record<ErrorCode, string>> = {
  upstream_invalid_request: 'The upstream refused this request.',
  upstream_forbidden: 'The upstream does not allow this request.',
  upstream_not_found: 'The upstream does not know this model or path.',
  upstream_rate_limited: 'The upstream is being asked too often.',
  upstream_spend_limit: 'The spending limit of the upstream account is reached.',
  upstream_overloaded: 'The upstream is overloaded.',
  upstream_timeout: 'The upstream did not answer in time.',
  body_too_large: 'The request is too large for the upstream.',
  not_supported: 'The upstream does not support this request.',
}

/** Statuses that clients read meaning from go through; the rest follow from the code. */
const KEPT_STATUSES = new Set([409, 422, 500, 503])

function statusOption(code: ErrorCode, status: number): GatewayErrorOptions {
  const isKept = KEPT_STATUSES.has(status) && code.startsWith('upstream_')
  return isKept ? { status } : {}
}

/** Seconds, rounded up. A date counts from the answer's own `date`: codecs have no clock. */
function retryAfterOption(headers: Headers): GatewayErrorOptions {
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (milliseconds > 0) return { retryAfter: Math.ceil(milliseconds / 1000) }
  const value = headers['retry-after']
  if (value === undefined) return {}
  const seconds = Number(value)
  if (seconds >= 0) return { retryAfter: Math.ceil(seconds) }
  const wait = Date.parse(value) - Date.parse(headers['date'] ?? '')
  return Number.isFinite(wait) ? { retryAfter: Math.max(0, Math.ceil(wait / 1000)) } : {}
}

function shouldRetryOption(code: ErrorCode, headers: Headers): GatewayErrorOptions {
  if (code === 'upstream_spend_limit' || code === 'upstream_billing') return { shouldRetry: false }
  const said = headers['x-should-retry']
  return said === 'true' || said === 'false' ? { shouldRetry: said === 'true' } : {}
}
