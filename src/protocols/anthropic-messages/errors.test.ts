import { describe, expect, it } from 'vitest'
import { ERRORS, GatewayError } from '../../lib/error.ts'
import type { ErrorCode } from '../../lib/error.ts'
import { toJsonText } from '../../lib/json.ts'
import { decodeError, decodeStreamError, encodeError, encodeStreamError } from './errors.ts'

const CONTEXT = { requestId: 'req1' }

function encoded(code: ErrorCode, message = 'No.', options = {}) {
  const { status, headers, body } = encodeError(new GatewayError(code, message, options), CONTEXT)
  return { status, headers, body: JSON.parse(body) as { error: { type: string; message: string } } }
}

function envelope(type: string, message: string, details?: object): string {
  return JSON.stringify({
    type: 'error',
    error: { type, message, ...(details === undefined ? {} : { details }) },
    request_id: 'r',
  })
}

describe('encodeError()', () => {
  it('writes the envelope and tells the SDKs whether to try again', () => {
    expect(encoded('upstream_overloaded', 'Busy.')).toEqual({
      status: 529,
      headers: { 'x-should-retry': 'true' },
      body: { type: 'error', error: { type: 'overloaded_error', message: 'Busy.' }, request_id: 'req1' },
    })
  })

  it('passes the time to wait on (case 34)', () => {
    expect(encoded('upstream_rate_limited', 'Slow down.', { retryAfter: 7 })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7', 'x-should-retry': 'true' },
      body: { error: { type: 'rate_limit_error' } },
    })
  })

  it.each<[ErrorCode, number, string]>([
    ['invalid_request', 400, 'invalid_request_error'],
    ['unauthorized', 401, 'authentication_error'],
    ['upstream_billing', 402, 'billing_error'],
    ['forbidden', 403, 'permission_error'],
    ['model_not_found', 404, 'not_found_error'],
    ['body_too_large', 413, 'request_too_large'],
    ['upstream_failed', 502, 'api_error'],
    ['not_supported', 501, 'not_supported'],
    ['upstream_timeout', 504, 'timeout_error'],
    ['no_candidate', 503, 'overloaded_error'],
  ])('writes %s as %i %s', (code, status, type) => {
    expect(encoded(code)).toMatchObject({ status, body: { error: { type } } })
  })

  it('has a type for every code', () => {
    for (const code of Object.keys(ERRORS)) expect(encoded(code as ErrorCode).body.error.type).toMatch(/^[a-z_]+$/)
  })

  it('tells clients not to try an unauthorised request again (case 51)', () => {
    expect(encoded('unauthorized').headers['x-should-retry']).toBe('false')
  })

  it("calls 409 a conflict, and passes the vendor's code on", () => {
    expect(encoded('upstream_invalid_request', 'x', { status: 409, upstreamCode: 'thread_conflict' })).toMatchObject({
      status: 409,
      body: { error: { type: 'conflict_error', details: { error_code: 'thread_conflict' } } },
    })
  })

  it.each([
    ['prompt is too long: 250000 tokens > 200000 maximum', 'prompt is too long: 250000 tokens > 200000 maximum'],
    ['Input is too long.', 'Input is too long.'],
    [
      "This model's maximum context length is 128,000 tokens. However, your messages resulted in 130001 tokens.",
      'prompt is too long: 130001 tokens > 128000 maximum',
    ],
    [
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'prompt is too long: 1200000 tokens > 1048576 maximum',
    ],
    ['Too much text.', 'prompt is too long: Too much text.'],
  ])('says an overflow in the words that clients act on (case 33): %s', (message, expected) => {
    expect(encoded('context_too_long', message, { status: 413 })).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', message: expected } },
    })
  })
})

describe('encodeStreamError()', () => {
  it('writes an error event', () => {
    expect(encodeStreamError(new GatewayError('upstream_truncated', 'Broken off.'), CONTEXT)).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"Broken off."},"request_id":"req1"}\n\n',
    )
  })
})

