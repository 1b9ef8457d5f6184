import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../lib/json.ts'
import { digest, sign } from '../identity.ts'
import type { JsonObject } from '../json-object.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { promptDigest } from './check-thinking.ts'
import { messagesProblems } from './check.ts'

const VERSION = { 'anthropic-version': '2023-06-01' }
const NEW_VERSION = { 'anthropic-version': '2026-10-21' }

const USER = { role: 'user', content: 'hello' }
const TOOL = { name: 'f', input_schema: { type: 'object' } }

function problem(
  body: JsonObject,
  headers: Record<string, string> = VERSION,
  extra: 'allow' | 'deny' = 'deny',
): string | null {
  const whole = { model: 'agent', max_tokens: 100, messages: [USER], ...body }
  for (const { message } of messagesProblems(whole, headers, { ...DEFAULT_SETTINGS, extra })) return message
  return null
}

const use = (id: string): JsonObject => ({ type: 'tool_use', id, name: 'f', input: {} })
const result = (id: string, more: JsonObject = {}): JsonObject => ({
  type: 'tool_result',
  tool_use_id: id,
  content: 'ok',
  ...more,
})
const text = (words: string): JsonObject => ({ type: 'text', text: words })
const assistant = (...content: JsonValue[]): JsonObject => ({ role: 'assistant', content })
const user = (...content: JsonValue[]): JsonObject => ({ role: 'user', content })

const CACHED = { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }
const THINKING = {
  type: 'thinking',
  thinking: 'hm',
  signature: sign({ kind: 'thinking', text: 'hm' }, digest('seed'), 0, null),
}
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }

/** By its system in the middle. */
const SPOKEN_TO = { messages: [USER, { role: 'system', content: 'Be brief.' }] }

