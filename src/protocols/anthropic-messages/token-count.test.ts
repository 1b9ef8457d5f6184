import { describe, expect, it } from 'vitest'
import { decodeTokenCount, encodeTokenCount } from './token-count.ts'

describe('encodeTokenCount()', () => {
  it('is read by decodeTokenCount()', () => {
    expect(encodeTokenCount(2095)).toBe('{"input_tokens":2095}')
    expect(decodeTokenCount(encodeTokenCount(2095))).toBe(2095)
  })
})

describe('decodeTokenCount()', () => {
  it.each(['{}', '{"input_tokens":"7"}', 'x', '[]'])('refuses %s', (body) => {
    expect(() => decodeTokenCount(body)).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
  })
})
