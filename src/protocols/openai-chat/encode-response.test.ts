import { describe, expect, it } from 'vitest'
import type { Part, Seal } from '../../canonical/content.ts'
import { LossList } from '../../canonical/loss.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { NO_USAGE } from '../../canonical/usage.ts'
import { stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { ReplyContext } from '../protocol.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeResponse } from './encode-response.ts'
import { ownExt } from './ext.ts'
import { literal } from './wire.ts'
import { answerContext, replyContext, sealer } from './test-support.ts'

function response(parts: readonly Part[], changes: Partial<CanonicalResponse> = {}): CanonicalResponse {
  return {
    id: 'msg_1',
    model: 'claude',
    parts,
    finish: { reason: 'stop', raw: 'end_turn', stopSequence: null, details: null },
    usage: NO_USAGE,
    ext: null,
    ...changes,
  }
}

const text = (value: string): Part => ({
  kind: 'text',
  text: stringToJson(value),
  refusal: false,
  citations: null,
  cache: null,
  ext: null,
})
const call = (id: string, input: JsonValue): Part => ({
  kind: 'tool-call',
  id,
  name: 'f',
  input: toJsonText(input),
  invalid: false,
  cache: null,
  ext: null,
})

interface Answer {
  readonly choices: readonly [{ readonly message: Message; readonly finish_reason: string }]
}

interface Message {
  readonly content: string | null
  readonly reasoning_content?: string
  readonly reasoning_details?: readonly { readonly signature: string }[]
  readonly function_call?: unknown
}

function encode(answer: CanonicalResponse, changes: Partial<ReplyContext> = {}): Answer {
  return JSON.parse(encodeResponse(answer, replyContext(changes)))
}

describe('encodeResponse()', () => {
  it('writes the whole object', () => {
    expect(encode(response([text('hi')]))).toEqual({
      id: 'chatcmpl-r1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'asked',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'hi', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: expect.objectContaining({ prompt_tokens: 0, total_tokens: 0 }),
    })
  })

  it('has null for content beside calls, and "" for an answer of nothing', () => {
    expect(encode(response([call('a', {})])).choices[0].message).toMatchObject({
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
    expect(encode(response([])).choices[0].message.content).toBe('')
  })

  it("carries another vendor's signature (4)", () => {
    const seal: Seal = {
      kind: 'signature',
      value: 'sig',
      origin: { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude' },
    }
    const part: Part = { kind: 'reasoning', text: stringToJson('hm'), seal, cache: null, ext: null }
    const { message } = encode(response([part])).choices[0]
    expect(message.reasoning_content).toBe('hm')
    const [detail] = message.reasoning_details ?? []
    expect(detail).toMatchObject({ type: 'reasoning.text', text: 'hm', index: 0 })
    expect(sealer.open(detail?.signature ?? '')).toEqual({ seal })
  })

  it('answers a client of legacy functions in their form (81)', () => {
    const losses = new LossList()
    const requestExt = ownExt(new Map([['$legacy', toJsonText(true)]]))
    const answer = response([call('a', { x: 1 }), call('b', {})], {
      finish: { reason: 'tool-call', raw: null, stopSequence: null, details: null },
    })
    const [choice] = encode(answer, { requestExt, losses }).choices
    expect(choice.message.function_call).toEqual({ name: 'f', arguments: '{"x":1}' })
    expect(choice.message).not.toHaveProperty('tool_calls')
    expect(choice.finish_reason).toBe('function_call')
    expect(losses.losses).toMatchObject([{ field: 'tool_calls' }])
  })

  it('reports what it hides', () => {
    const losses = new LossList()
    const hidden: Part = {
      kind: 'opaque',
      protocol: 'anthropic-messages',
      type: 'web_search_tool_result',
      raw: toJsonText({}),
    }
    expect(encode(response([hidden, text('a')]), { losses }).choices[0].message.content).toBe('a')
    expect(losses.losses).toMatchObject([{ field: 'content.web_search_tool_result' }])
  })

  it('replaces half a character in an answer as its stream would (21)', () => {
    const half: Part = {
      kind: 'text',
      text: literal(String.raw`"a\ud83d"`),
      refusal: false,
      citations: null,
      cache: null,
      ext: null,
    }
    expect(encode(response([half])).choices[0].message.content).toBe('a\ufffd')
  })

  it("gives a Chat vendor's answer back as it was (law 1)", () => {
    const answer = {
      id: 'chatcmpl-r1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'asked',
      system_fingerprint: 'fp',
      provider: 'someone',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'a',
            refusal: null,
            reasoning: 'hm',
            reasoning_details: [
              { type: 'reasoning.text', text: 'hm', signature: 's', format: 'f', index: 0, id: null },
              { type: 'reasoning.encrypted', data: 'zz', index: 1 },
            ],
            tool_calls: [
              {
                id: 'c',
                type: 'function',
                function: { name: 'f', arguments: '{"n":1.0}', future: 1 },
                extra_content: { g: 1 },
              },
            ],
            annotations: [
              { type: 'url_citation', url_citation: { url: 'https://a', title: 'T', start_index: 0, end_index: 1 } },
              { type: 'file', file: { hash: 'h', content: [] } },
            ],
            audio: { id: 'x' },
          },
          logprobs: { content: [] },
          finish_reason: 'tool_calls',
          native_finish_reason: 'tool_use',
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 4,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 1, cache_write_tokens: 0, audio_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 2, accepted_prediction_tokens: 1 },
        cost: 0.25,
      },
    }
    expect(encode(decodeResponse(toJsonText(answer), answerContext()))).toEqual(answer)
  })
})
