import * as fc from 'fast-check'

// Generators give values for JSON.stringify; a string `#123` stands for the number literal 123, whatever its size.

type Value = unknown
const HUGE = ['12345678901234567890', '1.0', '1e400', '-0', '0.1000', '123']

const word = fc.constantFrom('alpha', 'beta', 'gamma_1', 'x-y', 'é😀"\\\n')
const text = fc.oneof(word, fc.string({ unit: 'grapheme', maxLength: 12 }))
const huge = fc.constantFrom(...HUGE).map((digits) => `#${digits}`)
const leaf = fc.oneof(text, huge, fc.boolean(), fc.constant(null))
const json: fc.Arbitrary<Value> = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(fc.constantFrom('a', 'b', '$ref', '10', '2', 'type', 'properties'), tie('value'), {
    maxKeys: 3,
  }),
})).value
const jsonObject = fc.dictionary(fc.constantFrom('a', 'b', '$ref', '10', '2'), json, { maxKeys: 3 })

/** Fields that nobody typed, at any level. */
const unknown = fc.dictionary(fc.constantFrom('future', 'other_field', '$odd', 'x.y'), json, { maxKeys: 2 })

/** An object with `required`, some of `optional`, and unknown fields. */
function node(
  required: Record<string, fc.Arbitrary<Value>>,
  optional: Record<string, fc.Arbitrary<Value>> = {},
): fc.Arbitrary<Record<string, Value>> {
  const known = fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) })
  return fc.tuple(unknown, known).map(([extra, fields]) => Object.assign(extra, fields))
}

const is = (value: Value): fc.Arbitrary<Value> => fc.constant(value)
const oneOf = (...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values)

const cacheControl = fc.oneof(
  oneOf({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '5m' }, { type: 'ephemeral', ttl: '1h' }, null),
  oneOf(
    { type: 'ephemeral', ttl: '24h' },
    { type: 'ephemeral', ttl: null },
    { type: 'eternal' },
    { ttl: '1h', scope: 'x' },
  ),
)
const cached = { cache_control: cacheControl }
const toolId = fc.constantFrom('toolu_01', 'call-2', 'x'.repeat(130), 'call|1+/=:')

