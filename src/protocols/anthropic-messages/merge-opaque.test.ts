import { describe, expect, it } from 'vitest'
import { toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { mergeOpaque } from './merge-opaque.ts'

function merged(block: JsonValue, ...deltas: JsonValue[]): unknown {
  const part = { kind: 'opaque', protocol: 'anthropic-messages', type: 'x', raw: toJsonText(block) } as const
  return JSON.parse(mergeOpaque(part, deltas.map(toJsonText)).raw)
}

describe('mergeOpaque()', () => {
  it('makes pieces of JSON the input', () => {
    const piece = (partial_json: string): JsonValue => ({ type: 'input_json_delta', partial_json })
    expect(merged({ type: 'server_tool_use', input: {} }, piece(''), piece('{"q":'), piece('"a"}'))).toEqual({
      type: 'server_tool_use',
      input: { q: 'a' },
    })
  })

  it('appends strings to members of the same name, and sets others', () => {
    expect(
      merged(
        { type: 'compaction', content: 'a' },
        { type: 'compaction_delta', content: 'b' },
        { type: 'x', content: 'c', done: true },
      ),
    ).toEqual({ type: 'compaction', content: 'abc', done: true })
    expect(merged({ type: 'compaction', content: null }, { type: 'compaction_delta', content: 'b' })).toEqual({
      type: 'compaction',
      content: 'b',
    })
  })
})
