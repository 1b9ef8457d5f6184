import type { JsonValue } from '../lib/json.ts'

/** A parameter of a Chat request, as an example that says something. */
export interface ChatParameter {
  readonly name: string
  readonly value: JsonValue
  /** Other parameters without which it means nothing. */
  readonly needs?: { readonly [name: string]: JsonValue }
}

const TOOL = {
  type: 'function',
  function: { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } },
}
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

/** What https://platform.openai.com/docs/api-reference/chat/create knows beside model and messages. */
export const CHAT_PARAMETERS: readonly ChatParameter[] = [
  { name: 'temperature', value: 0.5 },
  { name: 'top_p', value: 0.5 },
  { name: 'n', value: 2 },
  { name: 'stream', value: true },
  { name: 'stream_options', value: { include_usage: true }, needs: { stream: true } },
  { name: 'stop', value: ['###'] },
  { name: 'max_tokens', value: 100 },
  { name: 'max_completion_tokens', value: 100 },
  { name: 'presence_penalty', value: 0.5 },
  { name: 'frequency_penalty', value: 0.5 },
  { name: 'logit_bias', value: { '50256': -100 } },
  { name: 'logprobs', value: true },
  { name: 'top_logprobs', value: 2, needs: { logprobs: true } },
  { name: 'seed', value: 1 },
  { name: 'user', value: 'somebody' },
  { name: 'tools', value: [TOOL] },
  { name: 'tool_choice', value: 'required', needs: { tools: [TOOL] } },
  { name: 'parallel_tool_calls', value: false, needs: { tools: [TOOL] } },
  { name: 'response_format', value: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: SCHEMA } } },
  { name: 'reasoning_effort', value: 'low' },
  { name: 'verbosity', value: 'low' },
  { name: 'service_tier', value: 'flex' },
  { name: 'store', value: true },
  { name: 'metadata', value: { a: 'b' } },
  { name: 'modalities', value: ['text', 'audio'] },
  { name: 'audio', value: { voice: 'alloy', format: 'wav' } },
  { name: 'prediction', value: { type: 'content', content: 'a' } },
  { name: 'web_search_options', value: {} },
  { name: 'prompt_cache_key', value: 'a' },
  { name: 'safety_identifier', value: 'a' },
]
