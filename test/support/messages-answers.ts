import * as fc from 'fast-check'

type Json = Record<string, unknown>

/** One block of an answer: as the whole answer has it, and as a stream brings it. */
export interface AnsweredBlock {
  readonly whole: Json
  readonly start: Json
  readonly deltas: readonly Json[]
}

const piece = fc.string({ unit: 'grapheme', maxLength: 6 })
const pieces = fc.array(piece, { maxLength: 4 })

const text = pieces.map((texts): AnsweredBlock => ({
  whole: { type: 'text', text: texts.join('') },
  start: { type: 'text', text: '' },
  deltas: texts.map((each) => ({ type: 'text_delta', text: each })),
}))

const thinking = fc.tuple(pieces, fc.constantFrom('sig', 'c2ln')).map(([texts, signature]): AnsweredBlock => ({
  whole: { type: 'thinking', thinking: texts.join(''), signature },
  start: { type: 'thinking', thinking: '', signature: '' },
  deltas: [
    ...texts.map((each) => ({ type: 'thinking_delta', thinking: each })),
    { type: 'signature_delta', signature },
  ],
}))

const redacted = fc.constant<AnsweredBlock>({
  whole: { type: 'redacted_thinking', data: 'red' },
  start: { type: 'redacted_thinking', data: 'red' },
  deltas: [],
})

const toolUse = fc.tuple(fc.dictionary(piece, piece, { maxKeys: 3 }), fc.nat()).map(([input, at]): AnsweredBlock => {
  const json = JSON.stringify(input)
  const cut = at % (json.length + 1)
  const block = { type: 'tool_use', id: 'toolu_1', name: 'n', caller: { type: 'direct' } }
  return {
    whole: { ...block, input },
    start: { ...block, input: {} },
    // The cut may fall into a surrogate pair; JSON.stringify then writes both halves as escapes.
    deltas: [json.slice(0, cut), json.slice(cut)].map((each) => ({ type: 'input_json_delta', partial_json: each })),
  }
})

const serverToolUse = fc.constant<AnsweredBlock>({
  whole: { type: 'server_tool_use', id: 's', name: 'web_search', input: { q: 1 } },
  start: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
  deltas: [
    { type: 'input_json_delta', partial_json: '{"q"' },
    { type: 'input_json_delta', partial_json: ':1}' },
  ],
})

/** The blocks of a Messages vendor's answer, of every kind in any order. */
export const answeredBlocks: fc.Arbitrary<readonly AnsweredBlock[]> = fc.array(
  fc.oneof(text, thinking, redacted, toolUse, serverToolUse),
  { maxLength: 5 },
)