describe('messagesProblems()', () => {
  it.each<[string, JsonObject]>([
    ['a plain request', {}],
    ['a system prompt of blocks', { system: [text('be good')] }],
    [
      'system messages in the middle, empty ones too',
      { messages: [USER, { role: 'system', content: [] }, assistant(text('a')), USER] },
    ],
    ['neighbours of one role', { messages: [USER, USER, assistant(text('a')), assistant(text('b')), USER] }],
    ['a prefill', { messages: [USER, assistant(text('{'))] }],
    [
      'calls with their results first',
      {
        tools: [TOOL],
        messages: [USER, assistant(text('a'), use('t1'), use('t2')), user(result('t2'), result('t1'), text('and'))],
      },
    ],
    [
      'results over two user messages',
      { tools: [TOOL], messages: [USER, assistant(use('t1'), use('t2')), user(result('t1')), user(result('t2'))] },
    ],
    [
      'results of every kind',
      { tools: [TOOL], messages: [USER, assistant(use('t1')), user(result('t1', { content: [text('a'), IMAGE] }))] },
    ],
    ['its own thinking', { messages: [USER, assistant(THINKING, text('a')), USER] }],
    ['four cache marks', { system: [CACHED, CACHED], messages: [user(CACHED, CACHED)] }],
    ['warming the cache', { max_tokens: 0 }],
    ['server tools', { tools: [{ type: 'web_search_20260318', name: 'web_search' }, TOOL] }],
    ['a forced tool', { tools: [TOOL], tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true } }],
    [
      'a closed output schema',
      {
        output_config: {
          format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
        },
      },
    ],
  ])('accepts %s', (_name, body) => {
    expect(problem(body)).toBeNull()
  })

  it.each<[RegExp, JsonObject]>([
    [/^model: Input should be a valid string/, { model: 1 }],
    [/^max_tokens: /, { max_tokens: -1 }],
    [/^max_tokens: /, { max_tokens: '100' }],
    [/^response_format: Extra inputs/, { response_format: {} }],
    [/^temperature: /, { temperature: 1.5 }],
    [/^stop_sequences: /, { stop_sequences: [' '] }],
    [/^stop_sequences: /, { stop_sequences: 'stop' }],
    [/^system\.0/, { system: [{ type: 'image' }] }],
    [/^system: text content blocks must be non-empty/, { system: [text('')] }],
    [/at least one message/, { messages: [] }],
    [/first message must use the "user" role/, { messages: [assistant(text('a')), USER] }],
    [/^messages\.0\.role/, { messages: [{ role: 'tool', content: 'a' }] }],
    [/non-empty content/, { messages: [{ role: 'user', content: '' }] }],
    [/non-empty content/, { messages: [USER, assistant(), USER] }],
    [/text content blocks must be non-empty/, { messages: [user(text(''))] }],
    [/non-whitespace/, { messages: [user(text(' \n'))] }],
    [/trailing whitespace/, { messages: [USER, { role: 'assistant', content: 'so ' }] }],
    [/found using 'type' does not match/, { messages: [user({ type: 'image_url' })] }],
    [/'tool_use' blocks are not permitted in 'user'/, { messages: [user(use('t1'))] }],
    [/^messages\.0\.content\.0\.text\.foo: Extra inputs/, { messages: [user({ ...text('a'), foo: 1 })] }],
    [/String should match pattern/, { messages: [USER, assistant(use('call|1'))] }],
    [/String should match pattern/, { messages: [USER, assistant(use('x'.repeat(65)))] }],
    [/input: Input should be an object/, { messages: [USER, assistant({ ...use('t1'), input: '{}' })] }],
    [/without `tool_result` blocks immediately after: t1/, { messages: [USER, assistant(use('t1')), USER] }],
    [/without `tool_result` blocks immediately after: t1/, { messages: [USER, assistant(use('t1'))] }],
    [
      /without `tool_result` blocks immediately after: t2/,
      { messages: [USER, assistant(use('t1'), use('t2')), user(result('t1'))] },
    ],
    [/unexpected `tool_use_id`/, { messages: [user(result('t1'))] }],
    [
      /unexpected `tool_use_id`/,
      { messages: [USER, assistant(use('t1')), user(result('t1')), assistant(text('a')), user(result('t1'))] },
    ],
    [/must have a single result/, { messages: [USER, assistant(use('t1')), user(result('t1'), result('t1'))] }],
    [
      /must be unique/,
      { messages: [USER, assistant(use('t1')), user(result('t1')), assistant(use('t1')), user(result('t1'))] },
    ],
    [/must come first/, { messages: [USER, assistant(use('t1')), user(text('a'), result('t1'))] }],
    [
      /if "is_error" is true/,
      { messages: [USER, assistant(use('t1')), user(result('t1', { is_error: true, content: [IMAGE] }))] },
    ],
    [/valid base64/, { messages: [user({ ...IMAGE, source: { ...IMAGE.source, data: 'data:image/png;base64,AA' } })] }],
    [/media_type/, { messages: [user({ ...IMAGE, source: { ...IMAGE.source, media_type: 'image/tiff' } })] }],
    [
      /Invalid `signature` in `thinking` block/,
      { messages: [USER, assistant({ ...THINKING, signature: 'c2ln' }), USER] },
    ],
    [
      /Invalid `signature` in `thinking` block/,
      { messages: [USER, assistant({ ...THINKING, thinking: 'hm!' }), USER] },
    ],
    [
      /Invalid `data` in `redacted_thinking`/,
      { messages: [USER, assistant({ type: 'redacted_thinking', data: 'x' }), USER] },
    ],
    [
      /maximum of 4 blocks with cache_control/,
      { cache_control: { type: 'ephemeral' }, system: [CACHED, CACHED], messages: [user(CACHED, CACHED)] },
    ],
    [/Tool names must be unique/, { tools: [TOOL, TOOL] }],
    [/name: String should match pattern/, { tools: [{ ...TOOL, name: 'a.b' }] }],
    [/input_schema\.type: Field required/, { tools: [{ ...TOOL, input_schema: {} }] }],
    [/does not support oneOf/, { tools: [{ ...TOOL, input_schema: { type: 'object', anyOf: [] } }] }],
    [/Input tag 'function'/, { tools: [{ type: 'function', function: {} }] }],
    [/may only be specified while providing tools/, { tool_choice: { type: 'auto' } }],
    [/Tool 'g' not found/, { tools: [TOOL], tool_choice: { type: 'tool', name: 'g' } }],
    [/^tool_choice: /, { tools: [TOOL], tool_choice: 'auto' }],
    [
      /must be explicitly set to false/,
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
    ],
    [
      /maximum are not supported/,
      { output_config: { format: { type: 'json_schema', schema: { type: 'integer', maximum: 3 } } } },
    ],
    [/^output_config\.effort/, { output_config: { effort: 'none' } }],
    [/budget_tokens: Input should be greater/, { thinking: { type: 'enabled', budget_tokens: 512 } }],
    [/must be greater than `thinking.budget_tokens`/, { thinking: { type: 'enabled', budget_tokens: 2048 } }],
    [/may only be set to 1/, { thinking: { type: 'adaptive' }, temperature: 0.5 }],
    [/Thinking may not be enabled/, { thinking: { type: 'adaptive' }, tools: [TOOL], tool_choice: { type: 'any' } }],
    [
      /Expected `thinking`/,
      {
        max_tokens: 3000,
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [USER, assistant(text('a'), use('t1')), user(result('t1'))],
      },
    ],
  ])('refuses with %s', (message, body) => {
    expect(problem(body)).toMatch(message)
  })

  it('asks for a version that exists', () => {
    expect(problem({}, {})).toMatch(/anthropic-version: header is required/)
    expect(problem({}, { 'anthropic-version': '2030-01-01' })).toMatch(/not a valid version/)
  })

  it('keeps the rules of the newest version to it', () => {
    const documented = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a' } }
    for (const body of [{ temperature: 1 }, { messages: [USER, assistant(documented), USER] }]) {
      expect(problem(body)).toBeNull()
      expect(problem(body, NEW_VERSION)).not.toBeNull()
    }
  })

  it('takes fields and blocks that it does not know where that is asked for', () => {
    const body = { future: 1, messages: [user({ type: 'future_block' }, { ...text('a'), foo: 1 })] }
    expect(problem(body)).toMatch(/future: Extra inputs/)
    expect(problem(body, VERSION, 'allow')).toBeNull()
  })

  it.each<[string, JsonObject, RegExp | null]>([
    ['claude-3-5-sonnet-20241022', { temperature: 0.5, top_p: 0.5 }, null],
    ['claude-sonnet-4-20250514', { thinking: { type: 'adaptive' } }, /not supported/],
    ['claude-sonnet-4-5', { temperature: 0.5, top_p: 0.5 }, /cannot both/],
    ['claude-opus-4-6', { thinking: { type: 'adaptive' } }, null],
    ['claude-opus-4-7', SPOKEN_TO, /^messages\.1\.role: "system" is not supported/],
    ['claude-haiku-4-5', SPOKEN_TO, /^messages\.1\.role: "system" is not supported/],
    ['claude-opus-4-8', SPOKEN_TO, null],
    ['claude-sonnet-5', SPOKEN_TO, null],
    ['claude-fable-5', SPOKEN_TO, null],
    ['claude-sonnet-5?gap=1', { temperature: 0.5 }, /temperature: is not supported/],
    ['claude-opus-5-5', { max_tokens: 3000, thinking: { type: 'enabled', budget_tokens: 1024 } }, /not supported/],
    ['claude-fable-5', { tools: [TOOL], tool_choice: { type: 'any' } }, null],
    ['claude-fable-5-1', { tools: [TOOL], tool_choice: { type: 'any' } }, /forcing a tool call/],
    ['claude-mythos-5', { thinking: { type: 'disabled' } }, /not supported/],
  ])('knows what %s takes', (model, body, message) => {
    if (message === null) expect(problem({ model, ...body })).toBeNull()
    else expect(problem({ model, ...body })).toMatch(message)
  })
})

