import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ThinkTagScanner } from './think-tags.ts'

/** All pieces of a kind, joined. */
function scan(...pieces: string[]): { reasoning: string; text: string } {
  const scanner = new ThinkTagScanner()
  const found = [...pieces.flatMap((piece) => scanner.push(piece)), ...scanner.flush()]
  const join = (kind: string): string =>
    found
      .filter((piece) => piece.kind === kind)
      .map(({ text }) => text)
      .join('')
  return { reasoning: join('reasoning'), text: join('text') }
}

describe('ThinkTagScanner', () => {
  it('finds tags that were cut (23)', () => {
    expect(scan('<th', 'ink>a</thi', 'nk>b')).toEqual({ reasoning: 'a', text: 'b' })
  })

  it('gives the same for every cut', () => {
    const whole = ' \n<think>a <b> </thin </think>\n\nb <think>c</think>'
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length]
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end))
        expect(scan(...pieces)).toEqual({ reasoning: 'a <b> </thin ', text: 'b <think>c</think>' })
      }),
    )
  })

  it('leaves text without tags as it is, leading space and all', () => {
    expect(scan('  hello <think>')).toEqual({ reasoning: '', text: '  hello <think>' })
    expect(scan('<thin')).toEqual({ reasoning: '', text: '<thin' })
  })

  it('takes an unclosed tag for reasoning to the end', () => {
    expect(scan('<think>a</th')).toEqual({ reasoning: 'a</th', text: '' })
  })
})
