import type { ReasoningPart } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  joinJsonStrings,
  jsonArray,
  scanJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { isBare } from './decode-reasoning.ts'
import type { Encoding } from './encoding.ts'
import { hint } from './ext.ts'
import { extraContentOf, writeDetail } from './reasoning-details.ts'

/** True when this vendor made the reasoning, or a Chat client without carriers says so by bringing it back. */
export function mayReturn({ seal }: ReasoningPart, { own, context }: Encoding): boolean {
  if (seal === null || isBare(seal)) return own
  return seal.origin?.protocol === 'openai-chat' && seal.origin.provider === context.provider
}

/** The reasoning of this message that its vendor wants back; what another vendor made is reported. */
export function returningReasoning(message: Message, hasCalls: boolean, encoding: Encoding): readonly ReasoningPart[] {
  const { losses, dialect } = encoding.context
  const { sendBack, sendBackWhen } = dialect.reasoning
  const parts = message.parts
    .filter((part) => part.kind === 'reasoning')
    // A tool call's signature goes back on the call.
    .filter(({ seal }) => seal === null || extraContentOf(seal) === null)
  const allowed = sendBack === 'none' ? [] : parts.filter((part) => mayReturn(part, encoding))
  if (parts.some((part) => !allowed.includes(part) && part.text !== EMPTY_JSON_STRING)) {
    const why = sendBack === 'none' ? 'this vendor takes no reasoning back' : 'it came from another vendor'
    losses.drop(encoding.own ? 'messages.reasoning_content' : 'messages.thinking', why)
  }
  // Turns without calls are over, and their reasoning is no longer read.
  return sendBackWhen === 'tool-turns' && !hasCalls ? [] : allowed
}

/** Mistral's form: a content part. */
export function thinkingPart({ seal, text }: ReasoningPart): JsonText {
  const detail = seal === null ? null : writeDetail(seal, text)
  if (detail !== null && typeOf(detail) === 'thinking') return detail
  const item = new JsonObjectWriter().add('type', toJsonText('text')).add('text', text).text
  return new JsonObjectWriter().add('type', toJsonText('thinking')).add('thinking', jsonArray([item])).text
}

/** Writes reasoning as fields of its message. */
export function addReasoningFields(
  writer: JsonObjectWriter,
  message: Message,
  parts: readonly ReasoningPart[],
  hasCalls: boolean,
  encoding: Encoding,
): void {
  const { sendBack, sendBackWhen } = encoding.context.dialect.reasoning
  if (sendBack === 'none' || sendBack === 'content-parts') return
  const fields = new Map(plainFields(message, parts))
  if (sendBack === 'reasoning_details') {
    const details = parts.map(detailEntry).filter((detail) => detail !== null)
    if (details.length > 0) writer.add('reasoning_details', jsonArray(details))
    else if (fields.size === 0 && parts.length > 0) fields.set('reasoning', joinTexts(parts))
  } else if (!fields.has(sendBack)) {
    // The client's words for it are another vendor's.
    fields.clear()
    // DeepSeek refuses a turn with calls that lacks the field, even where there was no reasoning.
    const isRequired = sendBackWhen === 'tool-turns' && hasCalls
    if (parts.length > 0 || isRequired) fields.set(sendBack, joinTexts(parts))
  }
  for (const [field, text] of fields) writer.add(field, text)
}

/** Plain text in the fields in which a Chat client brought it; those of other clients had none. */
function plainFields(message: Message, parts: readonly ReasoningPart[]): readonly (readonly [string, JsonText])[] {
  const plain = parts.filter((part) => detailEntry(part) === null && hint(part.ext, 'field') !== null)
  const details = parts.filter((part) => detailEntry(part) !== null)
  const fields = plain.map((part) => [fieldOf(part), part.text] as const)
  const repeated = hint(message.ext, 'repeated')
  if (repeated === null || parts.length === 0) return fields
  const first = plain[0]
  const again = scanJson(repeated).items.map((item) => {
    const isPlain = item.get('of')?.string === 'plain' && first !== undefined
    return [item.get('field')?.string ?? '', isPlain ? first.text : joinTexts(details)] as const
  })
  return [...fields, ...again]
}

function fieldOf({ ext }: ReasoningPart): string {
  const field = hint(ext, 'field')
  return field === null ? '' : (scanJson(field).string ?? '')
}

/** The part as an element of `reasoning_details`, or null. */
function detailEntry({ seal, text }: ReasoningPart): JsonText | null {
  const detail = seal === null ? null : writeDetail(seal, text)
  return detail !== null && typeOf(detail) !== 'thinking' ? detail : null
}

function typeOf(detail: JsonText): string {
  return scanJson(detail).get('type')?.string ?? ''
}

function joinTexts(parts: readonly ReasoningPart[]): JsonText {
  return joinJsonStrings(parts.map(({ text }) => text))
}
