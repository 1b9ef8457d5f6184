import type { Part, ReasoningPart, TextPart, ToolCallPart } from '../../canonical/content.ts'
import { toolInput } from '../../canonical/fold.ts'
import type { Message } from '../../canonical/request.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  decodeJsonString,
  joinJsonStrings,
  jsonArray,
  stringToJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { loseCacheMark, writeCacheMark } from './cache-marks.ts'
import { contentParts, joinTexts, plainText } from './encode-content.ts'
import { addReasoningFields, mayReturn, returningReasoning, thinkingPart } from './encode-history-reasoning.ts'
import type { Encoding } from './encoding.ts'
import { NULL, YES, hint, isHint, ownFields, quietFields, writeExt, writeQuiet } from './ext.ts'
import { blockText } from './foreign-blocks.ts'
import { extraContentOf } from './reasoning-details.ts'
import { wireToolId } from './tool-names.ts'
import { isOtherCall } from './wire.ts'

/** An assistant message of the history. `isLast`: the model is to go on with it. */
export function encodeAssistant(message: Message, isLast: boolean, encoding: Encoding): JsonText {
  const { dialect, losses } = encoding.context
  const calls = toolCalls(message.parts, encoding)
  const legacy = message.parts.find((part) => part.kind === 'tool-call' && isLegacyCall(part))
  const hasCalls = calls.length > 0 || legacy !== undefined
  const reasoning = returningReasoning(message, hasCalls, encoding)
  const writer = new JsonObjectWriter().add('role', toJsonText('assistant'))
  const isOwn = encoding.ownMessages || (encoding.own && ownFields(message.ext) !== null)
  if (isOwn) addOwnContent(writer, message, reasoning, encoding)
  else writer.add('content', foreignContent(message.parts, hasCalls, reasoning, encoding))
  addReasoningFields(writer, message, reasoning, hasCalls, encoding)
  if (message.name !== null) writer.add('name', stringToJson(message.name))
  if (calls.length > 0) writer.add('tool_calls', jsonArray(calls))
  if (legacy?.kind === 'tool-call') writer.add('function_call', legacyCall(legacy))
  const own = ownFields(message.ext)
  if (isLast && dialect.assistantPrefix && !hasCalls && !own?.has('prefix')) writer.add('prefix', YES)
  writeCacheMark(writer, { cache: null, ext: message.ext }, 'messages', encoding)
  writeExt(writer, message.ext, 'messages', losses)
  return writer.text
}

/** A Chat client's content, in its own shape. */
function addOwnContent(
  writer: JsonObjectWriter,
  message: Message,
  reasoning: readonly ReasoningPart[],
  encoding: Encoding,
): void {
  const shape = hint(message.ext, 'content')
  const takesThinking = encoding.context.dialect.reasoning.sendBack === 'content-parts'
  const isContent = (part: Part): boolean => {
    if (part.kind === 'reasoning') return takesThinking && reasoning.includes(part)
    if (part.kind === 'opaque') return !isOtherCall(part)
    return part.kind === 'media' || (part.kind === 'text' && !isMessageRefusal(part))
  }
  const parts = message.parts.filter(isContent)
  const texts = parts.filter((part) => part.kind === 'text')
  if (shape === '"string"' && texts.length === parts.length) {
    writer.add('content', joinTexts(texts, encoding, ''))
  } else if (shape !== null || parts.length > 0) {
    const items = parts.flatMap((part) =>
      part.kind === 'reasoning' ? [thinkingPart(part)] : contentParts([part], encoding),
    )
    writer.add('content', jsonArray(items))
  }
  const refusal = message.parts.find(isMessageRefusal)
  if (refusal?.kind === 'text') writer.add('refusal', refusal.text)
}

function isMessageRefusal(part: Part): boolean {
  return part.kind === 'text' && part.refusal && hint(part.ext, 'inContent') === null
}

/**
 * The texts of another protocol's message, as one string: Chat has them in front of all calls. Texts that stood next to each
 * other are one text that a vendor had cut (at citations); others are paragraphs.
 */
function foreignContent(
  parts: readonly Part[],
  hasCalls: boolean,
  reasoning: readonly ReasoningPart[],
  encoding: Encoding,
): JsonText {
  const text = foreignText(parts, encoding)
  if (encoding.context.dialect.reasoning.sendBack === 'content-parts' && reasoning.length > 0) {
    const items = reasoning.map(thinkingPart)
    return jsonArray(text === null ? items : [...items, plainText(text)])
  }
  return text ?? (hasCalls ? NULL : EMPTY_JSON_STRING)
}

