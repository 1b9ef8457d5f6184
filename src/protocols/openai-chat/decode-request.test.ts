import { describe, expect, it } from 'vitest'
import type { Seal } from '../../canonical/content.ts'
import { LossList } from '../../canonical/loss.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeContext, sealer } from './test-support.ts'

type Fields = Record<string, JsonValue>

function decode(fields: Fields, losses = new LossList()): CanonicalRequest {
  return decodeRequest(scanJson(toJsonText({ model: 'm', messages: [], ...fields })), decodeContext(losses))
}

function decodeMessages(...messages: Fields[]): CanonicalRequest {
  return decode({ messages })
}

/** Names of what Chat says and the canonical form does not: what other protocols report as lost. */
function extraOf(request: CanonicalRequest): readonly string[] {
  return [...(request.ext?.fields.keys() ?? [])].filter((name) => !name.startsWith('$'))
}

describe('decodeRequest() on messages', () => {
  it('takes leading system and developer messages for the instructions, later ones stay (81)', () => {
    const request = decodeMessages(
      { role: 'system', content: 'a' },
      { role: 'developer', content: [{ type: 'text', text: 'b' }] },
      { role: 'user', content: 'c', name: 'bob' },
      { role: 'system', content: 'd' },
    )
    expect(request.instructions).toMatchObject([
      { kind: 'text', text: '"a"' },
      { kind: 'text', text: '"b"' },
    ])
    expect(request.messages).toMatchObject([
      { role: 'user', name: 'bob', parts: [{ kind: 'text', text: '"c"' }] },
      { role: 'system', parts: [{ kind: 'text', text: '"d"' }] },
    ])
  })

  it('reads images, files, audio, and carries what it does not know', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA+/', detail: 'low' } },
      { type: 'image_url', image_url: { url: 'https://a.b/c.png' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'T.pdf' } },
      { type: 'file', file: { file_id: 'file_1' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'video_url', video_url: {} },
    ]
    expect(decodeMessages({ role: 'user', content }).messages[0]?.parts).toMatchObject([
      { kind: 'media', media: 'image', source: { type: 'base64', mediaType: 'image/png', data: '"AA+/"' } },
      { kind: 'media', media: 'image', source: { type: 'url', url: '"https://a.b/c.png"' } },
      { kind: 'media', media: 'document', source: { type: 'base64', mediaType: 'application/pdf' }, title: '"T.pdf"' },
      { kind: 'media', media: 'document', source: { type: 'file', id: '"file_1"' } },
      { kind: 'media', media: 'audio', source: { type: 'base64', mediaType: 'audio/wav' } },
      { kind: 'opaque', protocol: 'openai-chat', type: 'video_url' },
    ])
  })

  it('reads Base64 whose slashes are escaped', () => {
    const body =
      '{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image\\/png;base64,AA\\/A"}}]}]}'
    expect(decodeRequest(scanJson(body), decodeContext()).messages[0]?.parts).toMatchObject([
      { source: { type: 'base64', mediaType: 'image/png', data: '"AA/A"' } },
    ])
  })

  it('reads calls and results', () => {
    const fn = (args: JsonValue): Fields => ({ name: 'f', arguments: args })
    const tool_calls = [
      { id: 'a', type: 'function', function: fn('{"n":12345678901234567890}') },
      { id: 'b', type: 'function', function: fn('') },
      { id: 'c', type: 'function', function: fn('{"n":') },
      { id: 'd', type: 'function', function: fn({ n: 1 }) },
    ]
    const request = decodeMessages(
      { role: 'assistant', content: null, tool_calls },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    )
    expect(request.messages).toMatchObject([
      {
        role: 'assistant',
        parts: [
          { kind: 'tool-call', id: 'a', name: 'f', input: '{"n":12345678901234567890}', invalid: false },
          { id: 'b', input: '{}', invalid: false },
          { id: 'c', input: '"{\\"n\\":"', invalid: true },
          { id: 'd', input: '{"n":1}', invalid: false },
        ],
      },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'a', content: [{ text: '"x"' }], isError: false }] },
    ])
  })

  it('pairs a legacy function with its result (81)', () => {
    const request = decodeMessages(
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'x' },
    )
    const [called, answered] = request.messages.map(({ parts }) => parts[0])
    expect(called).toMatchObject({ kind: 'tool-call', name: 'f' })
    expect(answered).toMatchObject({ kind: 'tool-result', callId: called?.kind === 'tool-call' ? called.id : '' })
  })

  it('reads a refusal from either place', () => {
    const request = decodeMessages({ role: 'assistant', content: [{ type: 'refusal', refusal: 'a' }], refusal: 'b' })
    expect(request.messages[0]?.parts).toMatchObject([
      { text: '"a"', refusal: true },
      { text: '"b"', refusal: true },
    ])
  })

  it('reads cache marks from parts, messages, calls and tools', () => {
    const cache_control = { type: 'ephemeral', ttl: '1h' }
    const request = decode({
      messages: [
        { role: 'system', content: 's', cache_control },
        {
          role: 'user',
          content: [{ type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }],
        },
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f' }, cache_control }] },
      ],
      tools: [{ type: 'function', function: { name: 'f' }, cache_control }],
    })
    expect(request.instructions).toMatchObject([{ cache: { ttl: '1h' } }])
    expect(request.messages.map(({ parts }) => parts[0])).toMatchObject([
      { cache: { ttl: null } },
      { cache: { ttl: '1h' } },
    ])
    expect(request.tools).toMatchObject([{ cache: { ttl: '1h' } }])
  })

  it.each<[string, Fields, string]>([
    ['a message that is no object', { messages: [5] }, 'messages.0'],
    ['no role', { messages: [{ content: 'a' }] }, 'messages.0.role'],
    ['content that is a number', { messages: [{ role: 'user', content: 5 }] }, 'messages.0.content'],
    ['a part that is no object', { messages: [{ role: 'user', content: [5] }] }, 'messages.0.content.0'],
    ['a result without an id', { messages: [{ role: 'tool', content: 'a' }] }, 'messages.0.tool_call_id'],
    [
      'a call without a name',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: {} }] }] },
      'messages.0.tool_calls.0.function.name',
    ],
    ['a tool without a type', { tools: [{}] }, 'tools.0.type'],
    ['a tool without a name', { tools: [{ type: 'function', function: {} }] }, 'tools.0.function.name'],
    ['a limit that is no whole number', { max_tokens: 1.5 }, 'max_tokens'],
    ['no messages', { messages: null }, 'messages'],
  ])('refuses %s, and says where', (_name, fields, param) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })

  it.each([['duplicate keys (62)', '{"model":"m","messages":[{"role":"user","content":"a","content":"b"}]}']])(
    'refuses %s',
    (_name, body) => {
      expect(() => decodeRequest(scanJson(body), decodeContext())).toThrow(
        expect.objectContaining({ code: 'invalid_json' }),
      )
    },
  )
})

