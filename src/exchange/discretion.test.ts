import { describe, expect, it } from 'vitest'
import { GatewayError } from '../lib/error.ts'
import { Discretion } from './discretion.ts'

const discretion = new Discretion(
  { authorization: 'Bearer canary-key-1' },
  { 'x-tag': 'canary"header\\2', 'x-colour': 'blue' },
)

describe('Discretion', () => {
  it('text() hides what was sent, as it is and as JSON spells it', () => {
    expect(discretion.text('Bearer canary-key-1, canary-key-1.')).toBe('Bearer [secret], [secret].')
    expect(discretion.text(JSON.stringify({ sent: 'canary"header\\2' }))).toBe('{"sent":"[secret]"}')
  })

  it('text() leaves what is too short to be a secret', () => {
    expect(discretion.text('out of the blue')).toBe('out of the blue')
  })

  it('error() gives back an error that tells nothing', () => {
    const error = new GatewayError('upstream_failed', 'Out of luck.')
    expect(discretion.error(error)).toBe(error)
  })

  it('error() hides secrets in all that clients read, and keeps the rest', () => {
    const error = new GatewayError('upstream_rate_limited', 'canary-key-1 is busy', {
      status: 429,
      retryAfter: 7,
      shouldRetry: false,
      param: 'canary-key-1',
      upstreamCode: 'code of canary-key-1',
    })
    const told = discretion.error(error)
    expect(told.message).toBe('[secret] is busy')
    expect(told.cause).toBeUndefined()
    expect(told).toMatchObject({
      code: 'upstream_rate_limited',
      status: 429,
      retryAfter: 7,
      shouldRetry: false,
      param: '[secret]',
      upstreamCode: 'code of [secret]',
    })
  })
})
