import { describe, expect, it } from 'vitest'
import { refusalIn } from './errors.ts'

const NOW = Date.UTC(2026, 10, 29)
const error = (text: string, more: object) => ({
  type: 'assistant',
  is_api_error_message: true,
  message: { content: [{ type: 'text', text }] },
  ...more,
})

describe('refusalIn()', () => {
  it("gives the vendor's status, type and words", () => {
    const line = error('API Error: 400 max_tokens: too many', {
      api_error_status: 400,
      api_error_type: 'invalid_request_error',
    })
    expect(refusalIn(line, NOW)).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: 'max_tokens: too many',
      retryAfter: null,
    })
  })

  it.each([
    ['authentication_failed', 401, 'authentication_error'],
    ['billing_error', 402, 'billing_error'],
    ['model_not_found', 404, 'not_found_error'],
    ['overloaded', 529, 'overloaded_error'],
    ['something_new', 502, 'api_error'],
  ])('knows %s without a status', (word, status, type) => {
    expect(refusalIn(error('Not logged in', { error: word }), NOW)).toMatchObject({
      status,
      type,
      message: 'Not logged in',
    })
  })

  it('says when a limit ends', () => {
    const line = error("You've hit your limit", {
      api_error_status: 429,
      api_error_type: 'rate_limit_error',
      api_error_params: { rate_limit_info: { resetsAt: NOW / 1000 + 90 } },
    })
    expect(refusalIn(line, NOW)).toMatchObject({ status: 429, retryAfter: 90 })
    expect(refusalIn(line, NOW + 3_600_000)).toMatchObject({ retryAfter: 1 })
  })

  it('finds nothing in what the model says', () => {
    expect(
      refusalIn({ type: 'assistant', message: { content: [{ type: 'text', text: 'API Error: 500' }] } }, NOW),
    ).toBeNull()
    expect(refusalIn({ type: 'result', is_error: false, result: 'API Error: 500' }, NOW)).toBeNull()
    expect(refusalIn({ type: 'result', is_error: true, errors: ['a', 'b'] }, NOW)).toMatchObject({ message: 'a; b' })
  })

  it("says in the vendor's words that a prompt is too long, which clients wait for", () => {
    const said = (result: string) =>
      refusalIn({ type: 'result', is_error: true, api_error_status: 400, result }, 0)?.message
    expect(
      said('Prompt is too long · the request is ~250000 tokens (limit 200000) but this conversation is small.'),
    ).toBe('prompt is too long: 250000 tokens > 200000 maximum')
    expect(said('Prompt is too long')).toBe('prompt is too long')
  })
})
