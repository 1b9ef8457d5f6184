import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJsonString } from './json.ts'
import type { JsonText } from './json.ts'
import { SurrogateJoiner } from './surrogate-joiner.ts'

const joined = (literals: readonly string[]): string[] => {
  const joiner = new SurrogateJoiner()
  const texts = literals.map((literal) => decodeJsonString(joiner.push(literal as JsonText)))
  const rest = joiner.flush()
  return rest === null ? texts : [...texts, decodeJsonString(rest)]
}

describe('SurrogateJoiner', () => {
  it('passes text without surrogate escapes as it is', () => {
    const joiner = new SurrogateJoiner()
    expect(joiner.push('"a\\n\\u00e9😀"' as JsonText)).toBe('"a\\n\\u00e9😀"')
    expect(joiner.flush()).toBeNull()
  })

  it('joins a pair that came in two pieces', () => {
    expect(joined(['"a\\ud83d"', '"\\ude00b"'])).toEqual(['a', '😀b'])
    expect(joined(['"\\ud83d"', '""', '"\\ude00"'])).toEqual(['', '', '😀'])
  })

  it('makes a half that stays alone U+FFFD', () => {
    expect(joined(['"a\\ud83d"'])).toEqual(['a', '\ufffd'])
    expect(joined(['"a\\ud83d"', '"b"'])).toEqual(['a', '\ufffdb'])
    expect(joined(['"\\ude00a"'])).toEqual(['\ufffda'])
    expect(joined(['"\\ud83d"', '"\\ud83d"', '"\\ude00"'])).toEqual(['', '\ufffd', '😀'])
  })

  it('gives the well-formed text however it is cut (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', '\\', 'ü') })), (pieces) => {
        const whole = joined(pieces.map((piece) => JSON.stringify(piece))).join('')
        expect(whole).toBe(pieces.join('').toWellFormed())
      }),
    )
  })
})