describe('bound thinking', () => {
  const start = { system: 'be good', tools: [TOOL], messages: [USER] }
  const signature = sign({ kind: 'thinking', text: 'hm' }, digest('seed'), 0, promptDigest(start, 1))
  const messages = [USER, assistant({ ...THINKING, signature }, text('a')), USER]

  it('is valid behind the same prompt, however its text is wrapped and marked', () => {
    expect(problem({ ...start, messages })).toBeNull()
    expect(
      problem({ ...start, system: [{ ...text('be good'), cache_control: { type: 'ephemeral' } }], messages }),
    ).toBeNull()
    const billing = text('x-anthropic-billing-header: cc_version=2;')
    expect(problem({ ...start, system: [billing, text('be good')], messages })).toBeNull()
  })

  it('is refused behind another', () => {
    for (const change of [
      { system: 'be bad' },
      { tools: [] },
      { messages: [{ role: 'user', content: 'hi' }, ...messages.slice(1)] },
    ]) {
      expect(problem({ ...start, messages, ...change })).toMatch(/bound to a different conversation/)
    }
  })

  it('is dropped behind another where the client asks for that', () => {
    const body = {
      ...start,
      system: 'be bad',
      messages,
      thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
    }
    const beta = { ...VERSION, 'anthropic-beta': 'a-2026, thinking-binding-controls-2026-08-01' }
    expect(problem(body)).toMatch(/bound to a different conversation/)
    expect(problem(body, beta)).toBeNull()
  })
})