describe('decodeRequest() on reasoning in the history', () => {
  const turn = (fields: Fields, losses = new LossList()): readonly unknown[] =>
    decode({ messages: [{ role: 'assistant', content: 'a', ...fields }] }, losses).messages[0]?.parts.slice(0, -1) ?? []

  it('reads the same text in several fields once (5)', () => {
    const detail = { type: 'reasoning.text', text: 'hm', signature: 's', index: 0 }
    expect(turn({ reasoning: 'hm', reasoning_content: 'hm' })).toMatchObject([
      { kind: 'reasoning', text: '"hm"', seal: null },
    ])
    expect(turn({ reasoning: 'hm', reasoning_details: [detail] })).toMatchObject([
      { text: '"hm"', seal: { kind: 'signature' } },
    ])
  })

  it('does not give a bare seal of a Chat vendor out as anyone else’s', () => {
    const [part] = turn({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'z' }] })
    expect(part).toMatchObject({ seal: { kind: 'encrypted', origin: { provider: '', protocol: 'openai-chat' } } })
  })

  it('opens carriers, and restores what they hold (46)', () => {
    const seal: Seal = {
      kind: 'signature',
      value: 'sig',
      origin: { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude' },
    }
    const redacted: Seal = { ...seal, kind: 'redacted', value: 'zzz' }
    const details = [
      { type: 'reasoning.text', text: 'hm', signature: sealer.close(seal, 0), format: 'unknown', index: 0 },
      { type: 'reasoning.encrypted', data: sealer.close(redacted, 1), format: 'unknown', index: 1 },
    ]
    expect(turn({ reasoning_content: 'hm', reasoning_details: details })).toMatchObject([
      { kind: 'reasoning', text: '"hm"', seal },
      { kind: 'reasoning', text: '""', seal: redacted },
    ])
  })

  it('drops a forged carrier, and keeps the text (45)', () => {
    const losses = new LossList()
    const forged = [{ type: 'reasoning.text', text: 'hm', signature: 'ucr1.k.AAAA.forged' }]
    expect(turn({ reasoning_details: forged }, losses)).toMatchObject([{ text: '"hm"', seal: null }])
    expect(losses.losses).toMatchObject([{ field: 'messages.reasoning_details', how: 'dropped' }])
  })
})

