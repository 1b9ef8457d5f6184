import { describe, expect, it } from 'vitest'
import { SurrogateJoiner } from './surrogates.ts'
import { literal } from './wire.ts'

function joined(...pieces: string[]): (string | null)[] {
  const joiner = new SurrogateJoiner()
  return [...pieces.map((piece) => joiner.push(literal(piece))), joiner.flush()]
}

describe('SurrogateJoiner', () => {
  it('passes whole text as it was written', () => {
    expect(joined('"a\\u00e9\\n"', '"\u{1f600}"')).toEqual(['"a\\u00e9\\n"', '"\u{1f600}"', null])
  })

  it('joins a pair that was cut between two deltas (21)', () => {
    expect(joined('"x\\ud83d"', '"\\ude00y"')).toEqual(['"x"', '"\u{1f600}y"', null])
    expect(joined('"\\ud83d"', '"\\ude00"')).toEqual([null, '"\u{1f600}"', null])
  })

  it('writes U+FFFD for a half that stays alone (21)', () => {
    expect(joined('"\\ud83d"')).toEqual([null, '"\ufffd"'])
    expect(joined('"\\ud83d"', '"a"')).toEqual([null, '"\ufffda"', null])
    expect(joined('"\\ude00"')).toEqual(['"\ufffd"', null])
  })
})
