import { describe, expect, it } from 'vitest'
import type {
  MediaPart,
  OpaquePart,
  Part,
  ReasoningPart,
  Seal,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import { LossList } from '../../canonical/loss.ts'
import type { CanonicalRequest, FunctionTool, Message, OpaqueTool } from '../../canonical/request.ts'
import { scanJson, stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonValue } from '../../lib/json.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import { capabilities, decodeContext, dialect, upstreamContext } from './test-support.ts'

type Fields = Record<string, JsonValue>
type Changes = Parameters<typeof upstreamContext>[0]

const ANTHROPIC = 'anthropic-messages'

function ext(fields: Fields): Ext {
  return {
    protocol: ANTHROPIC,
    fields: new Map(Object.entries(fields).map(([name, value]) => [name, toJsonText(value)])),
  }
}

/** A request as it comes from an Anthropic client. */
function request(changes: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    model: 'claude',
    instructions: [],
    messages: [],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: null,
    sampling: {
      temperature: null,
      topP: null,
      topK: null,
      presencePenalty: null,
      frequencyPenalty: null,
      seed: null,
    },
    stop: [],
    reasoning: null,
    outputFormat: null,
    stream: false,
    includeUsage: true,
    user: null,
    ext: ext({}),
    ...changes,
  }
}

const message = (role: Message['role'], ...parts: Part[]): Message => ({ role, parts, name: null, ext: null })
const text = (value: string, changes: Partial<TextPart> = {}): TextPart => ({
  kind: 'text',
  text: stringToJson(value),
  refusal: false,
  citations: null,
  cache: null,
  ext: null,
  ...changes,
})
const call = (id: string, name = 'f', input: JsonValue = {}): ToolCallPart => ({
  kind: 'tool-call',
  id,
  name,
  input: toJsonText(input),
  invalid: false,
  cache: null,
  ext: null,
})
const result = (
  callId: string,
  content: readonly Part[] = [],
  changes: Partial<ToolResultPart> = {},
): ToolResultPart => ({
  kind: 'tool-result',
  callId,
  content,
  isError: false,
  cache: null,
  ext: null,
  ...changes,
})
const media = (kind: MediaPart['media'], source: MediaPart['source'], changes: Partial<MediaPart> = {}): MediaPart => ({
  kind: 'media',
  media: kind,
  source,
  title: null,
  context: null,
  cache: null,
  ext: null,
  ...changes,
})
const opaque = (type: string, raw: Fields = {}): OpaquePart => ({
  kind: 'opaque',
  protocol: ANTHROPIC,
  type,
  raw: toJsonText({ type, ...raw }),
})
const thinking = (value: string, seal: Seal | null): ReasoningPart => ({
  kind: 'reasoning',
  text: stringToJson(value),
  seal,
  cache: null,
  ext: null,
})
const schemaOf = (schema: JsonValue): JsonNode => scanJson(toJsonText(schema))
const tool = (name: string, changes: Partial<FunctionTool> = {}): FunctionTool => ({
  kind: 'function',
  name,
  description: null,
  inputSchema: schemaOf({ type: 'object', properties: {} }),
  strict: null,
  deferred: false,
  cache: null,
  ext: null,
  ...changes,
})
const serverTool = (type: string, name: string, raw: Fields = {}): OpaqueTool => ({
  kind: 'opaque',
  type,
  name,
  protocol: ANTHROPIC,
  raw: toJsonText({ type, name, ...raw }),
})

const PNG: MediaPart['source'] = { type: 'base64', mediaType: 'image/png', data: stringToJson('AAAA') }
const PDF: MediaPart['source'] = { type: 'base64', mediaType: 'application/pdf', data: stringToJson('AAAA') }
const IMAGE_URL = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }

interface Encoded {
  readonly body: Fields
  readonly losses: readonly string[]
  readonly unsentStop: readonly string[]
  readonly toolNames: ReadonlyMap<string, string>
}

function encode(changes: Partial<CanonicalRequest>, context: Changes = {}): Encoded {
  const losses = new LossList()
  const { body, toolNames, unsentStop } = encodeRequest(request(changes), upstreamContext({ losses, ...context }))
  return {
    body: JSON.parse(body) as Fields,
    losses: losses.losses.map(({ field, how }) => `${how} ${field}`),
    toolNames,
    unsentStop,
  }
}

