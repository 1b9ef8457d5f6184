import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LossList } from '../../canonical/loss.ts'
import { scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { chatMessages, chatSettings, legacyChatSettings, streamSettings } from '../../../test/support/chat-requests.ts'
import { OPENAI_CHAT_DIALECT } from '../dialect.ts'
import type { ChatDialect } from '../dialect.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import { capabilities, decodeContext, dialect, upstreamContext } from './test-support.ts'

/** A vendor that takes everything as it comes. */
const OPEN = dialect(
  { toolImages: true, maxStop: null, maxTokensField: 'max_completion_tokens' },
  { sendBack: 'reasoning_details' },
)

interface Trip {
  readonly body: string
  readonly losses: readonly string[]
}

function trip(body: string, vendor: ChatDialect = OPEN): Trip {
  const losses = new LossList()
  const request = decodeRequest(scanJson(body), decodeContext(losses))
  const encoded = encodeRequest(request, upstreamContext({ model: request.model, dialect: vendor, losses }))
  return { body: encoded.body, losses: losses.losses.map(({ field }) => field) }
}

/** `encode(decode(x))` is `x` as JSON, and nothing is reported. */
function expectIdentity(request: JsonValue, vendor: ChatDialect = OPEN): void {
  const { body, losses } = trip(toJsonText(request), vendor)
  expect(JSON.parse(body)).toEqual(request)
  expect(losses).toEqual([])
}

type Fields = Record<string, JsonValue>

describe('encodeRequest(decodeRequest(x)) is x (law 1, 121)', () => {
  it('for every kind of message, part and setting, with unknown fields anywhere', () => {
    fc.assert(
      fc.property(
        chatMessages,
        fc.oneof(chatSettings, legacyChatSettings),
        fc.option(streamSettings),
        (list, fields, stream) => {
          expectIdentity({ model: 'm', messages: list, ...fields, ...stream })
        },
      ),
      { numRuns: 500 },
    )
  })

  it.each<[string, Fields, Partial<ChatDialect['reasoning']>]>([
    ['reasoning_effort', { reasoning_effort: 'high' }, {}],
    ['thinking', { thinking: { type: 'enabled', clear: true }, reasoning_effort: 'low' }, { request: 'thinking' }],
    ['enable_thinking', { enable_thinking: true, thinking_budget: 77 }, { request: 'enable-thinking' }],
    ['reasoning', { reasoning: { effort: 'high', exclude: true } }, { request: 'openrouter' }],
    ['reasoning budget', { reasoning: { max_tokens: 5000 } }, { request: 'openrouter' }],
    ['template', { chat_template_kwargs: { enable_thinking: false, x: 1 } }, { request: 'template' }],
  ])('for %s at a vendor that knows it', (_name, fields, vendor) => {
    expectIdentity({ model: 'm', messages: [], ...fields }, dialect({}, vendor))
  })

  it.each(['reasoning_content', 'reasoning'] as const)('for %s in the history of a vendor that reads it', (field) => {
    const turn = { role: 'assistant', content: 'a', [field]: 'hm' }
    expectIdentity({ model: 'm', messages: [turn] }, dialect({}, { sendBack: field }))
  })

  it("for Mistral's thinking parts", () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }], signature: 's', closed: true }
    const content = [thinking, { type: 'text', text: 'a' }]
    expectIdentity(
      { model: 'm', messages: [{ role: 'assistant', content }] },
      dialect({}, { sendBack: 'content-parts' }),
    )
  })

  it('for max_tokens at a vendor that calls it so', () => {
    expectIdentity({ model: 'm', messages: [], max_tokens: 5 }, dialect({ maxTokensField: 'max_tokens' }))
  })

  it('keeps numbers digit for digit, and the order of keys in schemas and arguments (61)', () => {
    const body =
      '{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":' +
      '{"name":"f","arguments":"{\\"2\\":1.0,\\"1\\":12345678901234567890}"}}]}],' +
      '"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"2":{},"1":{"maximum":1e400}}}}}],' +
      '"temperature":0.70,"seed":12345678901234567890,"x_big":1.10}'
    const out = trip(body).body
    expect(out).toContain('"arguments":"{\\"2\\":1.0,\\"1\\":12345678901234567890}"')
    expect(out).toContain('"parameters":{"type":"object","properties":{"2":{},"1":{"maximum":1e400}}}')
    expect(out).toContain('"temperature":0.70')
    expect(out).toContain('"seed":12345678901234567890')
    expect(out).toContain('"x_big":1.10')
  })

  it('is the same on the second trip (123)', () => {
    fc.assert(
      fc.property(chatMessages, chatSettings, (list, fields) => {
        const first = trip(toJsonText({ model: 'm', messages: list, ...fields }), OPENAI_CHAT_DIALECT).body
        expect(trip(first, OPENAI_CHAT_DIALECT).body).toBe(first)
      }),
    )
  })
})

