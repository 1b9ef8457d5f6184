import type { JsonValue } from '../../lib/json.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, objectOf, textOf } from '../json-object.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { words } from '../words.ts'

interface RoleRule {
  readonly fields: ReadonlySet<string>
  /** Types that the parts of its content may have. */
  readonly parts: readonly string[]
}

const fields = (names = ''): ReadonlySet<string> => words('role content name', names)

const TEXT_ONLY = ['text']

/** Reasoning that compatible vendors give out comes back in the fields that it came in. */
const REASONING_FIELDS = 'reasoning_content reasoning reasoning_details annotations'

const ROLES: ReadonlyMap<string, RoleRule> = new Map<string, RoleRule>([
  ['developer', { fields: fields(), parts: TEXT_ONLY }],
  ['system', { fields: fields(), parts: TEXT_ONLY }],
  ['user', { fields: fields(), parts: ['text', 'image_url', 'input_audio', 'file'] }],
  [
    'assistant',
    {
      fields: fields(`tool_calls function_call refusal audio ${REASONING_FIELDS}`),
      parts: ['text', 'refusal'],
    },
  ],
  ['tool', { fields: fields('tool_call_id'), parts: TEXT_ONLY }],
  ['function', { fields: fields(), parts: TEXT_ONLY }],
])

const MAX_ID = 40
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** The rules for messages, each by itself and as a sequence. */
export function* checkMessages(body: JsonObject, allowUnknown: boolean): Generator<Problem> {
  const messages = listOf(body['messages'])
  if (messages === null) {
    yield invalid("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter')
    return
  }
  if (messages.length === 0) {
    const message =
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
    yield invalid(message, 'messages', 'empty_array')
    return
  }
  for (const [index, value] of messages.entries()) yield* checkMessage(value, `messages[${index}]`, allowUnknown)
  yield* checkToolPairs(messages.map((message) => objectOf(message) ?? {}))
}

function* checkMessage(value: JsonValue, at: string, allowUnknown: boolean): Generator<Problem> {
  const message = objectOf(value)
  if (message === null) {
    yield invalid(`Invalid type for '${at}': expected an object.`, at, 'invalid_type')
    return
  }
  const role = textOf(message['role']) ?? ''
  const rule = ROLES.get(role)
  if (rule === undefined) {
    const supported = [...ROLES.keys()].map((name) => `'${name}'`).join(', ')
    yield invalid(`Invalid value: '${role}'. Supported values are: ${supported}.`, `${at}.role`, 'invalid_value')
    return
  }
  for (const name in message) {
    if (rule.fields.has(name) || allowUnknown) continue
    yield invalid(`Unknown parameter: '${at}.${name}'.`, `${at}.${name}`, 'unknown_parameter')
  }
  yield* checkContent(message, role, rule, `${at}.content`, allowUnknown)
  if (role === 'assistant') yield* checkCalls(message, at)
}

function* checkContent(
  message: JsonObject,
  role: string,
  rule: RoleRule,
  at: string,
  allowUnknown: boolean,
): Generator<Problem> {
  const content = message['content']
  if (typeof content === 'string') return
  const parts = listOf(content)
  if (parts === null) {
    const mayBeAbsent =
      role === 'assistant' && ['tool_calls', 'function_call', 'refusal', 'audio'].some((name) => message[name])
    if (mayBeAbsent && (content === undefined || content === null)) return
    yield invalid(`Invalid value for 'content': expected a string, got ${typeName(content)}.`, at)
    return
  }
  if (parts.length === 0) yield invalid(`Invalid '${at}': empty array. Expected at least one part.`, at, 'empty_array')
  for (const [index, value] of parts.entries()) {
    const part = objectOf(value)
    const type = textOf(part?.['type']) ?? ''
    if (part !== null && rule.parts.includes(type)) yield* checkPart(part, type, `${at}[${index}]`)
    else if (!allowUnknown) {
      const supported = rule.parts.map((name) => `'${name}'`).join(', ')
      yield invalid(
        `Invalid value: '${type}'. Supported values are: ${supported}.`,
        `${at}[${index}].type`,
        'invalid_value',
      )
    }
  }
}

function* checkPart(part: JsonObject, type: string, at: string): Generator<Problem> {
  if (type === 'text' && textOf(part['text']) === null) {
    yield invalid(`Missing required parameter: '${at}.text'.`, `${at}.text`, 'missing_required_parameter')
  }
  if (type === 'image_url') {
    const url = textOf(objectOf(part['image_url'])?.['url'])
    if (url === null) yield invalid(`Missing required parameter: '${at}.image_url.url'.`, `${at}.image_url.url`)
    else if (!/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$)/.test(url)) {
      yield invalid(
        'Invalid image URL: expected an HTTP(S) URL or a base64 data URL.',
        `${at}.image_url.url`,
        'invalid_value',
      )
    }
  }
  if (type === 'file' && objectOf(part['file']) === null) {
    yield invalid(`Missing required parameter: '${at}.file'.`, `${at}.file`, 'missing_required_parameter')
  }
}