function messagesOf(list: readonly Message[], context: Changes = {}): JsonValue | undefined {
  return encode({ messages: list }, context).body['messages']
}

describe('encodeRequest() on the system prompt', () => {
  it('keeps parts where the vendor takes them, and joins them where it does not', () => {
    const instructions = [text('a'), text('b')]
    expect(encode({ instructions }).body['messages']).toEqual([
      {
        role: 'system',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ])
    expect(encode({ instructions }, { dialect: dialect({ systemParts: false }) }).body['messages']).toEqual([
      { role: 'system', content: 'a\n\nb' },
    ])
  })

  it("uses the vendor's role", () => {
    const instructions = [text('a')]
    expect(encode({ instructions }, { dialect: dialect({ systemRole: 'developer' }) }).body['messages']).toEqual([
      { role: 'developer', content: 'a' },
    ])
  })

  it('leaves out the billing header, whatever it says (70)', () => {
    const instructions = [text('x-anthropic-billing-header: cc_version=1; cc_entrypoint=cli;'), text('a')]
    const { body, losses } = encode({ instructions })
    expect(body['messages']).toEqual([{ role: 'system', content: 'a' }])
    expect(losses).toEqual([])
  })

  it('keeps system messages where they stand (39)', () => {
    const list = [message('user', text('a')), message('system', text('b')), message('user', text('c'))]
    expect(messagesOf(list)).toEqual([
      { role: 'user', content: 'a' },
      { role: 'system', content: 'b' },
      { role: 'user', content: 'c' },
    ])
    const { body, losses } = encode({ messages: list }, { dialect: dialect({ midSystem: false }) })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'a' },
      { role: 'user', content: '<system-reminder>\nb\n</system-reminder>' },
      { role: 'user', content: 'c' },
    ])
    expect(losses).toEqual(['substituted messages.role'])
  })

  it('leaves out messages that only carry settings, and reports these', () => {
    const empty: Message = { role: 'system', parts: [], name: null, ext: ext({ output_config: { effort: 'medium' } }) }
    const { body, losses } = encode({ messages: [message('user', text('a')), empty] })
    expect(body['messages']).toEqual([{ role: 'user', content: 'a' }])
    expect(losses).toEqual(['dropped messages.output_config'])
  })

  it.each([
    ['none', 'a', ['dropped messages.cache_control']],
    [
      'breakpoint',
      [{ type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }],
      ['substituted messages.cache_control.ttl'],
    ],
    ['cache_control', [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }], []],
  ] as const)('writes cache marks as %s', (cacheMarks, content, losses) => {
    const encoded = encode(
      { instructions: [text('a', { cache: { ttl: '1h' } })] },
      { dialect: dialect({ cacheMarks }) },
    )
    expect(encoded.body['messages']).toEqual([{ role: 'system', content }])
    expect(encoded.losses).toEqual(losses)
  })
})

describe('encodeRequest() on content', () => {
  it('sends images and documents (58)', () => {
    const pdf = media('document', PDF, { title: stringToJson('T.pdf'), context: stringToJson('about') })
    const note = media(
      'document',
      { type: 'text', mediaType: 'text/plain', data: stringToJson('body') },
      { title: stringToJson('N') },
    )
    const linked = media('image', { type: 'url', url: stringToJson('https://a.b/c.png') })
    expect(messagesOf([message('user', text('look'), media('image', PNG), linked, pdf, note)])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          IMAGE_URL,
          { type: 'image_url', image_url: { url: 'https://a.b/c.png' } },
          { type: 'text', text: 'about' },
          { type: 'file', file: { filename: 'T.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
          { type: 'text', text: 'Document: N\n\nbody' },
        ],
      },
    ])
  })

  it.each<[string, Part]>([
    ['a document by address', media('document', { type: 'url', url: stringToJson('https://a.b/c.pdf') })],
    ['a file of another vendor', media('document', { type: 'file', id: stringToJson('file_1') })],
    ['an image of another vendor', media('image', { type: 'file', id: stringToJson('file_1') })],
    ['a block from the future (49)', opaque('future_block')],
  ])('refuses %s', (_name, part) => {
    expect(() => encode({ messages: [message('user', part)] })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter' }),
    )
  })

  it('names the block that it refuses (49)', () => {
    expect(() => encode({ messages: [message('user', opaque('future_block'))] })).toThrow(/"future_block"/)
  })

  it('says search results as text, and leaves blocks of vendor tools out', () => {
    const found = opaque('search_result', {
      title: 'T',
      source: 'https://a',
      content: [{ type: 'text', text: 'found' }],
    })
    const { body, losses } = encode({
      messages: [message('user', found), message('assistant', opaque('server_tool_use'), text('so'))],
    })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'T (https://a)\nfound' },
      { role: 'assistant', content: 'so' },
    ])
    expect(losses).toEqual(['substituted messages.search_result', 'dropped messages.server_tool_use'])
  })

  it('reports fields and citations that Chat cannot say', () => {
    const cited = text('a', {
      citations: toJsonText([{ type: 'char_location' }]),
      ext: ext({ future: 1, nothing: null }),
    })
    expect(encode({ messages: [message('assistant', cited)] }).losses).toEqual([
      'dropped messages.citations',
      'dropped messages.future',
    ])
  })
})

