import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LossList } from '../../canonical/loss.ts'
import { toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
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
  const request = decodeRequest(body, decodeContext(losses))
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

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)

/** Fields that nobody has heard of, null and nested ones too. */
const unknown: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.dictionary(fc.stringMatching(/^x_[a-z]{1,4}$/), json, { maxKeys: 2 }) },
)

/** Members, some of them left out, with unknown ones beside them. */
function object(
  members: Record<string, fc.Arbitrary<unknown>>,
  required: readonly string[] = [],
): fc.Arbitrary<Fields> {
  const known = fc.record(members, { requiredKeys: [...required] }) as fc.Arbitrary<Fields>
  return fc.tuple(known, unknown).map(([fields, others]) => ({ ...others, ...fields }))
}

function always(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Fields> {
  return object(members, Object.keys(members))
}

const mark = fc.constantFrom<Fields>(
  { cache_control: { type: 'ephemeral' } },
  { cache_control: { type: 'ephemeral', ttl: '1h' } },
  { prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
  {},
  {},
)
const withMark = (arbitrary: fc.Arbitrary<Fields>): fc.Arbitrary<Fields> =>
  fc.tuple(arbitrary, mark).map(([fields, marked]) => ({ ...fields, ...marked }))

const textPart = withMark(always({ type: fc.constant('text'), text }))
const url = fc.constantFrom('https://a.b/c.png', 'data:image/png;base64,AAAA', 'data:image/svg+xml,<svg/>')
const imagePart = withMark(
  always({
    type: fc.constant('image_url'),
    image_url: object({ url, detail: fc.constantFrom('low', 'auto') }, ['url']),
  }),
)
const audioPart = always({
  type: fc.constant('input_audio'),
  input_audio: always({ data: fc.constant('AAAA'), format: fc.constantFrom('wav', 'mp3') }),
})
const filePart = always({
  type: fc.constant('file'),
  file: fc.oneof(
    always({ file_id: text }),
    object({ file_data: fc.constant('data:application/pdf;base64,AAAA'), filename: text }, ['file_data']),
    always({ file_data: fc.constant('AAAA'), file_id: text }),
  ),
})
const unknownPart = always({ type: fc.constant('video_url'), video_url: json })
const bareImage = fc.constant<Fields>({ type: 'image_url', image_url: 'https://a.b/c.png' })

const systemContent = fc.oneof(text, fc.array(textPart, { maxLength: 3 }))
const userContent = fc.oneof(
  text,
  fc.array(fc.oneof(textPart, imagePart, audioPart, filePart, unknownPart, bareImage), { maxLength: 3 }),
)
const optionalName = { name: fc.stringMatching(/^[a-z]{1,5}$/) }

const system = withMark(
  object({ role: fc.constantFrom('system', 'developer'), content: systemContent, ...optionalName }, [
    'role',
    'content',
  ]),
)
const user = withMark(object({ role: fc.constant('user'), content: userContent, ...optionalName }, ['role', 'content']))

const argumentText = fc.oneof(
  fc.dictionary(text, json, { maxKeys: 2 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('', '{}', ' {"a": 1.0}\n', '{"id":12345678901234567890}', '{"broken', '[1]', 'null'),
)
const id = fc.stringMatching(/^call_[a-z0-9]{1,6}$/)
const name = fc.stringMatching(/^[a-z.]{1,8}$/)
const call = withMark(
  object(
    {
      id,
      type: fc.constant('function'),
      index: fc.nat(3),
      function: always({ name, arguments: argumentText }),
      extra_content: fc.constant({ google: { thought_signature: 's' } }),
    },
    ['id', 'type', 'function'],
  ),
)
const oddCall = fc.oneof(
  object({ function: always({ name, arguments: argumentText }) }, ['function']),
  always({ id, type: fc.constant('function'), function: always({ name, arguments: fc.constant({ a: 1 }) }) }),
  always({ id, type: fc.constant('function'), function: always({ name }) }),
  always({ id, type: fc.constant('custom'), custom: always({ name, input: text }) }),
  always({ id, type: fc.constant('mcp'), mcp: json }),
)

const signature = fc.constantFrom('sig', 'zzz==')
const detail = fc.oneof(
  object(
    { type: fc.constant('reasoning.text'), text, signature, format: text, index: fc.nat(3), id: fc.constant(null) },
    ['type', 'text'],
  ),
  object({ type: fc.constant('reasoning.summary'), summary: text, index: fc.nat(3) }, ['type', 'summary']),
  object({ type: fc.constant('reasoning.encrypted'), data: signature, format: text }, ['type', 'data']),
  object({ type: fc.constant('reasoning.text'), signature }, ['type']),
  object({ type: fc.constant('reasoning.future'), stuff: json }, ['type']),
)
const reasoning = fc.oneof(
  fc.constant({}),
  object({ reasoning_content: text, reasoning: text, reasoning_details: fc.array(detail, { maxLength: 3 }) }),
  // As OpenRouter says it: the plain text repeats the details.
  text.chain((said) =>
    fc.constantFrom<Fields>(
      { reasoning: said, reasoning_details: [{ type: 'reasoning.text', text: said, signature: 's', index: 0 }] },
      { reasoning: said, reasoning_content: said },
      {
        reasoning: said,
        reasoning_content: said,
        reasoning_details: [
          { type: 'reasoning.text', text: said },
          { type: 'reasoning.encrypted', data: 'z' },
        ],
      },
    ),
  ),
)
const assistantContent = fc.oneof(
  text,
  fc.constant(null),
  fc.array(fc.oneof(textPart, always({ type: fc.constant('refusal'), refusal: text }), unknownPart), { maxLength: 3 }),
)
const assistant = fc
  .tuple(
    object(
      {
        role: fc.constant('assistant'),
        content: assistantContent,
        refusal: fc.option(text),
        audio: fc.option(fc.constant({ id: 'audio_1' })),
        tool_calls: fc.array(fc.oneof({ weight: 3, arbitrary: call }, { weight: 1, arbitrary: oddCall }), {
          maxLength: 3,
        }),
        function_call: fc.option(always({ name, arguments: argumentText })),
        prefix: fc.boolean(),
        ...optionalName,
      },
      ['role'],
    ),
    reasoning,
  )
  .map(([message, thoughts]): Fields => ({ ...message, ...thoughts }))

const tool = withMark(
  object(
    {
      role: fc.constant('tool'),
      tool_call_id: id,
      content: fc.oneof(text, fc.constant(null), fc.array(fc.oneof(textPart, imagePart), { maxLength: 2 })),
      ...optionalName,
    },
    ['role', 'tool_call_id'],
  ),
)
const legacyResult = always({ role: fc.constant('function'), name, content: text })
const futureRole = always({ role: fc.constant('latest_reminder'), content: text })

const messages = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: system },
    { weight: 3, arbitrary: user },
    { weight: 4, arbitrary: assistant },
    { weight: 2, arbitrary: tool },
    legacyResult,
    futureRole,
  ),
  { maxLength: 6 },
)

const schema = fc.constantFrom<Fields>(
  {},
  { type: 'object', properties: { b: { type: 'string' }, 1: {} }, required: ['b'] },
  { anyOf: [{ type: 'object' }], $ref: '#/x' },
)
const functionDefinition = object(
  { name, description: fc.option(text), parameters: fc.option(schema), strict: fc.option(fc.boolean()) },
  ['name'],
)
const toolDefinition = fc.oneof(
  withMark(always({ type: fc.constant('function'), function: functionDefinition })),
  always({ type: fc.constant('custom'), custom: always({ name, format: fc.constant({ type: 'text' }) }) }),
  always({ type: fc.constant('web_search') }),
)
const toolChoice = fc.oneof(
  fc.constantFrom<JsonValue>('none', 'auto', 'required', null),
  name.map((chosen): JsonValue => ({ type: 'function', function: { name: chosen } })),
  fc.constant<JsonValue>({ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }),
  fc.constant<JsonValue>({ type: 'custom', custom: { name: 'x' } }),
)
const responseFormat = fc.oneof(
  fc.constantFrom<JsonValue>(null, { type: 'text' }, { type: 'json_object' }, { type: 'grammar', grammar: 'x' }),
  always({
    type: fc.constant('json_schema'),
    json_schema: object({ name, schema, description: text, strict: fc.option(fc.boolean()) }, ['name', 'schema']),
  }),
)
const settings = object({
  tools: fc.array(toolDefinition, { maxLength: 3 }),
  tool_choice: toolChoice,
  parallel_tool_calls: fc.boolean(),
  max_completion_tokens: fc.nat(),
  temperature: fc.constantFrom(0, 0.7, null),
  top_p: fc.constantFrom(1, 0.25),
  top_k: fc.nat(9),
  presence_penalty: fc.constantFrom(0, 0.5),
  frequency_penalty: fc.constantFrom(0, -1),
  seed: fc.nat(),
  stop: fc.oneof(text, fc.array(text, { maxLength: 4 }), fc.constant(null)),
  reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'high', 'brand-new', null),
  response_format: responseFormat,
  user: text,
  safety_identifier: text,
  n: fc.constant(1),
  logprobs: fc.boolean(),
  top_logprobs: fc.nat(5),
  logit_bias: fc.constantFrom({}, { 5: 1 }),
  store: fc.boolean(),
  metadata: fc.constantFrom({}, { a: 'b' }),
  service_tier: fc.constant('flex'),
  verbosity: fc.constant('low'),
  modalities: fc.constant(['text']),
  prediction: fc.constant({ type: 'content', content: 'x' }),
  web_search_options: fc.constant({ search_context_size: 'low' }),
  prompt_cache_key: text,
  stream: fc.constant(false),
})
const legacySettings = object(
  {
    functions: fc.array(object({ name, description: text, parameters: schema }, ['name']), {
      minLength: 1,
      maxLength: 2,
    }),
    function_call: fc.oneof(
      fc.constantFrom<JsonValue>('none', 'auto'),
      name.map((chosen): JsonValue => ({ name: chosen })),
    ),
  },
  ['functions'],
)
const streaming = fc.constantFrom<Fields>(
  { stream: true, stream_options: { include_usage: true } },
  { stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
)

describe('encodeRequest(decodeRequest(x)) is x (law 1, 121)', () => {
  it('for every kind of message, part and setting, with unknown fields anywhere', () => {
    fc.assert(
      fc.property(messages, fc.oneof(settings, legacySettings), fc.option(streaming), (list, fields, stream) => {
        expectIdentity({ model: 'm', messages: list, ...fields, ...stream })
      }),
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
      fc.property(messages, settings, (list, fields) => {
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
    const decoded = decodeRequest(toJsonText({ model: 'm', messages: [], ...request }), decodeContext(losses))
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
    const request = decodeRequest(body, decodeContext())
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
