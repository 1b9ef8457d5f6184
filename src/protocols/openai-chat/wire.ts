import type { JsonText } from '../../lib/json.ts'

/** https://platform.openai.com/docs/api-reference/chat/object#chat/object-choices. Vendors add words of their own. */
export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

/** What ends a stream, in place of a JSON object. */
export const DONE = '[DONE]'

/** Text put together from literals so that it is one literal again. The only place that says so without a scan. */
export function literal(text: string): JsonText {
  return text as JsonText
}