describe('encodeRequest() on tool turns', () => {
  const turn = message('assistant', text('so'), call('a'), call('b', 'g', { x: 1 }))

  it('writes calls in order, beside the text', () => {
    expect(messagesOf([turn, message('user', result('a', [text('1')]), result('b', [text('2')]))])).toEqual([
      {
        role: 'assistant',
        content: 'so',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'b', type: 'function', function: { name: 'g', arguments: '{"x":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
    ])
  })

  it('puts results behind the call, in its order, before what else the user says (57)', () => {
    const list = [
      turn,
      message('user', text('and?'), result('b', [text('2')])),
      message('user', result('a', [text('1')])),
    ]
    const { body, losses } = encode({ messages: list })
    expect((body['messages'] as JsonValue[]).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'user', content: 'and?' },
    ])
    expect(losses).toEqual([])
  })

  it('says that a result is missing, takes the first of two, and keeps one without a call as text (57)', () => {
    const given = message('user', result('b', [text('2')]), result('b', [text('3')]), result('zz', [text('9')]))
    const { body, losses } = encode({ messages: [turn, given] })
    expect((body['messages'] as JsonValue[]).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'Error: There is no result: the call was interrupted.' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'user', content: 'Result of tool call zz:\n9' },
    ])
    expect(losses).toEqual(['dropped messages.tool_result'])
  })

  it('says errors, and nothing for nothing (58)', () => {
    const given = message('user', result('a', [text('bad')], { isError: true }), result('b'))
    expect((messagesOf([turn, given]) as JsonValue[]).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'Error: bad' },
      { role: 'tool', tool_call_id: 'b', content: '' },
    ])
  })

  it('shows images of results where the vendor reads them (58)', () => {
    const list = [
      turn,
      message('user', result('a', [text('see'), media('image', PNG)]), result('b', [media('document', PDF)])),
    ]
    const [, a, b, user] = messagesOf(list) as JsonValue[]
    expect([a, b]).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'see' },
      { role: 'tool', tool_call_id: 'b', content: '' },
    ])
    expect(user).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: '(image for a)' },
        IMAGE_URL,
        { type: 'text', text: '(document for b)' },
        { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
      ],
    })
    const [, inside] = messagesOf(list, { dialect: dialect({ toolImages: true }) }) as JsonValue[]
    expect(inside).toEqual({
      role: 'tool',
      tool_call_id: 'a',
      content: [{ type: 'text', text: 'see' }, IMAGE_URL],
    })
  })

  it('puts text behind a call in front of it, and says so', () => {
    const { body, losses } = encode({
      messages: [message('assistant', text('a'), call('c'), text('b')), message('user', result('c'))],
    })
    expect((body['messages'] as JsonValue[])[0]).toMatchObject({ content: 'a\n\nb' })
    expect(losses).toEqual(['substituted messages.content'])
  })

  it('has null for content beside calls only', () => {
    expect((messagesOf([message('assistant', call('a'))]) as JsonValue[])[0]).toMatchObject({ content: null })
  })

  it('makes ids that the vendor takes, the same in call and result (85)', () => {
    const id = `toolu_${'x'.repeat(200)}|+/`
    const list = [message('assistant', call(id)), message('user', result(id))]
    const [called, answered] = messagesOf(list) as [{ tool_calls: [{ id: string }] }, { tool_call_id: string }]
    expect(called.tool_calls[0].id).toMatch(/^call_[A-Za-z0-9]{24}$/)
    expect(answered.tool_call_id).toBe(called.tool_calls[0].id)
    expect(messagesOf(list)).toEqual(messagesOf(list))
    const [nine] = messagesOf(list, { dialect: dialect({ toolIds: 'nine-alphanumeric' }) }) as [
      { tool_calls: [{ id: string }] },
    ]
    expect(nine.tool_calls[0].id).toMatch(/^[A-Za-z0-9]{9}$/)
  })

  it('keeps what was written for a prefix when the conversation goes on (40)', () => {
    const start = [
      message('user', text('a')),
      turn,
      message('user', result('b', [text('2')]), result('a', [text('1')]), text('x')),
    ]
    const more = [...start, message('assistant', text('b')), message('user', text('c'))]
    const [short, long] = [messagesOf(start) as JsonValue[], messagesOf(more) as JsonValue[]]
    expect(JSON.stringify(long.slice(0, short.length))).toBe(JSON.stringify(short))
  })
})

