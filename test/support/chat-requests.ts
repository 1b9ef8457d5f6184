import * as fc from 'fast-check'
import type { JsonValue } from '../../src/lib/json.ts'

export type Fields = Record<string, JsonValue>

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

/** Messages of every role in any order: what a client may send, whether a vendor takes it or not. */
export const chatMessages = fc.array(
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
export const chatSettings = object({
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
export const legacyChatSettings = object(
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
export const streamSettings = fc.constantFrom<Fields>(
  { stream: true, stream_options: { include_usage: true } },
  { stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
)
