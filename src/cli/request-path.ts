import type { JsonValue } from '../lib/json.ts'

export const MESSAGES_PATH = '/v1/messages'
export const CHAT_PATH = '/v1/chat/completions'

/** Top-level fields that only one of the two protocols has. */
const CHAT_FIELDS = [
  'max_completion_tokens',
  'reasoning_effort',
  'response_format',
  'stream_options',
  'frequency_penalty',
  'presence_penalty',
  'logprobs',
  'parallel_tool_calls',
  'n',
]
const CHAT_ROLES: ReadonlySet<unknown> = new Set(['developer', 'tool', 'function'])

/** The path that a request body was most likely meant for. Anthropic's, unless something in it is only OpenAI's. */
export function likelyPath(body: JsonValue): string {
  if (!isObject(body)) return MESSAGES_PATH
  if (body['system'] !== undefined || body['anthropic_version'] !== undefined) return MESSAGES_PATH
  if (CHAT_FIELDS.some((field) => body[field] !== undefined)) return CHAT_PATH
  if (items(body['tools']).some((tool) => tool['type'] === 'function')) return CHAT_PATH
  const messages = items(body['messages'])
  const isChat = (message: JsonObject) => CHAT_ROLES.has(message['role']) || message['tool_calls'] !== undefined
  if (messages[0]?.['role'] === 'system' || messages.some(isChat)) return CHAT_PATH
  if (messages.some((message) => items(message['content']).some((part) => part['type'] === 'image_url')))
    return CHAT_PATH
  // The one that Anthropic insists on is the one that OpenAI does not.
  return body['max_tokens'] === undefined ? CHAT_PATH : MESSAGES_PATH
}

type JsonObject = { [key: string]: JsonValue }

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function items(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((item) => isObject(item)) : []
}