describe('encodeRequest() of messages that the gateway put together', () => {
  it('brings them into shape, and keeps what the Chat client asks besides', () => {
    const body = {
      model: 'm',
      logit_bias: { a: 1 },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'c' }] }],
    }
    const client = decodeRequest(scanJson(JSON.stringify(body)), decodeContext())
    const history = [
      message('user', text('a')),
      message('assistant', text('Hm.'), call('1'), call('2')),
      message('user', result('2', [text('two')]), result('1', [text('one')]), text('b')),
    ]
    const { body: sent, losses } = encode({ ...client, messages: [...history, ...client.messages], assembled: true })
    expect(sent['logit_bias']).toEqual({ a: 1 })
    expect(sent['messages']).toMatchObject([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'Hm.', tool_calls: [{ id: '1' }, { id: '2' }] },
      { role: 'tool', tool_call_id: '1', content: 'one' },
      { role: 'tool', tool_call_id: '2', content: 'two' },
      { role: 'user', content: 'b' },
      { role: 'user', content: [{ type: 'text', text: 'c' }] },
    ])
    expect(losses).toEqual([])
  })
})

describe('encodeRequest() on reasoning in the history', () => {
  const deepseek: Seal = {
    kind: 'signature',
    value: '',
    origin: { provider: 'deepseek', protocol: 'openai-chat', model: 'm' },
  }
  const claude: Seal = {
    kind: 'signature',
    value: 'sig',
    origin: { provider: 'anthropic', protocol: ANTHROPIC, model: 'm' },
  }
  const turn = (part: ReasoningPart): Message[] => [message('assistant', part, call('a')), message('user', result('a'))]
  const vendor = dialect({}, { sendBack: 'reasoning_content', sendBackWhen: 'tool-turns' })

  it('gives a vendor its own back, and nobody anyone else’s (44)', () => {
    const context = { provider: 'deepseek', dialect: vendor }
    const own = encode({ messages: turn(thinking('hm', deepseek)) }, context)
    expect((own.body['messages'] as JsonValue[])[0]).toMatchObject({ reasoning_content: 'hm' })
    expect(own.losses).toEqual([])
    const other = encode({ messages: turn(thinking('hm', claude)) }, context)
    expect((other.body['messages'] as JsonValue[])[0]).toMatchObject({ reasoning_content: '' })
    expect(other.losses).toEqual(['dropped messages.thinking'])
    const elsewhere = encode({ messages: turn(thinking('hm', deepseek)) }, { provider: 'openai' })
    expect((elsewhere.body['messages'] as JsonValue[])[0]).not.toHaveProperty('reasoning_content')
    expect(elsewhere.losses).toEqual(['dropped messages.thinking'])
  })

  it('writes the field on every turn with calls, even empty, and on no other (117)', () => {
    const list = [
      message('assistant', call('a')),
      message('user', result('a')),
      message('assistant', thinking('old', deepseek), text('b')),
    ]
    const [called, , said] = messagesOf(list, { provider: 'deepseek', dialect: vendor }) as JsonValue[]
    expect(called).toMatchObject({ reasoning_content: '' })
    expect(said).toEqual({ role: 'assistant', content: 'b' })
  })

  it('gives OpenRouter its details back unmodified', () => {
    const entry = { type: 'reasoning.text', signature: 's', format: 'anthropic-claude-v1', index: 0 }
    const seal: Seal = {
      kind: 'signature',
      value: JSON.stringify(entry),
      origin: { provider: 'openrouter', protocol: 'openai-chat', model: 'm' },
    }
    const context = { provider: 'openrouter', dialect: dialect({}, { sendBack: 'reasoning_details' }) }
    expect(messagesOf([message('assistant', thinking('hm', seal), text('a'))], context)).toEqual([
      { role: 'assistant', content: 'a', reasoning_details: [{ ...entry, text: 'hm' }] },
    ])
  })

  it("puts Google's signature back on its call", () => {
    const extra_content = { google: { thought_signature: 's' } }
    const seal: Seal = {
      kind: 'encrypted',
      value: JSON.stringify({ extra_content }),
      origin: { provider: 'gemini', protocol: 'openai-chat', model: 'm' },
    }
    const list = [
      message('assistant', thinking('', seal), call('a'), call('b')),
      message('user', result('a'), result('b')),
    ]
    const [{ tool_calls }] = messagesOf(list, { provider: 'gemini' }) as [{ tool_calls: Fields[] }]
    expect(tool_calls[0]).toMatchObject({ extra_content })
    expect(tool_calls[1]).not.toHaveProperty('extra_content')
    const [other] = messagesOf(list, { provider: 'openai' }) as [{ tool_calls: Fields[] }]
    expect(other.tool_calls[0]).not.toHaveProperty('extra_content')
  })
})

