import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../canonical/event.ts'
import { foldEvents } from '../canonical/fold.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import { decodeJsonString, stringToJson } from '../lib/json.ts'
import { stoppedAt, stoppingAt } from './stop-sequences.ts'

const END: Event = {
  type: 'finish',
  finish: { reason: 'stop', raw: 'stop', stopSequence: null, details: null },
  ext: null,
}

/** An answer of text parts, each given in its deltas. */
function events(...parts: readonly (readonly string[])[]): Event[] {
  return [
    { type: 'start', id: null, model: null, usage: null, ext: null },
    ...parts.flatMap((deltas, index): Event[] => [
      { type: 'part-start', index, part: { kind: 'text', refusal: false, ext: null } },
      ...deltas.map((text): Event => ({ type: 'text-delta', index, text: stringToJson(text) })),
      { type: 'part-end', index },
    ]),
    END,
  ]
}

function stopped(sequences: readonly string[], given: readonly Event[]): CanonicalResponse {
  const list: Event[] = []
  const sink = stoppingAt(sequences, (event) => list.push(event))
  for (const event of given) sink(event)
  return foldEvents(list)
}

function textOf({ parts }: CanonicalResponse): string[] {
  return parts.map((part) => (part.kind === 'text' ? decodeJsonString(part.text) : part.kind))
}

describe('stoppingAt()', () => {
  it('ends the answer where a sequence is complete, however it is cut', () => {
    const response = stopped(['END'], events(['one E', 'N', 'D two']))
    expect(textOf(response)).toEqual(['one '])
    expect(response.finish).toEqual({ reason: 'stop-sequence', raw: null, stopSequence: 'END', details: null })
  })

  it('lets through what only began like a sequence', () => {
    const response = stopped(['END'], events(['one E', 'N', 'E', 'N'], ['D']))
    expect(textOf(response)).toEqual(['one ENEN', 'D'])
    expect(response.finish.reason).toBe('stop')
  })

  it('sends nothing of the parts behind', () => {
    expect(textOf(stopped(['\n\n'], events(['a\n', '\nb'], ['c'])))).toEqual(['a'])
  })

  it('does not look into reasoning', () => {
    const [start, , ...rest] = events(['END'])
    const reasoning: Event = { type: 'part-start', index: 0, part: { kind: 'reasoning', ext: null } }
    expect(stopped(['END'], [start ?? END, reasoning, ...rest]).finish.reason).toBe('stop')
  })

  it('is the same sink where there is nothing to stop at', () => {
    const sink = (): void => {}
    expect(stoppingAt([], sink)).toBe(sink)
  })

  it('takes the sequence that is complete first, the same as in a whole answer, wherever the text is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '👋', '\n'), maxLength: 12 })
    const sequences = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '👋', '\n'), minLength: 1, maxLength: 4 }))
    fc.assert(
      fc.property(fc.array(letters), sequences, (deltas, list) => {
        const streamed = stopped(list, events(deltas))
        const whole = stoppedAt(list, foldEvents(events(deltas)))
        expect([textOf(streamed), streamed.finish]).toEqual([textOf(whole), whole.finish])
        for (const text of textOf(streamed)) expect(list.some((sequence) => text.includes(sequence))).toBe(false)
      }),
    )
  })
})
