import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completeJson } from './partial-json.ts'

describe('completeJson()', () => {
  it.each([
    ['{', '{}'],
    ['{"a"', '{}'],
    ['{"a":', '{}'],
    ['{"a":1', '{"a":1}'],
    ['{"a":1,', '{"a":1}'],
    ['{"a":1,"lo', '{"a":1}'],
    ['{"a":"x', '{"a":"x"}'],
    ['{"a":"x\\', '{"a":"x"}'],
    ['{"a":"x\\u00', '{"a":"x"}'],
    ['{"a":[1,{"b":tr', '{"a":[1,{}]}'],
    ['{"a":1.', '{"a":1}'],
    ['{"a":1}', '{"a":1}'],
    ['"a"', null],
    ['nonsense', null],
    ['', null],
  ])('completes %j to %j', (cut, whole) => {
    expect(completeJson(cut)).toBe(whole)
  })

  it('makes an object of every beginning of one', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 9 }), fc.jsonValue({ maxDepth: 3 })), fc.nat(), (value, at) => {
        const text = JSON.stringify(value)
        const cut = text.slice(0, 1 + (at % text.length))
        expect(typeof JSON.parse(completeJson(cut) ?? 'null')).toBe('object')
        expect(completeJson(cut)).not.toBeNull()
      }),
    )
  })
})
