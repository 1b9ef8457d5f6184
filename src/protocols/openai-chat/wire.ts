import type { OpaquePart } from '../../canonical/content.ts'
import type { JsonText } from '../../lib/json.ts'

/** https://platform.openai.com/docs/api-reference/chat/object#chat/object-choices. Vendors add words of their own. */
export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

/** What ends a stream, in place of a JSON object. */
export const DONE = '[DONE]'

/** Milliseconds. Behind `[DONE]` usage that is still to come is on its way already. */
export const GRACE_BEHIND_DONE = 250
/** Behind the finish reason hosts of other vendors' models may have to ask for the usage first. */
export const GRACE_BEHIND_FINISH = 2000

/** Text put together from literals so that it is one literal again. The only place that says so without a scan. */
export function literal(text: string): JsonText {
  return text as JsonText
}

/** The type of opaque parts that are elements of `tool_calls` of a kind other than functions, custom tools for one. */
const OTHER_CALL = 'tool_call'

/** An element of `tool_calls` that travels as it is. */
export function otherCall(raw: JsonText): OpaquePart {
  return { kind: 'opaque', protocol: 'openai-chat', type: OTHER_CALL, raw }
}

export function isOtherCall(part: OpaquePart): boolean {
  return part.protocol === 'openai-chat' && part.type === OTHER_CALL
}
