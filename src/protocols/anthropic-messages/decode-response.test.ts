import { describe, expect, it } from 'vitest'
import { decodeResponse } from './decode-response.ts'
import { answerContext } from './test-support.ts'

const BODY = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-up',
  content: [],
  stop_reason: 'end_turn',
  stop_sequence: null,
}

function decoded(changes: object, context = answerContext()) {
  return decodeResponse(JSON.stringify({ ...BODY, ...changes }), context)
}

describe('decodeResponse()', () => {
  it('reads parts, finish and ids', () => {
    expect(
      decoded({
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'text', text: 'hi', citations: null },
          { type: 'tool_use', id: 't', name: 'n', input: { a: 1 } },
        ],
        stop_reason: 'tool_use',
      }),
    ).toMatchObject({
      id: 'msg_1',
      model: 'claude-up',
      parts: [
        {
          kind: 'reasoning',
          text: '"hm"',
          seal: { value: 'sig', origin: { provider: 'anthropic', model: 'claude-up' } },
        },
        { kind: 'text', text: '"hi"', citations: null, ext: null },
        { kind: 'tool-call', id: 't', name: 'n', input: '{"a":1}', invalid: false },
      ],
      finish: { reason: 'tool-call', raw: 'tool_use' },
      usage: null,
    })
  })

  it('keeps the digits of tool input (case 61)', () => {
    const body = JSON.stringify({ ...BODY, content: [{ type: 'tool_use', id: 't', name: 'n', input: 'X' }] })
    const [part] = decodeResponse(body.replace('"X"', '{"id":12345678901234567890}'), answerContext()).parts
    expect(part).toMatchObject({ input: '{"id":12345678901234567890}' })
  })

  it('reads tool input that a host gives as text', () => {
    expect(decoded({ content: [{ type: 'tool_use', id: 't', name: 'n', input: '{"a":1}' }] }).parts).toMatchObject([
      { input: '{"a":1}', invalid: false, ext: null },
    ])
  })

  it('gives tools their own names back and unwraps the output tool (cases 59, 79)', () => {
    const context = answerContext({ toolNames: new Map([['n_1', 'my.n']]), outputTool: 'json_answer' })
    expect(decoded({ content: [{ type: 'tool_use', id: 't', name: 'n_1', input: {} }] }, context).parts).toMatchObject([
      { name: 'my.n' },
    ])
    expect(
      decoded(
        { content: [{ type: 'tool_use', id: 't', name: 'json_answer', input: { a: 'x' } }], stop_reason: 'tool_use' },
        context,
      ),
    ).toMatchObject({
      parts: [{ kind: 'text', text: '"{\\"a\\":\\"x\\"}"' }],
      finish: { reason: 'stop', raw: 'end_turn' },
    })
  })

  it('reads a refusal without any block', () => {
    expect(decoded({ stop_reason: 'refusal', stop_details: { type: 'refusal', category: 'cyber' } })).toMatchObject({
      parts: [],
      finish: { reason: 'refusal', details: '{"type":"refusal","category":"cyber"}' },
    })
  })

  it('reads usage, iterations summed (case 67)', () => {
    expect(
      decoded({
        usage: { input_tokens: 60, cache_read_input_tokens: 40, cache_creation_input_tokens: 10, output_tokens: 20 },
      }).usage,
    ).toMatchObject({
      input: { total: 110, cacheRead: 40, cacheWrite: 10 },
      output: { total: 20 },
    })
  })

  it.each([
    ['', 'upstream_invalid_response'],
    ['<html>', 'upstream_invalid_response'],
    ['{"type":"message","content":[', 'upstream_invalid_response'],
    ['{"choices":[]}', 'upstream_invalid_response'],
    ['{"type":"message","content":[{"type":"text"}]}', 'upstream_invalid_response'],
    ['{"type":"error","error":{"type":"overloaded_error","message":"x"}}', 'upstream_overloaded'],
  ])('refuses %s', (body, code) => {
    expect(() => decodeResponse(body, answerContext())).toThrow(expect.objectContaining({ code }))
  })
})