describe('decodeRequest() on settings', () => {
  it('reads what the canonical form has a place for', () => {
    const request = decode({
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 9,
      max_tokens: 8,
      temperature: 0.5,
      top_p: 1,
      top_k: 3,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      seed: 7,
      stop: 'END',
      parallel_tool_calls: false,
      user: 'u',
      safety_identifier: 's',
      tool_choice: 'required',
    })
    expect(request).toMatchObject({
      model: 'm',
      stream: true,
      includeUsage: true,
      maxOutputTokens: 9,
      sampling: {
        temperature: '0.5',
        topP: '1',
        topK: '3',
        presencePenalty: '0.1',
        frequencyPenalty: '0.2',
        seed: '7',
      },
      stop: ['END'],
      parallelToolCalls: false,
      user: 'u',
      toolChoice: { type: 'required' },
    })
    expect(extraOf(request)).toEqual(['max_tokens'])
  })

  it('has nothing to report of a request that only says defaults', () => {
    const silent: Fields = {
      stream: false,
      n: 1,
      logprobs: false,
      store: false,
      presence_penalty: 0,
      frequency_penalty: 0,
      tools: [],
      stop: [],
      logit_bias: {},
      metadata: {},
      temperature: null,
      response_format: null,
    }
    expect(extraOf(decode(silent))).toEqual([])
    expect(extraOf(decode({ logprobs: true, top_logprobs: 3, n: 2 }))).toEqual(['logprobs', 'top_logprobs', 'n'])
  })

  it('reads tools, and carries those that a vendor runs', () => {
    const parameters = { type: 'object', properties: { 2: {}, 1: {} } }
    const request = decode({
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters, strict: true, x: 1 } },
        { type: 'custom', custom: { name: 'patch' } },
        { type: 'web_search' },
      ],
    })
    expect(request.tools).toMatchObject([
      {
        kind: 'function',
        name: 'f',
        description: '"d"',
        inputSchema: { raw: toJsonText(parameters) },
        strict: true,
        deferred: false,
      },
      { kind: 'opaque', type: 'custom', name: 'patch', protocol: 'openai-chat' },
      { kind: 'opaque', type: 'web_search', name: 'web_search' },
    ])
    const [tool] = request.tools
    expect(tool?.kind === 'function' && [...(tool.ext?.fields.keys() ?? [])]).toEqual(['function.x'])
  })

  it('reads legacy functions as tools that are called one at a time (81)', () => {
    const request = decode({ functions: [{ name: 'f', parameters: { type: 'object' } }], function_call: { name: 'f' } })
    expect(request).toMatchObject({
      tools: [{ kind: 'function', name: 'f', inputSchema: { raw: '{"type":"object"}' } }],
      toolChoice: { type: 'tool', name: 'f' },
      parallelToolCalls: false,
    })
    expect(extraOf(request)).toEqual([])
  })

  it.each<[JsonValue, CanonicalRequest['toolChoice'], readonly string[]]>([
    ['none', { type: 'none' }, []],
    ['any', { type: 'required' }, []],
    [{ type: 'function', function: { name: 'f' } }, { type: 'tool', name: 'f' }, []],
    [{ type: 'allowed_tools', allowed_tools: {} }, null, ['tool_choice']],
    [{ type: 'custom', custom: { name: 'f' } }, null, ['tool_choice']],
  ])('reads the choice %j', (tool_choice, toolChoice, extra) => {
    const request = decode({ tool_choice })
    expect(request.toolChoice).toEqual(toolChoice)
    expect(extraOf(request)).toEqual(extra)
  })

  it.each<[Fields, Partial<NonNullable<CanonicalRequest['reasoning']>> | null]>([
    [{}, null],
    [{ reasoning_effort: 'high' }, { mode: 'default', effort: 'high' }],
    [{ reasoning_effort: 'none' }, { mode: 'off', effort: 'none' }],
    [{ reasoning_effort: 'brand-new' }, null],
    [{ reasoning: { max_tokens: 500, exclude: true } }, { mode: 'on', budget: 500, display: 'omitted' }],
    [{ reasoning: { enabled: false } }, { mode: 'off' }],
    [{ thinking: { type: 'enabled', budget_tokens: 500 } }, { mode: 'on', budget: 500 }],
    [{ thinking: { type: 'disabled' } }, { mode: 'off' }],
    [
      { enable_thinking: true, thinking_budget: 500 },
      { mode: 'on', budget: 500 },
    ],
    [{ chat_template_kwargs: { enable_thinking: false } }, { mode: 'off' }],
  ])('reads the wish to think in %j', (fields, wish) => {
    const { reasoning } = decode(fields)
    if (wish === null) expect(reasoning).toBeNull()
    else expect(reasoning).toMatchObject(wish)
  })

  it.each<[JsonValue, JsonValue]>([
    [{ type: 'text' }, { type: 'text' }],
    [{ type: 'json_object' }, { type: 'json-object' }],
    [
      { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      { type: 'json-schema', name: 'n', description: null, schema: '{"type":"object"}', strict: true },
    ],
    [{ type: 'grammar' }, null],
  ])('reads the format %j', (response_format, format) => {
    expect(decode({ response_format }).outputFormat).toEqual(format)
  })
})