const textBlock = node(
  { type: is('text'), text },
  { ...cached, citations: oneOf(null, [], [{ type: 'page_location', start_page_number: '#1' }]) },
)
const source = fc.oneof(
  node({ type: is('base64'), media_type: oneOf('image/png', 'application/pdf'), data: is('aGk=') }),
  node({ type: is('url'), url: is('https://example.test/a.png') }),
  node({ type: is('file'), file_id: is('file_1') }),
  node({ type: is('text'), media_type: is('text/plain'), data: text }),
  node({ type: is('content'), content: fc.oneof(text, fc.array(textBlock, { maxLength: 2 })) }),
  node({ type: is('future_source'), handle: json }),
)
const media = node(
  { type: oneOf('image', 'document'), source },
  { ...cached, title: fc.oneof(text, is(null)), context: fc.oneof(text, is(null)), citations: is({ enabled: true }) },
)
const opaqueBlock = fc.oneof(
  node({ type: is('server_tool_use'), id: is('srvtoolu_1'), name: is('web_search'), input: jsonObject }),
  node({ type: is('web_search_tool_result'), tool_use_id: is('srvtoolu_1'), content: json }),
  node({ type: is('search_result'), source: text, title: text, content: json }, cached),
  node({ type: is('container_upload'), file_id: is('file_1') }),
  node({ type: oneOf('compaction', 'fallback', 'mcp_tool_use', 'future_block'), content: json }),
)
const content = (block: fc.Arbitrary<Value>): fc.Arbitrary<Value> => fc.oneof(text, fc.array(block, { maxLength: 3 }))
const toolResult = node(
  { type: is('tool_result'), tool_use_id: toolId },
  {
    ...cached,
    content: content(fc.oneof(textBlock, media, opaqueBlock, node({ type: is('tool_reference'), tool_name: word }))),
    is_error: fc.boolean(),
    toolset_name: is('computer'),
  },
)
const userBlock = fc.oneof(textBlock, media, opaqueBlock, toolResult)
const assistantBlock = fc.oneof(
  textBlock,
  opaqueBlock,
  node({ type: is('thinking'), thinking: text, signature: is('c2ln') }, cached),
  node({ type: is('redacted_thinking'), data: is('cmVk') }),
  node(
    { type: is('tool_use'), id: toolId, name: word, input: jsonObject },
    { ...cached, caller: is({ type: 'direct' }) },
  ),
)
const message = fc.oneof(
  node({ role: is('user'), content: content(userBlock) }),
  node({ role: is('assistant'), content: content(assistantBlock) }),
  node({ role: is('system'), content: content(textBlock) }, { output_config: oneOf({ effort: 'medium' }, {}) }),
  node({ role: is('system') }, { output_config: oneOf({ effort: 'low' }) }),
)
const tool = fc.oneof(
  node(
    { name: fc.constantFrom('read', 'write_2', 'a-b', 'server.tool', 'x'.repeat(200)) },
    {
      ...cached,
      type: oneOf('custom', null),
      description: fc.oneof(text, is(null)),
      input_schema: jsonObject,
      strict: oneOf(true, false, null),
      defer_loading: fc.boolean(),
      input_examples: fc.array(jsonObject, { maxLength: 2 }),
      allowed_callers: is(['direct']),
      eager_input_streaming: oneOf(true, null),
    },
  ),
  node(
    { type: oneOf('web_search_20250305', 'bash_20250124', 'mcp_toolset', 'future_tool') },
    { name: word, ...cached, configs: json },
  ),
)
const display = oneOf('summarized', 'omitted', 'updates', null)
const thinking = fc.oneof(
  node({ type: is('enabled'), budget_tokens: is('#2048') }, { display }),
  node({ type: is('adaptive') }, { display, block_binding: json }),
  node({ type: oneOf('disabled', 'between_tools', 'future_mode') }),
  is(null),
)
const schemaFormat = node({ type: is('json_schema'), schema: jsonObject })
const outputConfig = fc.oneof(
  node(
    {},
    {
      effort: oneOf('low', 'max', 'future', null),
      format: fc.oneof(schemaFormat, oneOf(null, { type: 'future' })),
      task_budget: json,
    },
  ),
  is(null),
)
const toolChoice = fc.oneof(
  node({ type: oneOf('auto', 'any', 'none') }, { disable_parallel_tool_use: fc.boolean() }),
  node({ type: is('tool'), name: oneOf('read', 'a-b') }, { disable_parallel_tool_use: fc.boolean() }),
  oneOf({ type: 'future' }, null),
)
/** Requests of every kind, with fields that nobody knows at any level. */
export const messagesRequest = node(
  { model: is('claude-x'), max_tokens: oneOf('#0', '#4096', '#128000'), messages: fc.array(message, { maxLength: 4 }) },
  {
    system: fc.oneof(content(textBlock), is(null)),
    tools: fc.oneof(fc.array(tool, { maxLength: 3 }), is(null)),
    tool_choice: toolChoice,
    thinking,
    output_config: outputConfig,
    output_format: schemaFormat,
    temperature: oneOf('#0.70', '#1', null),
    top_p: oneOf('#0.9'),
    top_k: oneOf('#40'),
    stop_sequences: fc.oneof(fc.array(text, { maxLength: 3 }), is(null)),
    metadata: fc.oneof(node({}, { user_id: fc.oneof(text, is(null)) }), is(null)),
    stream: oneOf(true, false, null),
    cache_control: cacheControl,
    container: oneOf('c_1', null, { id: 'c_1', skills: [] }),
    context_management: is({ edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }),
    mcp_servers: fc.array(jsonObject, { maxLength: 1 }),
    service_tier: oneOf('auto', 'standard_only'),
    safeguards: json,
  },
)

/** JSON text in which `#123` became a number. */
export function toBody(value: Value): string {
  return JSON.stringify(value).replaceAll(/"#(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e\d+)?)"/g, '$1')
}