describe('encodeRequest() on tools', () => {
  it('fixes schemas that OpenAI refuses, and leaves the rest as it is (60, 61)', () => {
    const odd =
      '{"$schema":"x","type":"object","properties":{"type":{"type":["string","null"]},"2":{},"1":{"maximum":12345678901234567890,"pattern":"<>&"}}}'
    const tools = [
      tool('none', { inputSchema: null }),
      tool('empty', { inputSchema: schemaOf({}) }),
      tool('untyped', { inputSchema: schemaOf({ properties: { a: {} } }) }),
      tool('bare', { inputSchema: schemaOf({ type: 'object' }) }),
      tool('odd', { inputSchema: scanJson(odd) }),
    ]
    const { body: raw } = encodeRequest(request({ tools }), upstreamContext())
    expect(raw).toContain(`"parameters":${odd}`)
    const { body, losses } = encode({ tools })
    const parameters = (body['tools'] as { function: Fields }[]).map((each) => each.function['parameters'])
    const empty = { type: 'object', properties: {} }
    expect(parameters.slice(0, 4)).toEqual([empty, empty, { type: 'object', properties: { a: {} } }, empty])
    expect(losses).toEqual([])
  })

  it.each([
    ['{"type":["object","null"],"properties":{"a":{}}}', '{"type":"object","properties":{"a":{}}}', []],
    [
      '{"properties":{"a":{"type":"array"},"b":{"type":["array","null"],"maxItems":1.0}},"type":"object"}',
      '{"properties":{"a":{"items":{},"type":"array"},"b":{"items":{},"type":["array","null"],"maxItems":1.0}},"type":"object"}',
      [],
    ],
    [
      '{"type":"object","properties":{"a":{}},"not":{"required":["b"]}}',
      '{"type":"object","properties":{"a":{}}}',
      ['substituted tools.input_schema'],
    ],
  ])('makes of the schema %s what OpenAI takes (60)', (inputSchema, expected, losses) => {
    const outcome = encode({ tools: [tool('f', { inputSchema: scanJson(inputSchema) })] })
    expect(outcome.losses).toEqual(losses)
    const list = outcome.body['tools'] as { function: Fields }[]
    expect(JSON.stringify(list[0]?.function['parameters'])).toBe(JSON.stringify(JSON.parse(expected)))
  })

  it('makes one object of a choice at the root, and says so (60)', () => {
    const inputSchema = schemaOf({
      anyOf: [
        { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a', 'b'] },
        { type: 'object', properties: { a: {}, c: {} }, required: ['a'] },
      ],
      $defs: { x: {} },
    })
    const { body, losses } = encode({ tools: [tool('f', { inputSchema })] })
    expect(body['tools']).toMatchObject([
      {
        function: {
          parameters: {
            type: 'object',
            properties: { a: { type: 'string' }, b: {}, c: {} },
            required: ['a'],
            $defs: { x: {} },
          },
        },
      },
    ])
    expect(losses).toEqual(['substituted tools.input_schema'])
  })

  it('asks for strict only where all rules of it hold', () => {
    const strict = schemaOf({
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'object', properties: {}, additionalProperties: false } } },
      required: ['a'],
      additionalProperties: false,
    })
    const loose = schemaOf({ type: 'object', properties: { a: {} }, additionalProperties: false })
    const { body, losses } = encode({
      tools: [tool('f', { strict: true, inputSchema: strict }), tool('g', { strict: true, inputSchema: loose })],
    })
    expect(body['tools']).toMatchObject([{ function: { strict: true } }, { function: { strict: false } }])
    expect(losses).toEqual(['substituted tools.strict'])
  })

  it('withholds deferred tools until a tool reference names them (64)', () => {
    const tools = [tool('a'), tool('late', { deferred: true })]
    const names = (list: readonly Message[]): string[] =>
      (encode({ tools, messages: list }).body['tools'] as { function: { name: string } }[]).map(
        (each) => each.function.name,
      )
    const search = [
      message('assistant', call('s', 'a')),
      message('user', result('s', [opaque('tool_reference', { tool_name: 'late' })])),
    ]
    expect(names([])).toEqual(['a'])
    expect(names(search)).toEqual(['a', 'late'])
    expect((messagesOf(search) as JsonValue[])[1]).toMatchObject({ content: 'The tool late can be called now.' })
  })

  it('offers everything where the search is one that only Anthropic has (64)', () => {
    const tools = [serverTool('tool_search_tool_regex_20251119', 'tool_search'), tool('late', { deferred: true })]
    const { body, losses } = encode({ tools })
    expect(body['tools']).toMatchObject([{ function: { name: 'late' } }])
    expect(losses).toEqual(['substituted tools.tool_search_tool_regex_20251119'])
  })

  it('lets the vendor search the web where it can, and refuses by name where it cannot (65)', () => {
    const search = serverTool('web_search_20250305', 'web_search', {
      max_uses: 3,
      user_location: { type: 'approximate', city: 'Bern' },
    })
    const { body, losses } = encode({ tools: [search], toolChoice: { type: 'tool', name: 'web_search' } })
    expect(body['web_search_options']).toEqual({
      user_location: { type: 'approximate', approximate: { city: 'Bern' } },
    })
    expect(body).not.toHaveProperty('tools')
    expect(losses).toEqual(['dropped tools.max_uses'])
    expect(() => encode({ tools: [search] }, { dialect: dialect({ webSearch: null }) })).toThrow(/web_search_20250305/)
    expect(() => encode({ tools: [serverTool('bash_20250124', 'bash')] })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter' }),
    )
  })

  it('maps names that the vendor refuses, without collisions, and back (59)', () => {
    const long = 'n'.repeat(200)
    const { body, toolNames } = encode({
      tools: [tool('a.b'), tool('a_b'), tool('a b'), tool(long)],
      messages: [message('assistant', call('c', 'a.b')), message('user', result('c'))],
      toolChoice: { type: 'tool', name: 'a.b' },
    })
    const names = (body['tools'] as { function: { name: string } }[]).map((each) => each.function.name)
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(new Set(names).size).toBe(4)
    expect(names.map((name) => toolNames.get(name) ?? name)).toEqual(['a.b', 'a_b', 'a b', long])
    expect((body['messages'] as JsonValue[])[0]).toMatchObject({ tool_calls: [{ function: { name: names[0] } }] })
    expect(body['tool_choice']).toEqual({ type: 'function', function: { name: names[0] } })
  })

  it.each<[CanonicalRequest['toolChoice'], Parameters<typeof dialect>[0], JsonValue, readonly string[]]>([
    [{ type: 'auto' }, {}, 'auto', []],
    [{ type: 'none' }, {}, 'none', []],
    [{ type: 'required' }, {}, 'required', []],
    [{ type: 'required' }, { requiredToolChoice: 'any' }, 'any', []],
    [{ type: 'required' }, { requiredToolChoice: null }, 'auto', ['substituted tool_choice']],
    [{ type: 'tool', name: 'f' }, {}, { type: 'function', function: { name: 'f' } }, []],
    [{ type: 'tool', name: 'f' }, { namedToolChoice: false }, 'required', ['substituted tool_choice']],
  ])('writes the choice %j', (toolChoice, vendor, written, losses) => {
    const encoded = encode({ tools: [tool('f')], toolChoice }, { dialect: dialect(vendor) })
    expect(encoded.body['tool_choice']).toEqual(written)
    expect(encoded.losses).toEqual(losses)
  })

  it('says whether calls may be parallel only where there is something to call', () => {
    expect(encode({ parallelToolCalls: false, tools: [tool('f')] }).body).toMatchObject({ parallel_tool_calls: false })
    expect(encode({ parallelToolCalls: false, toolChoice: { type: 'auto' } }).body).toEqual({
      model: 'gpt-5.5',
      messages: [],
    })
    const without = encode(
      { parallelToolCalls: false, tools: [tool('f')] },
      { dialect: dialect({ parallelToolCalls: false }) },
    )
    expect(without.losses).toEqual(['dropped tool_choice.disable_parallel_tool_use'])
  })

  it('reports what Chat cannot say of a tool', () => {
    const marked = tool('f', { cache: { ttl: null }, ext: ext({ input_examples: [] }) })
    expect(encode({ tools: [marked] }).losses).toEqual(['dropped tools.cache_control', 'dropped tools.input_examples'])
    const written = encode({ tools: [marked] }, { dialect: dialect({ cacheMarks: 'cache_control' }) })
    expect(written.body['tools']).toMatchObject([{ cache_control: { type: 'ephemeral' } }])
  })
})