function* checkCalls(message: JsonObject, at: string): Generator<Problem> {
  const value = message['tool_calls']
  if (value === undefined) return
  const calls = listOf(value)
  if (calls === null) {
    yield invalid(`Invalid type for '${at}.tool_calls': expected an array.`, `${at}.tool_calls`, 'invalid_type')
    return
  }
  if (calls.length === 0) {
    yield invalid(`Invalid '${at}.tool_calls': empty array.`, `${at}.tool_calls`, 'empty_array')
  }
  for (const [index, item] of calls.entries()) yield* checkCall(objectOf(item) ?? {}, `${at}.tool_calls[${index}]`)
}

function* checkCall(call: JsonObject, at: string): Generator<Problem> {
  const id = textOf(call['id'])
  if (id === null) {
    yield invalid(`Missing required parameter: '${at}.id'.`, `${at}.id`, 'missing_required_parameter')
    return
  }
  if (id.length > MAX_ID) {
    const expected = `Expected a string with maximum length ${MAX_ID}, but got a string with length ${id.length} instead.`
    yield invalid(`Invalid '${at}.id': string too long. ${expected}`, `${at}.id`, 'string_above_max_length')
  }
  const type = textOf(call['type']) ?? ''
  if (type !== 'function' && type !== 'custom') {
    yield invalid(
      `Invalid value: '${type}'. Supported values are: 'function' and 'custom'.`,
      `${at}.type`,
      'invalid_value',
    )
    return
  }
  const input = type === 'custom' ? 'input' : 'arguments'
  const called = objectOf(call[type])
  if (called === null) {
    yield invalid(`Missing required parameter: '${at}.${type}'.`, `${at}.${type}`)
    return
  }
  if (!NAME.test(textOf(called['name']) ?? '')) {
    const message = `Invalid '${at}.${type}.name': string does not match pattern. Expected a string that matches the pattern '${NAME.source}'.`
    yield invalid(message, `${at}.${type}.name`, 'invalid_value')
  }
  if (textOf(called[input]) === null) {
    const message = `Invalid type for '${at}.${type}.${input}': expected a string, but got ${typeName(called[input])} instead.`
    yield invalid(message, `${at}.${type}.${input}`, 'invalid_type')
  }
}

function typeName(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}

/** Every call is answered by tool messages right behind it, and tool messages answer nothing else. */
function* checkToolPairs(messages: readonly JsonObject[]): Generator<Problem> {
  let open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'tool') {
      yield* checkToolMessage(message, index, open)
      continue
    }
    if (open.size > 0) yield unanswered(index, open)
    const calls = (listOf(message['tool_calls']) ?? []).map(objectOf)
    open = new Set(calls.map((call) => textOf(call?.['id']) ?? ''))
    if (open.size < calls.length)
      yield invalid(`Duplicate value for 'tool_call_id' in 'messages[${index}]'.`, `messages[${index}].tool_calls`)
  }
  if (open.size > 0) yield unanswered(messages.length, open)
}

function* checkToolMessage(message: JsonObject, index: number, open: Set<string>): Generator<Problem> {
  const id = textOf(message['tool_call_id'])
  if (id === null) {
    const text = "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'."
    yield invalid(text, `messages[${index}].tool_call_id`)
    return
  }
  if (open.delete(id)) return
  yield invalid(
    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
    `messages[${index}].role`,
  )
}

function unanswered(index: number, ids: ReadonlySet<string>): Problem {
  return invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${[...ids].join(', ')}`,
    `messages[${index}].role`,
  )
}