describe('decodeError()', () => {
  it.each<[number, string, string, ErrorCode]>([
    [400, 'invalid_request_error', 'max_tokens: must be at least 1', 'upstream_invalid_request'],
    [400, 'invalid_request_error', 'prompt is too long: 250000 tokens > 200000 maximum', 'context_too_long'],
    [413, 'invalid_request_error', 'Input is too long.', 'context_too_long'],
    [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'upstream_billing'],
    [401, 'authentication_error', 'invalid x-api-key', 'upstream_unauthorized'],
    [402, 'billing_error', 'x', 'upstream_billing'],
    [403, 'permission_error', 'x', 'upstream_forbidden'],
    [404, 'not_found_error', 'model: claude-x', 'upstream_not_found'],
    [413, 'request_too_large', 'x', 'body_too_large'],
    [422, 'invalid_request_error', 'x', 'upstream_invalid_request'],
    [429, 'rate_limit_error', 'x', 'upstream_rate_limited'],
    [500, 'api_error', 'x', 'upstream_failed'],
    [500, 'overloaded_error', 'x', 'upstream_overloaded'],
    [501, 'not_supported', 'x', 'not_supported'],
    [503, 'api_error', 'x', 'upstream_overloaded'],
    [504, 'timeout_error', 'x', 'upstream_timeout'],
    [529, 'overloaded_error', 'x', 'upstream_overloaded'],
    [418, 'teapot', 'x', 'upstream_invalid_request'],
    [599, 'x', 'x', 'upstream_failed'],
  ])('reads %i %s %j as %s', (status, type, message, code) => {
    expect(decodeError(status, {}, envelope(type, message)).code).toBe(code)
  })

  it("keeps the vendor's words about the request, and statuses that mean something", () => {
    expect(decodeError(422, {}, envelope('invalid_request_error', 'tools.0: bad'))).toMatchObject({
      status: 422,
      message: 'tools.0: bad',
    })
    expect(decodeError(409, {}, envelope('conflict_error', 'x'))).toMatchObject({ status: 409 })
    expect(decodeError(500, {}, envelope('api_error', 'x'))).toMatchObject({ status: 500 })
  })

  it("keeps what is said about the gateway's own account to itself", () => {
    const error = decodeError(401, {}, envelope('authentication_error', 'key sk-ant-api03-secret is revoked'))
    expect(error.message).not.toContain('sk-ant')
    expect(error.status).toBe(502)
  })

  it('leaks no HTML, link or key (cases 34, 35)', () => {
    expect(decodeError(500, {}, '<!doctype html><h1>nginx at https://internal:8080</h1>').message).toBe(
      'The upstream failed to answer this request.',
    )
    const error = decodeError(
      400,
      {},
      envelope('invalid_request_error', 'see https://internal/x, key sk-ant-api03-abcdefgh'),
    )
    expect(error.message).toBe('see [link] key [secret]')
  })

  it.each(['', '[]', '"x"', '{"error":null}', '{"error":{"error":1}}', '{"error":1,"error":2}'])(
    'survives the body %j',
    (body) => {
      expect(decodeError(500, {}, body)).toMatchObject({
        code: 'upstream_failed',
        message: 'The upstream failed to answer this request.',
      })
    },
  )

  it('reads what other servers write', () => {
    expect(decodeError(400, {}, '{"message":"bad"}').message).toBe('bad')
    expect(decodeError(400, {}, '{"error":"bad"}').message).toBe('bad')
  })

  it('does not ask a spent account again', () => {
    const error = decodeError(
      429,
      {},
      envelope('rate_limit_error', 'x', { error_code: 'enforced_spend_limit_reached' }),
    )
    expect(error).toMatchObject({
      code: 'upstream_spend_limit',
      shouldRetry: false,
      upstreamCode: 'enforced_spend_limit_reached',
      retryAfter: null,
    })
    const ramp = decodeError(
      429,
      { 'retry-after': '3' },
      envelope('rate_limit_error', 'x', { error_code: 'ramp_limit_exceeded' }),
    )
    expect(ramp).toMatchObject({ code: 'upstream_rate_limited', shouldRetry: true, retryAfter: 3 })
  })

  it.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '0.2' }, 1],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 2],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 30],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('reads the time to wait from %j', (headers, expected) => {
    expect(decodeError(429, headers, '').retryAfter).toBe(expected)
  })

  it('obeys x-should-retry', () => {
    expect(decodeError(500, { 'x-should-retry': 'false' }, '').shouldRetry).toBe(false)
    expect(decodeError(400, { 'x-should-retry': 'true' }, '').shouldRetry).toBe(true)
  })
})

describe('decodeStreamError()', () => {
  it.each<[string, ErrorCode]>([
    ['overloaded_error', 'upstream_overloaded'],
    ['rate_limit_error', 'upstream_rate_limited'],
    ['invalid_request_error', 'upstream_invalid_request'],
    ['something_new', 'upstream_failed'],
  ])('reads %s', (type, code) => {
    expect(decodeStreamError(toJsonText({ type: 'error', error: { type, message: 'x' } })).code).toBe(code)
  })
})
