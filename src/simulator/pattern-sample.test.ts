import { describe, expect, it } from 'vitest'
import { samplePattern } from './pattern-sample.ts'

describe('samplePattern()', () => {
  it.each([
    '^[a-z]+$',
    '^[A-Z]{2,3}-\\d{4}$',
    '^(foo|bar)+$',
    '^https?://[^/\\s]+/.*$',
    '^\\S+@\\S+\\.\\w{2,}$',
    '^(?:[0-9a-f]{8})(?:-[0-9a-f]{4}){3}$',
    '^v?\\d+(\\.\\d+)*$',
    '[^a1A]',
    '^\\[x\\]\\.$',
    '^(?<year>\\d{4})$',
    'plain',
    '',
  ])('matches %s', (pattern) => {
    expect(samplePattern(pattern)).toMatch(new RegExp(pattern, 'u'))
  })

  it('gives up on what it cannot read', () => {
    expect(samplePattern('^(?=a)b$')).toBeNull()
    expect(samplePattern('(a)\\1')).toBeNull()
    expect(samplePattern('(')).toBeNull()
  })
})