function foreignText(parts: readonly Part[], encoding: Encoding): JsonText | null {
  const { losses } = encoding.context
  const runs: TextPart[][] = []
  let before: Part['kind'] | null = null
  for (const part of parts) {
    const text = asText(part, encoding)
    if (text !== null) {
      if (before === 'tool-call')
        losses.substitute('messages.content', 'text behind a tool call was put in front of it')
      if (before === 'text') runs.at(-1)?.push(text)
      else runs.push([text])
    }
    before = part.kind
  }
  if (runs.length === 0) return null
  return joinJsonStrings(
    runs.map((run) => joinTexts(run, encoding, '')),
    '\n\n',
  )
}

function asText(part: Part, encoding: Encoding): TextPart | null {
  if (part.kind === 'text') return part
  if (part.kind === 'media')
    encoding.context.losses.drop(`messages.${part.media}`, 'assistants show no media in OpenAI Chat')
  const text = part.kind === 'opaque' ? blockText(part, encoding.context.losses) : null
  return text === null ? null : { kind: 'text', text, refusal: false, citations: null, cache: null, ext: null }
}

function isLegacyCall(part: ToolCallPart): boolean {
  return hint(part.ext, 'legacy') !== null
}

/** The elements of `tool_calls`. */
function toolCalls(parts: readonly Part[], encoding: Encoding): readonly JsonText[] {
  const calls: JsonText[] = []
  let signature: JsonText | null = null
  for (const part of parts) {
    if (part.kind === 'reasoning' && part.seal !== null && mayReturn(part, encoding))
      signature = extraContentOf(part.seal)
    else if (part.kind === 'opaque' && isOtherCall(part)) calls.push(part.raw)
    else if (part.kind === 'tool-call' && !isLegacyCall(part)) {
      calls.push(toolCall(part, signature, encoding))
      signature = null
    }
  }
  return calls
}

/** `signature`: Google's, which goes back on the call that it came with. */
function toolCall(part: ToolCallPart, signature: JsonText | null, encoding: Encoding): JsonText {
  const { dialect, losses } = encoding.context
  const own = ownFields(part.ext)
  const writer = new JsonObjectWriter()
  if (!own?.has('$noId')) writer.add('id', stringToJson(wireToolId(part.id, encoding.ownMessages, dialect)))
  if (!own?.has('$untyped')) writer.add('type', toJsonText('function'))
  writer.add('function', functionObject(part, encoding.names.wire(part.name)))
  if (!own?.has('extra_content')) writer.add('extra_content', signature)
  if (own !== null || dialect.cacheMarks === 'cache_control') writeCacheMark(writer, part, 'messages', encoding)
  else loseCacheMark(part, 'messages', encoding)
  if (own === null) {
    writeExt(writer, part.ext, 'messages', losses)
    return writer.text
  }
  for (const [name, value] of own) if (!isHint(name) && !name.startsWith('function.')) writer.add(name, value)
  writeQuiet(writer, own)
  return writer.text
}

function functionObject(part: ToolCallPart, name: string): JsonText {
  const own = ownFields(part.ext)
  const writer = new JsonObjectWriter()
    .add('name', stringToJson(name))
    .add('arguments', argumentsOf(part, own?.get('$function.arguments')))
  for (const [field, value] of own ?? [])
    if (field.startsWith('function.')) writer.add(field.slice('function.'.length), value)
  for (const [field, value] of own === null ? [] : quietFields(own, '$function.quiet')) writer.add(field, value)
  return writer.text
}

function legacyCall(part: ToolCallPart): JsonText {
  const own = ownFields(part.ext)
  const writer = new JsonObjectWriter()
    .add('name', stringToJson(part.name))
    .add('arguments', argumentsOf(part, own?.get('$arguments')))
  for (const [field, value] of own ?? []) if (!isHint(field)) writer.add(field, value)
  if (own !== null) writeQuiet(writer, own)
  return writer.text
}

/** The arguments' text; the client's own way to write them where it still says the same. Null: there were none. */
function argumentsOf(part: ToolCallPart, given: JsonText | undefined): JsonText | null {
  const text = part.invalid ? part.input : stringToJson(part.input)
  if (given === undefined) return text
  if (given === NULL) return decodeJsonString(text) === '{}' ? null : text
  const literalText = given.startsWith('"') ? given : stringToJson(given)
  return toolInput(literalText).input === part.input ? given : text
}