describe('encodeRequest() of a Chat request', () => {
  const encode = (
    request: Fields,
    changes: Parameters<typeof upstreamContext>[0] = {},
  ): [Fields, readonly string[]] => {
    const losses = new LossList()
    const decoded = decodeRequest(scanJson(toJsonText({ model: 'm', messages: [], ...request })), decodeContext(losses))
    const { body } = encodeRequest(decoded, upstreamContext({ losses, ...changes }))
    return [JSON.parse(body) as Fields, losses.losses.map(({ field, how }) => `${how} ${field}`)]
  }

  it("writes the upstream's name of the model", () => {
    expect(encode({}, { model: 'real' })[0]).toMatchObject({ model: 'real' })
  })

  it('asks for usage whether the client wants to see it or not (77)', () => {
    expect(encode({ stream: true })[0]).toMatchObject({ stream_options: { include_usage: true } })
    expect(encode({ stream: true, stream_options: { include_usage: false, x: 1 } })[0]).toMatchObject({
      stream_options: { include_usage: true, x: 1 },
    })
    expect(encode({ stream: true }, { dialect: dialect({ streamUsage: false }) })[0]).not.toHaveProperty(
      'stream_options',
    )
    expect(encode({})[0]).not.toHaveProperty('stream_options')
  })

  it('drops what the vendor refuses, and reports what was said', () => {
    const vendor = dialect({ rejects: ['logit_bias', 'logprobs', 'n', 'tools'] })
    const tools = [{ type: 'function', function: { name: 'f' } }]
    const [body, losses] = encode({ logit_bias: { 5: 1 }, logprobs: false, n: 1, tools }, { dialect: vendor })
    expect(Object.keys(body)).toEqual(['model', 'messages'])
    expect(losses).toEqual(['dropped tools', 'dropped logit_bias'])
  })

  it.each<[string, Fields, Parameters<typeof upstreamContext>[0], Fields, string]>([
    [
      'a limit above the model (56)',
      { max_tokens: 128_000 },
      { capabilities: capabilities({ maxOutputTokens: 8192 }) },
      { max_completion_tokens: 8192 },
      'substituted max_tokens',
    ],
    [
      'sampling for a model without',
      { temperature: 1 },
      { capabilities: capabilities({ sampling: false }) },
      {},
      'dropped temperature',
    ],
    [
      'an effort that the model lacks',
      { reasoning_effort: 'xhigh' },
      { capabilities: capabilities({ efforts: ['low', 'high'] }) },
      { reasoning_effort: 'high' },
      'substituted reasoning_effort',
    ],
    [
      'a schema that the vendor cannot hold to',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } },
      { dialect: dialect({ jsonSchema: false }) },
      {
        response_format: { type: 'json_object' },
        messages: [
          {
            role: 'system',
            content:
              'Answer with one JSON object, and nothing else, that conforms to this JSON Schema:\n{"type":"object"}',
          },
        ],
      },
      'substituted response_format',
    ],
    [
      'a forced call for a model that refuses it',
      { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'required' },
      { capabilities: capabilities({ forcedToolChoice: false }) },
      { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'auto' },
      'substituted tool_choice',
    ],
    [
      'thinking in the words of another vendor',
      { thinking: { type: 'enabled', budget_tokens: 8000 } },
      {},
      { reasoning_effort: 'medium' },
      'substituted thinking_budget',
    ],
  ])('fits %s, and reports it', (_name, request, changes, expected, loss) => {
    const [body, losses] = encode(request, changes)
    expect(body).toEqual({ model: 'gpt-5.5', messages: [], ...expected })
    expect(losses).toEqual([loss])
  })

  it('lets what the request says now win over how the client wrote it', () => {
    const body = toJsonText({
      model: 'm',
      messages: [],
      reasoning_effort: 'high',
      response_format: { type: 'json_object' },
    })
    const request = decodeRequest(scanJson(body), decodeContext())
    const changed = { ...request, reasoning: null, outputFormat: { type: 'text' as const } }
    expect(JSON.parse(encodeRequest(changed, upstreamContext()).body)).toEqual({
      model: 'gpt-5.5',
      messages: [],
      response_format: { type: 'text' },
    })
    const weaker = {
      ...request,
      reasoning: { mode: 'default' as const, budget: null, effort: 'low' as const, display: null },
    }
    expect(JSON.parse(encodeRequest(weaker, upstreamContext()).body)).toMatchObject({ reasoning_effort: 'low' })
  })

  it("uses Mistral's words and ids", () => {
    const tools = [{ type: 'function', function: { name: 'f' } }]
    const turn = {
      role: 'assistant',
      tool_calls: [{ id: 'call_long_one', type: 'function', function: { name: 'f', arguments: '{}' } }],
    }
    const result = { role: 'tool', tool_call_id: 'call_long_one', content: 'x' }
    const end = { role: 'assistant', content: 'so' }
    const vendor = dialect({ toolIds: 'nine-alphanumeric', requiredToolChoice: 'any', assistantPrefix: true })
    const [body] = encode({ tools, tool_choice: 'required', messages: [turn, result, end] }, { dialect: vendor })
    const [called, answered, last] = body['messages'] as [
      { tool_calls: [{ id: string }] },
      { tool_call_id: string },
      Fields,
    ]
    expect(called.tool_calls[0].id).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(answered.tool_call_id).toBe(called.tool_calls[0].id)
    expect(last).toMatchObject({ prefix: true })
    expect(body['tool_choice']).toBe('any')
  })

  it('says system to vendors that know no developer', () => {
    const developer = [{ role: 'developer', content: 'a' }]
    expect(encode({ messages: developer }, { dialect: dialect({ developerRole: false }) })[0]).toMatchObject({
      messages: [{ role: 'system', content: 'a' }],
    })
  })

  it('refuses several answers at once, which a translation cannot give (78)', () => {
    expect(() => encode({ n: 2 })).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'n' }))
  })

  it('adds the reasoning field that DeepSeek insists on, and drops that of turns that are over (117)', () => {
    const call_ = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const list = [
      { role: 'assistant', content: null, tool_calls: [call_] },
      { role: 'tool', tool_call_id: 'c', content: 'x' },
      { role: 'assistant', content: 'a', reasoning_content: 'old' },
    ]
    const vendor = dialect({}, { sendBack: 'reasoning_content', sendBackWhen: 'tool-turns' })
    const [body] = encode({ messages: list }, { dialect: vendor })
    expect(body['messages']).toEqual([
      { ...list[0], reasoning_content: '' },
      list[1],
      { role: 'assistant', content: 'a' },
    ])
    const [other, losses] = encode({ messages: list }, { dialect: dialect() })
    expect(other['messages']).toEqual([list[0], list[1], { role: 'assistant', content: 'a' }])
    expect(losses).toEqual(['dropped messages.reasoning_content'])
  })

  it('writes reasoning into the field that this vendor reads', () => {
    const turn = { role: 'assistant', content: 'a', reasoning_content: 'hm' }
    expect(encode({ messages: [turn] }, { dialect: dialect({}, { sendBack: 'reasoning' }) })[0]).toMatchObject({
      messages: [{ role: 'assistant', content: 'a', reasoning: 'hm' }],
    })
    expect(encode({ messages: [turn] }, { dialect: dialect({}, { sendBack: 'content-parts' }) })[0]).toMatchObject({
      messages: [
        {
          content: [
            { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
            { type: 'text', text: 'a' },
          ],
        },
      ],
    })
  })
})
