import * as fc from 'fast-check'
import type { JsonValue } from '../../src/lib/json.ts'

type Fields = Record<string, JsonValue>

/** An answer of a Chat vendor: as the whole answer has it, and the deltas in which a stream brings it. */
export interface AnsweredMessage {
  readonly message: Fields
  readonly deltas: readonly Fields[]
  readonly finish: string
}

const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 3 })

const call = fc.record({
  id: fc.option(fc.string({ minLength: 1 })),
  name: fc.stringMatching(/^[a-z]{1,8}$/),
  args: fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
  cut: fc.nat(),
})

const parts = fc.record({
  reasoning: words,
  content: words,
  refusal: fc.option(fc.string({ minLength: 1 })),
  calls: fc.array(call, { maxLength: 3 }),
  finish: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter', 'something_new'),
})

function wireCall(name: string, args: string, id: string | null): Fields {
  return { ...(id === null ? {} : { id }), type: 'function', function: { name, arguments: args } }
}

export const answeredMessage: fc.Arbitrary<AnsweredMessage> = parts.map(
  ({ reasoning, content, refusal, calls, finish }) => ({
    message: {
      role: 'assistant',
      content: content.length === 0 ? null : content.join(''),
      ...(reasoning.length === 0 ? {} : { reasoning_content: reasoning.join('') }),
      ...(refusal === null ? {} : { refusal }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(({ id, name, args }) => wireCall(name, args, id)) }),
    },
    deltas: [
      ...reasoning.map((text) => ({ reasoning_content: text })),
      ...content.map((text) => ({ content: text })),
      ...(refusal === null ? [] : [{ refusal }]),
      ...calls.flatMap(({ id, name, args, cut }, index) => [
        { tool_calls: [{ index, ...wireCall(name, args.slice(0, cut % args.length), id) }] },
        { tool_calls: [{ index, function: { arguments: args.slice(cut % args.length) } }] },
      ]),
    ],
    finish,
  }),
)
