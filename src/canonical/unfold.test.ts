import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringToJson, toJsonText } from '../lib/json.ts'
import type { Part } from './content.ts'
import { foldEvents } from './fold.ts'
import type { CanonicalResponse } from './response.ts'
import { unfoldResponse } from './unfold.ts'
import { NO_USAGE } from './usage.ts'

const literal = fc.string({ unit: 'grapheme' }).map((text) => stringToJson(text))
const input = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => toJsonText(JSON.parse(JSON.stringify(value))))

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    text: literal,
    refusal: fc.boolean(),
    citations: fc.constantFrom(null, toJsonText([{ a: 1 }, { b: 2 }])),
    cache: fc.constant(null),
    ext: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant('reasoning' as const),
    text: literal,
    seal: fc.constant(null),
    cache: fc.constant(null),
    ext: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant('tool-call' as const),
    id: fc.string(),
    name: fc.string(),
    input,
    invalid: fc.constant(false),
    cache: fc.constant(null),
    ext: fc.constant(null),
  }),
)

const response: fc.Arbitrary<CanonicalResponse> = fc.record({
  id: fc.option(fc.string()),
  model: fc.option(fc.string()),
  parts: fc.array(part),
  finish: fc.constant({ reason: 'stop' as const, raw: 'stop', stopSequence: null, details: null }),
  usage: fc.constantFrom(null, NO_USAGE),
  ext: fc.constant(null),
})

describe('unfoldResponse()', () => {
  it('gives events that fold to the answer again (property)', () => {
    fc.assert(
      fc.property(response, (whole) => {
        expect(foldEvents(unfoldResponse(whole) ?? [])).toEqual(whole)
      }),
    )
  })

  it('refuses what events cannot bring', () => {
    const seal = { kind: 'signature', value: 's', origin: null } as const
    const base = { id: null, model: null, usage: null, ext: null } as const
    const finish = { reason: 'stop', raw: null, stopSequence: null, details: null } as const
    const parts: Part[] = [
      { kind: 'reasoning', text: stringToJson('hm'), seal, cache: null, ext: null },
      { kind: 'opaque', protocol: 'openai-chat', type: 'x', raw: toJsonText({}) },
    ]
    for (const each of parts) expect(unfoldResponse({ ...base, finish, parts: [each] })).toBeNull()
  })
})