describe('encodeRequest() on settings', () => {
  it('reports fields of Anthropic by their names', () => {
    const { body, losses } = encode({
      ext: ext({
        service_tier: 'auto',
        container: 'c',
        context_management: { edits: [] },
        $stream: false,
        'metadata.x': 1,
      }),
      sampling: { ...request().sampling, temperature: toJsonText(0.5), topK: toJsonText(5) },
    })
    expect(body).toEqual({ model: 'gpt-5.5', messages: [], temperature: 0.5 })
    expect(losses).toEqual([
      'dropped top_k',
      'dropped service_tier',
      'dropped container',
      'dropped context_management',
      'dropped metadata.x',
    ])
  })

  it('shows third parties a hash of the user only (71)', () => {
    const user = '{"device_id":"d","session_id":"s"}'
    const { body } = encode({ user })
    expect(body['safety_identifier']).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(encode({ user }, { dialect: dialect({ userField: 'user' }) }).body['user']).toBe(body['safety_identifier'])
    expect(encode({ user }, { dialect: dialect({ userField: null }) }).losses).toEqual(['dropped metadata.user_id'])
  })

  it('limits output and stop sequences to what the vendor takes (56)', () => {
    const { body, losses } = encode(
      { maxOutputTokens: 128_000, stop: ['a', 'b', 'c', 'd', 'e'] },
      { capabilities: capabilities({ maxOutputTokens: 8192 }), dialect: dialect({ maxTokensField: 'max_tokens' }) },
    )
    expect(body).toMatchObject({ max_tokens: 8192, stop: ['a', 'b', 'c', 'd'] })
    expect(losses).toEqual(['substituted max_tokens'])
  })

  it('leaves stop sequences to the gateway that the vendor does not take (38)', () => {
    const stop = ['a', 'b', 'c', 'd', 'e']
    expect(encode({ stop }).unsentStop).toEqual(['e'])
    expect(encode({ stop }, { dialect: dialect({ maxStop: null }) }).unsentStop).toEqual([])
    const none = encode({ stop }, { dialect: dialect({ maxStop: 0 }) })
    expect([none.body['stop'], none.unsentStop, none.losses]).toEqual([undefined, stop, []])
  })

  it('streams with usage', () => {
    expect(encode({ stream: true }).body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  })

  it('holds the output to a schema, closed so that strict mode takes it', () => {
    const schema = { type: 'object', properties: { a: { type: 'object', properties: {} } }, required: ['a'] }
    const outputFormat = {
      type: 'json-schema' as const,
      name: null,
      description: null,
      schema: toJsonText(schema),
      strict: null,
    }
    expect(encode({ outputFormat }).body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: {
        name: 'output',
        schema: {
          ...schema,
          additionalProperties: false,
          properties: { a: { type: 'object', properties: {}, additionalProperties: false } },
        },
        strict: true,
      },
    })
    const loose = { ...outputFormat, schema: toJsonText({ type: 'object', properties: { a: {} } }) }
    const { body, losses } = encode({ outputFormat: loose })
    expect(body['response_format']).toMatchObject({ json_schema: { strict: false } })
    expect(losses).toEqual(['substituted output_config.format'])
  })

  type Wish = NonNullable<CanonicalRequest['reasoning']>
  const wish = (changes: Partial<Wish>): Wish => ({
    mode: 'default',
    budget: null,
    effort: null,
    display: null,
    ...changes,
  })

  it.each<[string, Partial<Wish>, Parameters<typeof dialect>[1], Fields, readonly string[]]>([
    ['effort', { effort: 'high' }, {}, { reasoning_effort: 'high' }, []],
    [
      'max, which OpenAI lacks',
      { effort: 'max' },
      {},
      { reasoning_effort: 'xhigh' },
      ['substituted output_config.effort'],
    ],
    ['off', { mode: 'off' }, {}, { reasoning_effort: 'none' }, []],
    [
      'off where there is no none',
      { mode: 'off' },
      { efforts: ['low', 'high'] },
      { reasoning_effort: 'low' },
      ['substituted thinking'],
    ],
    ['off where there is no switch', { mode: 'off' }, { efforts: [] }, {}, []],
    [
      'a budget',
      { mode: 'on', budget: 24_000 },
      {},
      { reasoning_effort: 'high' },
      ['substituted thinking.budget_tokens'],
    ],
    ['adaptive', { mode: 'adaptive', display: 'omitted' }, {}, {}, ['dropped thinking.display']],
    [
      'on, at a vendor with a switch',
      { mode: 'adaptive', effort: 'medium' },
      { request: 'thinking' },
      { thinking: { type: 'enabled' }, reasoning_effort: 'medium' },
      [],
    ],
    [
      'off, at a vendor with a switch',
      { mode: 'off' },
      { request: 'thinking' },
      { thinking: { type: 'disabled' } },
      [],
    ],
    [
      'a budget, at a vendor with budgets',
      { mode: 'on', budget: 5000 },
      { request: 'enable-thinking' },
      { enable_thinking: true, thinking_budget: 5000 },
      [],
    ],
    [
      'an effort, at a vendor with budgets',
      { effort: 'medium' },
      { request: 'enable-thinking' },
      { enable_thinking: true, thinking_budget: 8192 },
      ['substituted output_config.effort'],
    ],
    [
      'a budget, at OpenRouter',
      { mode: 'on', budget: 5000 },
      { request: 'openrouter' },
      { reasoning: { max_tokens: 5000 } },
      [],
    ],
    ['an effort, at OpenRouter', { effort: 'low' }, { request: 'openrouter' }, { reasoning: { effort: 'low' } }, []],
    ['off, at OpenRouter', { mode: 'off' }, { request: 'openrouter' }, { reasoning: { enabled: false } }, []],
    [
      'on, at a template',
      { mode: 'on' },
      { request: 'template' },
      { chat_template_kwargs: { enable_thinking: true } },
      [],
    ],
    [
      'on, at nobody',
      { mode: 'on', budget: 9 },
      { request: 'none' },
      {},
      ['dropped thinking.budget_tokens', 'dropped thinking'],
    ],
  ])('asks to think: %s (118)', (_name, changes, vendor, written, losses) => {
    const encoded = encode({ reasoning: wish(changes) }, { dialect: dialect({}, vendor) })
    expect(encoded.body).toEqual({ model: 'gpt-5.5', messages: [], ...written })
    expect(encoded.losses).toEqual(losses)
  })

  it('refuses safeguards by name, so that the client asks without (69)', () => {
    expect(() => encode({ ext: ext({ safeguards: [{ type: 'dangerous_tool_use' }] }) })).toThrow(/safeguards/)
    expect(encode({ ext: ext({ safeguards: null }) }).losses).toEqual([])
  })

  it('replaces half a surrogate pair, which servers refuse', () => {
    const half = { ...text(''), text: '"a\\ud83d"' as TextPart['text'] }
    expect(encodeRequest(request({ messages: [message('user', half)] }), upstreamContext()).body).toContain(
      '"a\\ufffd"',
    )
  })
})
