import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldEvents } from '../../canonical/fold.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { answeredMessage } from '../../../test/support/chat-answers.ts'
import type { AnswerContext } from '../protocol.ts'
import { decodeResponse } from './decode-response.ts'
import { answerContext, chunk, decodeStream, dialect, sse } from './test-support.ts'

function body(message: JsonValue, finish: string | null = 'stop', more: Record<string, JsonValue> = {}): string {
  return toJsonText({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-5.5-2026',
    choices: [{ index: 0, message, finish_reason: finish }],
    ...more,
  })
}

function decode(
  message: JsonValue,
  finish: string | null = 'stop',
  changes: Partial<AnswerContext<'openai-chat'>> = {},
): CanonicalResponse {
  return decodeResponse(body(message, finish), answerContext(changes))
}

function call(name: string, args: JsonValue, id?: string): { [key: string]: JsonValue } {
  return { ...(id === undefined ? {} : { id }), type: 'function', function: { name, arguments: args } }
}

describe('decodeResponse()', () => {
  it('reads text, model, id, usage and what else the vendor says', () => {
    const more = { usage: { prompt_tokens: 3, completion_tokens: 4 }, system_fingerprint: 'fp' }
    const response = decodeResponse(body({ role: 'assistant', content: 'hi' }, 'stop', more), answerContext())
    expect(response).toMatchObject({
      id: 'chatcmpl-1',
      model: 'gpt-5.5-2026',
      parts: [{ kind: 'text', text: '"hi"' }],
      finish: { reason: 'stop', raw: 'stop' },
      usage: { input: { total: 3 }, output: { total: 4 } },
    })
    expect(response.ext?.fields.get('system_fingerprint')).toBe('"fp"')
  })

  it('makes two parts of two parallel calls and none of null content (28)', () => {
    const calls = [call('f', '{"x":1}', 'a'), call('g', '{"y":2}', 'b')]
    expect(decode({ role: 'assistant', content: null, tool_calls: calls }, 'tool_calls')).toMatchObject({
      parts: [
        { kind: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' },
        { kind: 'tool-call', id: 'b', name: 'g', input: '{"y":2}' },
      ],
      finish: { reason: 'tool-call' },
    })
  })

  it('keeps calls apart that are alike and have no id', () => {
    const { parts } = decode({ content: null, tool_calls: [call('f', ''), call('f', '')] }, 'tool_calls')
    expect(parts).toHaveLength(2)
    expect(new Set(parts.map((part) => part.kind === 'tool-call' && part.id)).size).toBe(2)
  })

  it('keeps the digits of numbers in arguments (61)', () => {
    const { parts } = decode({ tool_calls: [call('f', '{"id":12345678901234567890,"f":1.0}', 'a')] })
    expect(parts).toMatchObject([{ input: '{"id":12345678901234567890,"f":1.0}' }])
  })

  it('completes arguments that the length limit cut, and refuses others that are broken (18)', () => {
    const cut = { tool_calls: [call('f', '{"a":"xy', 'a')] }
    expect(decode(cut, 'length')).toMatchObject({
      parts: [{ input: '{"a":"xy"}', invalid: false }],
      finish: { reason: 'length' },
    })
    expect(() => decode(cut, 'tool_calls')).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
    expect(() => decode({ tool_calls: [call('f', 'nonsense', 'a')] }, 'length')).toThrow()
  })

  it.each([
    ['error', { error: { message: 'm', code: 429 } }, 'upstream_rate_limited'],
    ['no choices', { id: '1', choices: [] }, 'upstream_invalid_response'],
    ['no message', { id: '1', choices: [{ index: 0 }] }, 'upstream_invalid_response'],
    ['no object', [], 'upstream_invalid_response'],
    ['error as finish reason', { choices: [{ message: { content: 'a' }, finish_reason: 'error' }] }, 'upstream_failed'],
  ] satisfies [string, JsonValue, string][])('throws for a 200 answer with %s', (_name, answer, code) => {
    expect(() => decodeResponse(toJsonText(answer), answerContext())).toThrow(expect.objectContaining({ code }))
  })

  it('throws for what is not JSON', () => {
    expect(() => decodeResponse('<html>', answerContext())).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_response' }),
    )
  })

  it('takes a whole answer without a finish reason for complete', () => {
    expect(decode({ content: 'a' }, null).finish).toMatchObject({ reason: 'stop', raw: null })
  })

  it('ignores further choices (30)', () => {
    const answer = {
      choices: [
        { index: 1, message: { content: 'x' } },
        { index: 0, message: { content: 'a' }, finish_reason: 'stop' },
      ],
    }
    expect(decodeResponse(toJsonText(answer), answerContext()).parts).toMatchObject([{ text: '"a"' }])
  })

  it('keeps what stands beside the answer in the message and the choice', () => {
    const answer = { content: 'a', audio: { id: 'x' } }
    const raw = toJsonText({
      id: '1',
      choices: [
        { index: 0, message: answer, logprobs: { content: [] }, native_finish_reason: 'e', finish_reason: 'stop' },
      ],
    })
    expect(Object.fromEntries(decodeResponse(raw, answerContext()).ext?.fields ?? [])).toEqual({
      'choices.message.audio': '{"id":"x"}',
      'choices.logprobs': '{"content":[]}',
      'choices.native_finish_reason': '"e"',
    })
  })
})

describe('decodeResponse() and streamDecoder()', () => {
  it('give the same answer (law 3, 120)', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4 }
    fc.assert(
      fc.property(answeredMessage, fc.boolean(), ({ message, deltas, finish }, thinkTags) => {
        const changes = { dialect: dialect({ thinkTags }) }
        const stream = sse(
          ...deltas.map((delta) => chunk(delta)),
          chunk({}, finish),
          chunk({}, null, { choices: [], usage }),
          '[DONE]',
        )
        const whole = decodeResponse(body(message, finish, { usage }), answerContext(changes))
        expect(foldEvents(decodeStream(stream, changes))).toEqual(whole)
      }),
    )
  })
})
