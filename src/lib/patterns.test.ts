import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsAny } from './patterns.ts'

describe('fitsAny()', () => {
  it.each<[readonly string[] | null, string, boolean]>([
    [null, 'anything', true],
    [[], 'anything', false],
    [['fast'], 'fast', true],
    [['fast'], 'faster', false],
    [['fast'], 'FAST', false],
    [['claude-*'], 'claude-sonnet-5', true],
    [['claude-*'], 'claude-', true],
    [['claude-*'], 'work/claude-sonnet-5', false],
    [['*-mini'], 'gpt-5.5-mini', true],
    [['*-mini'], 'gpt-5.5-mini-high', false],
    [['work/*'], 'work/a/b', true],
    [['a*a'], 'a', false],
    [['a*a'], 'aa', true],
    [['a*b*c'], 'a-b-c', true],
    [['a*b*c'], 'a-c-b', false],
    [['a**c'], 'abc', true],
    [['*'], '', true],
    [['gpt-5.5'], 'gpt-5x5', false],
    [['x', 'claude-*'], 'claude-1', true],
  ])('%j allows %j: %j', (patterns, model, expected) => {
    expect(fitsAny(patterns, model)).toBe(expected)
  })

  it('agrees with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    fc.assert(
      fc.property(letters, name, (pattern, model) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(model)
        expect(fitsAny([pattern], model)).toBe(expected)
      }),
    )
  })
})
