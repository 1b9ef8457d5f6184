import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createModelGuard, isModelAllowed } from './allowed-models.ts'
import { principalOf } from './authenticate.ts'
import { hashKey } from './keys.ts'

describe('isModelAllowed()', () => {
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
    expect(isModelAllowed(patterns, model)).toBe(expected)
  })

  it('agrees with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    fc.assert(
      fc.property(letters, name, (pattern, model) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(model)
        expect(isModelAllowed([pattern], model)).toBe(expected)
      }),
    )
  })
})

describe('createModelGuard()', () => {
  const limited = { name: 'limited', hash: hashKey('limited-key'), models: ['claude-*'] }
  const free = { name: 'free', hash: hashKey('free-key'), models: null }
  const guard = createModelGuard([limited, free])

  it('stops a model that the key may not use', () => {
    expect(guard(principalOf(limited), 'gpt-5.5')).toBe(false)
  })

  it('lets the models of the key pass, with and without the mark for a long context', () => {
    expect(guard(principalOf(limited), 'claude-opus-5-5')).toBe(true)
    expect(guard(principalOf(limited), 'claude-opus-5-5[1m]')).toBe(true)
  })

  it('lets keys without a list and the open gateway use everything', () => {
    expect(guard(principalOf(free), 'gpt-5.5')).toBe(true)
    expect(guard({ tenant: 'local', keyName: null }, 'gpt-5.5')).toBe(true)
  })
})
