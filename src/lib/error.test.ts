import { describe, expect, it } from 'vitest'
import { GatewayError, toGatewayError } from './error.ts'

describe('GatewayError', () => {
  it('shouldRetry is false where only another deployment could do better', () => {
    expect(new GatewayError('upstream_not_found', 'x')).toMatchObject({ retryable: true, shouldRetry: false })
    expect(new GatewayError('upstream_forbidden', 'x').shouldRetry).toBe(false)
    expect(new GatewayError('upstream_overloaded', 'x').shouldRetry).toBe(true)
    expect(new GatewayError('upstream_rate_limited', 'x').shouldRetry).toBe(true)
    expect(new GatewayError('upstream_failed', 'x', { status: 409 }).shouldRetry).toBe(true)
    expect(new GatewayError('upstream_forbidden', 'x', { shouldRetry: true }).shouldRetry).toBe(true)
  })

  it('retryAfter is at most an hour', () => {
    expect(new GatewayError('upstream_rate_limited', 'x', { retryAfter: 7 }).retryAfter).toBe(7)
    expect(new GatewayError('upstream_rate_limited', 'x', { retryAfter: 99_999_999 }).retryAfter).toBe(3600)
    expect(new GatewayError('upstream_rate_limited', 'x').retryAfter).toBeNull()
  })
})

describe('toGatewayError()', () => {
  it('tells nothing of what it does not know', () => {
    const cause = new TypeError('secret')
    expect(toGatewayError(cause)).toMatchObject({ code: 'internal', cause })
    expect(toGatewayError(cause).message).not.toContain('secret')
  })

  it('leaves its own as they are', () => {
    const error = new GatewayError('draining', 'x')
    expect(toGatewayError(error)).toBe(error)
  })
})
