import { describe, expect, it } from 'vitest'
import { digest, sign } from '../identity.ts'
import type { JsonObject } from '../json-object.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import type { Problem } from '../vendor.ts'
import { chatProblems } from './check.ts'

const USER = { role: 'user', content: 'hello' }
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }

function problem(body: JsonObject, extra: 'allow' | 'deny' = 'deny'): Problem | null {
  const whole = { model: 'agent', messages: [USER], ...body }
  for (const found of chatProblems(whole, {}, { ...DEFAULT_SETTINGS, extra })) return found
  return null
}

const call = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: '{}', ...more },
})
const calls = (...list: JsonObject[]): JsonObject => ({ role: 'assistant', content: null, tool_calls: list })
const result = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: 'ok' })
const parameters = (schema: JsonObject, more: JsonObject = {}): JsonObject => ({
  tools: [{ type: 'function', function: { name: 'f', parameters: schema, ...more } }],
})
const format = (schema: JsonObject): JsonObject => ({
  response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema } },
})

describe('chatProblems()', () => {
  it.each<[string, JsonObject]>([
    ['a plain request', {}],
    [
      'every role',
      {
        messages: [
          { role: 'developer', content: 'a' },
          { role: 'system', content: [{ type: 'text', text: 'b' }] },
          USER,
        ],
      },
    ],
    [
      'calls with all their results',
      { messages: [USER, calls(call('c1'), call('c2')), result('c2'), result('c1'), USER] },
    ],
    [
      'images',
      {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] },
        ],
      },
    ],
    [
      'reasoning that comes back',
      { messages: [USER, { role: 'assistant', content: 'a', reasoning_content: 'hm' }, USER] },
    ],
    [
      'a strict tool',
      parameters(
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
        { strict: true },
      ),
    ],
    [
      'a named tool',
      { tools: [TOOL], tool_choice: { type: 'function', function: { name: 'f' } }, parallel_tool_calls: false },
    ],
    ['custom tools', { tools: [{ type: 'custom', custom: { name: 'patch' } }] }],
    ['legacy functions', { functions: [{ name: 'f', parameters: { type: 'object' } }], function_call: 'auto' }],
    ['stream options of a stream', { stream: true, stream_options: { include_usage: true } }],
    ['null where nothing is meant', { stop: null, temperature: null, max_tokens: null, stream_options: null }],
  ])('accepts %s', (_name, body) => {
    expect(problem(body)).toBeNull()
  })

  it.each<[RegExp, string | undefined, JsonObject]>([
    [/model parameter/, undefined, { model: 1 }],
    [/Unrecognized request argument supplied: system/, undefined, { system: 'a' }],
    [/Missing required parameter: 'messages'/, 'messages', { messages: 'a' }],
    [/empty array/, 'messages', { messages: [] }],
    [/Invalid value: 'bot'/, 'messages[0].role', { messages: [{ role: 'bot', content: 'a' }] }],
    [/expected a string, got null/, 'messages[0].content', { messages: [{ role: 'user', content: null }] }],
    [/expected a string, got null/, 'messages[1].content', { messages: [USER, { role: 'assistant', content: null }] }],
    [
      /Invalid value: 'image'/,
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'image' }] }] },
    ],
    [
      /Invalid image URL/,
      'messages[0].content[0].image_url.url',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'iVBORw0KGgo=' } }] }] },
    ],
    [
      /Unknown parameter: 'messages\[0\]\.cache_control'/,
      'messages[0].cache_control',
      { messages: [{ ...USER, cache_control: {} }] },
    ],
    [/must be a response to a preceding/, 'messages[1].role', { messages: [USER, result('c1')] }],
    [
      /must be a response to a preceding/,
      'messages[3].role',
      { messages: [USER, calls(call('c1')), result('c1'), result('c1')] },
    ],
    [
      /did not have response messages: c1/,
      'messages[2].role',
      { messages: [USER, calls(call('c1')), USER, result('c1')] },
    ],
    [
      /did not have response messages: c2/,
      'messages[3].role',
      { messages: [USER, calls(call('c1'), call('c2')), result('c1')] },
    ],
    [
      /Missing parameter 'tool_call_id'/,
      'messages[2].tool_call_id',
      { messages: [USER, calls(call('c1')), { role: 'tool', content: 'a' }] },
    ],
    [/Duplicate value/, 'messages[1].tool_calls', { messages: [USER, calls(call('c1'), call('c1')), result('c1')] }],
    [/string too long.*length 41/, 'messages[1].tool_calls[0].id', { messages: [USER, calls(call('c'.repeat(41)))] }],
    [
      /expected a string, but got a object/,
      'messages[1].tool_calls[0].function.arguments',
      { messages: [USER, calls(call('c1', { arguments: {} }))] },
    ],
    [
      /does not match pattern/,
      'messages[1].tool_calls[0].function.name',
      { messages: [USER, calls(call('c1', { name: 'a.b' }))] },
    ],
    [/does not match pattern/, 'tools[0].function.name', { tools: [{ type: 'function', function: { name: 'a b' } }] }],
    [/Supported values are: 'function' and 'custom'/, 'tools[0].type', { tools: [{ name: 'f', input_schema: {} }] }],
    [/empty array/, 'tools', { tools: [] }],
    [/must be a JSON Schema of 'type: "object"'/, 'tools[0].function.parameters', parameters({})],
    [/at the top level/, 'tools[0].function.parameters', parameters({ type: 'object', anyOf: [] })],
    [
      /In context=\('properties', 'a'\), array schema missing items/,
      'tools[0].function.parameters',
      parameters({ type: 'object', properties: { a: { type: 'array' } } }),
    ],
    [
      /'additionalProperties' is required/,
      'tools[0].function.parameters',
      parameters({ type: 'object', properties: {} }, { strict: true }),
    ],
    [/Missing 'a'/, 'response_format', format({ type: 'object', properties: { a: {} }, additionalProperties: false })],
    [/must contain the word 'json'/, 'messages', { response_format: { type: 'json_object' } }],
    [/only allowed when 'tools' are specified/, 'tool_choice', { tool_choice: 'required' }],
    [/only allowed when 'tools' are specified/, 'parallel_tool_calls', { parallel_tool_calls: true }],
    [
      /no function named 'g'/,
      'tool_choice',
      { tools: [TOOL], tool_choice: { type: 'function', function: { name: 'g' } } },
    ],
    [/Invalid value for 'tool_choice'/, 'tool_choice', { tools: [TOOL], tool_choice: 'any' }],
    [/array too long/, 'stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    [/only allowed when 'stream'/, 'stream_options', { stream_options: {} }],
    [/at the same time/, 'max_tokens', { max_tokens: 1, max_completion_tokens: 1 }],
    [/between 0 and 2/, 'temperature', { temperature: 3 }],
    [/Supported values are: 'none'/, 'reasoning_effort', { reasoning_effort: 'huge' }],
    [/does not support audio/, 'modalities', { modalities: ['text', 'audio'] }],
    [/'max_tokens' is not supported with this model/, 'max_tokens', { model: 'gpt-5.5', max_tokens: 5 }],
    [/does not support 0\.5 with this model/, 'temperature', { model: 'o3', temperature: 0.5 }],
  ])('refuses with %s at %s', (message, param, body) => {
    const found = problem(body)
    expect(found?.message).toMatch(message)
    expect(found?.param).toBe(param)
  })

  it('refuses reasoning details that it did not give out', () => {
    const signature = sign({ kind: 'thinking', text: 'hm' }, digest('seed'), 0, null)
    const detail = { type: 'reasoning.text', text: 'hm', signature }
    const messages = (sent: JsonObject): JsonObject => ({
      messages: [USER, { role: 'assistant', content: 'a', reasoning_details: [sent] }, USER],
    })
    expect(problem(messages(detail))).toBeNull()
    expect(problem(messages({ ...detail, text: 'hm!' }))?.message).toMatch(/Invalid signature/)
  })

  it('takes fields that it does not know where that is asked for', () => {
    const body = { top_k: 5, messages: [{ ...USER, cache_control: {} }] }
    expect(problem(body)).not.toBeNull()
    expect(problem(body, 'allow')).toBeNull()
  })
})
