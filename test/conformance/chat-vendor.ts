import type { Json } from './harness.ts'

/** The bytes of OpenAI Chat vendors, https://platform.openai.com/docs/api-reference/chat-streaming. */

const HEAD = { id: 'chatcmpl-far1', created: 1_790_000_000, model: 'gpt-5.5-2026-04-23' }

/** One event of a stream; `choice` is what choice 0 says beside the defaults. */
export function chunk(choice: Json, root: Json = {}): string {
  const choices = [{ index: 0, delta: {}, logprobs: null, finish_reason: null, ...choice }]
  return event({ ...HEAD, object: 'chat.completion.chunk', choices, ...root })
}

export function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

export const delta = (content: Json): string => chunk({ delta: content })
export const text = (content: string): string => delta({ content })
export const finish = (reason: string, choice: Json = {}): string => chunk({ finish_reason: reason, ...choice })

/** What begins every stream of OpenAI's. */
export const OPENING = delta({ role: 'assistant', content: '', refusal: null })
export const DONE = 'data: [DONE]\n\n'

/** The first fragment of a call. */
export const call = (index: number, id: string, name: string, args = ''): string =>
  delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })

/** Further fragments. */
export const args = (index: number, json: string): string =>
  delta({ tool_calls: [{ index, function: { arguments: json } }] })

export const USAGE: Json = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 40, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}

/** The chunk behind the finish that `stream_options.include_usage` asks for. */
export const usage = (counts: Json = USAGE): string =>
  event({ ...HEAD, object: 'chat.completion.chunk', choices: [], usage: counts })

/** A stream from the role to `[DONE]`. */
export function chatStream(events: readonly string[], reason = 'stop'): readonly string[] {
  return [OPENING, ...events, finish(reason), usage(), DONE]
}

/** The whole answer with this message. */
export function completion(message: Json, reason: string | null = 'stop', root: Json = {}): Json {
  const choices = [
    {
      index: 0,
      message: { role: 'assistant', content: null, refusal: null, ...message },
      logprobs: null,
      finish_reason: reason,
    },
  ]
  return { ...HEAD, object: 'chat.completion', choices, usage: USAGE, ...root }
}

/** A call in a whole answer. */
export const wholeCall = (id: string, name: string, json: string): Json => ({
  id,
  type: 'function',
  function: { name, arguments: json },
})
