import { describe, expect, it } from 'vitest'
import { decodeJsonString } from '../lib/json.ts'
import { joinPieces, sampleText, splitText, textOfPieces, tokensIn } from './pieces.ts'

describe('sampleText()', () => {
  it('makes a text that measures as many tokens as it has pieces', () => {
    for (const tokens of [0, 1, 12, 500]) {
      const pieces = sampleText(tokens)
      expect(pieces).toHaveLength(tokens)
      expect(tokensIn(textOfPieces(pieces).length)).toBe(tokens)
    }
  })

  it('reads as sentences', () => {
    expect(textOfPieces(sampleText(6))).toBe('Then the sun was up. The')
  })
})

describe('splitText()', () => {
  it('cuts every four characters, but no surrogate pair', () => {
    expect(splitText('abc\u{1f600}def').map(decodeJsonString)).toEqual(['abc\u{1f600}', 'def'])
  })

  it('gives literals that JSON accepts', () => {
    expect(splitText('a"\\\n')).toEqual([String.raw`"a\"\\\n"`])
  })
})

describe('joinPieces()', () => {
  it('is the literal of the whole text', () => {
    expect(joinPieces(splitText('one "two" three'))).toBe(String.raw`"one \"two\" three"`)
    expect(joinPieces([])).toBe('""')
  })
})
