import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../lib/error.ts'
import { decodeJsonString, stringToJson, toJsonText } from '../lib/json.ts'
import type { OpaquePart, Seal } from './content.ts'
import type { Event } from './event.ts'
import { foldEvents, toolInput } from './fold.ts'
import type { Finish } from './response.ts'
import { NO_USAGE } from './usage.ts'

const STOP: Finish = { reason: 'stop', raw: 'stop', stopSequence: null, details: null }
const START: Event = { type: 'start', id: 'r1', model: 'm1', usage: null, ext: null }
const FINISH: Event = { type: 'finish', finish: STOP, ext: null }

function text(index: number, ...pieces: string[]): Event[] {
  return [
    { type: 'part-start', index, part: { kind: 'text', refusal: false, ext: null } },
    ...pieces.map((piece): Event => ({ type: 'text-delta', index, text: stringToJson(piece) })),
    { type: 'part-end', index },
  ]
}

function call(...pieces: string[]): Event[] {
  return [
    { type: 'part-start', index: 0, part: { kind: 'tool-call', id: 'c1', name: 'read', ext: null } },
    ...pieces.map((piece): Event => ({ type: 'input-delta', index: 0, json: stringToJson(piece) })),
    { type: 'part-end', index: 0 },
  ]
}

describe('foldEvents()', () => {
  it('joins text deltas, however the text was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (pieces) => {
        const [part] = foldEvents([START, ...text(0, ...pieces), FINISH]).parts
        expect(part?.kind === 'text' && decodeJsonString(part.text)).toBe(pieces.join(''))
      }),
    )
  })

  it('keeps parts in order, and what start and finish say', () => {
    const response = foldEvents([START, ...text(0, 'a'), ...text(1, 'b'), FINISH])
    expect(response.parts.map((part) => part.kind === 'text' && part.text)).toEqual(['"a"', '"b"'])
    expect(response).toMatchObject({ id: 'r1', model: 'm1', finish: STOP, usage: null, ext: null })
  })

  it('gives a reasoning part its seal and a text part its citations', () => {
    const seal: Seal = { kind: 'signature', value: 's', origin: null }
    const response = foldEvents([
      START,
      { type: 'part-start', index: 0, part: { kind: 'reasoning', ext: null } },
      { type: 'text-delta', index: 0, text: stringToJson('hm') },
      { type: 'seal-delta', index: 0, seal },
      { type: 'part-end', index: 0 },
      { type: 'part-start', index: 1, part: { kind: 'text', refusal: false, ext: null } },
      { type: 'citation-delta', index: 1, citation: toJsonText({ a: 1 }) },
      { type: 'citation-delta', index: 1, citation: toJsonText({ b: 2 }) },
      { type: 'part-end', index: 1 },
      FINISH,
    ])
    expect(response.parts).toMatchObject([
      { kind: 'reasoning', text: '"hm"', seal },
      { kind: 'text', text: '""', citations: '[{"a":1},{"b":2}]' },
    ])
  })

  it('keeps the digits of tool input', () => {
    const [part] = foldEvents([START, ...call('{"id":1234567', '8901234567890}'), FINISH]).parts
    expect(part).toMatchObject({ input: '{"id":12345678901234567890}', invalid: false })
  })

  it('lets the last usage win', () => {
    const last = { ...NO_USAGE, output: { total: 7, reasoning: 0 } }
    const events: Event[] = [START, { type: 'usage', usage: NO_USAGE }, { type: 'usage', usage: last }, FINISH]
    expect(foldEvents(events).usage).toBe(last)
    expect(foldEvents([{ ...START, usage: last }, FINISH]).usage).toBe(last)
  })

  it('hands the deltas of an opaque part to whoever knows how they add up', () => {
    const part: OpaquePart = { kind: 'opaque', protocol: 'anthropic-messages', type: 'x', raw: toJsonText({}) }
    const events: Event[] = [
      START,
      { type: 'part-start', index: 0, part },
      { type: 'opaque-delta', index: 0, protocol: 'anthropic-messages', raw: toJsonText({ n: 1 }) },
      { type: 'part-end', index: 0 },
      FINISH,
    ]
    expect(foldEvents(events).parts).toEqual([part])
    const merged = foldEvents(events, (opened, deltas) => ({ ...opened, raw: deltas[0] ?? opened.raw }))
    expect(merged.parts).toEqual([{ ...part, raw: '{"n":1}' }])
  })

  it('merges what start and finish say about one protocol', () => {
    const ext = (name: string) => ({ protocol: 'openai-chat' as const, fields: new Map([[name, toJsonText(1)]]) })
    const response = foldEvents([
      { ...START, ext: ext('a') },
      { ...FINISH, ext: ext('b') },
    ])
    expect(response.ext?.fields).toEqual(new Map([...ext('a').fields, ...ext('b').fields]))
  })

  it('throws the error of a failed stream, and for one without an end', () => {
    const error = new GatewayError('upstream_failed', 'broken')
    expect(() => foldEvents([START, { type: 'error', error }])).toThrow(error)
    expect(() => foldEvents([START])).toThrow(expect.objectContaining({ code: 'upstream_truncated' }))
  })
})

describe('toolInput()', () => {
  it.each([
    ['', '{}', false],
    [' ', '{}', false],
    [' {"b":1,"a":1.0}\n', '{"b":1,"a":1.0}', false],
    ['{"a":', '"{\\"a\\":"', true],
    ['[1]', '"[1]"', true],
  ])('reads %j', (given, input, invalid) => {
    expect(toolInput(stringToJson(given))).toEqual({ input, invalid })
  })
})
