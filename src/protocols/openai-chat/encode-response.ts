import type { Part, ReasoningPart, TextPart, ToolCallPart } from '../../canonical/content.ts'
import type { LossSink } from '../../canonical/loss.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  decodeJsonString,
  joinJsonStrings,
  jsonArray,
  replaceLoneSurrogates,
  stringToJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { ReplyContext } from '../protocol.ts'
import { annotationList, citationsOf, writeAnnotation } from './annotations.ts'
import { NULL, isMemberOf, ownFields } from './ext.ts'
import { writeFinish } from './finish.ts'
import {
  NO_EQUIVALENT,
  loseDetails,
  loseReplyExt,
  ownReplyFields,
  reasoningDetail,
  reasoningField,
  refusalText,
  replyImage,
  sessionField,
  wantsLegacyCalls,
} from './reply-parts.ts'
import type { OwnReplyFields } from './reply-parts.ts'
import { writeUsage } from './usage.ts'
import { isOtherCall, literal } from './wire.ts'

/** A whole answer for a Chat client, https://platform.openai.com/docs/api-reference/chat/object. */
export function encodeResponse(response: CanonicalResponse, context: ReplyContext): string {
  const own = ownReplyFields(response.ext)
  reportForeign(response, context.losses)
  const legacy = wantsLegacyCalls(context)
  const finish = writeFinish(response.finish, response.parts.some(isCall))
  const message = writeMessage(response, context, legacy, own)
  const reason = legacy && finish === 'tool_calls' ? 'function_call' : finish
  const json = literal(
    `{"id":"chatcmpl-${context.id}","object":"chat.completion","created":${context.created},` +
      `"model":${stringToJson(context.model)}${sessionField(context.sessionId)}${own.root},"choices":[{"index":0,"message":${message},` +
      `"logprobs":${own.logprobs ?? 'null'},"finish_reason":"${reason}"${own.choice}}]` +
      `${response.usage === null ? '' : `,"usage":${writeUsage(response.usage)}`}}`,
  )
  return replaceLoneSurrogates(json)
}

function writeMessage(
  response: CanonicalResponse,
  context: ReplyContext,
  legacy: boolean,
  own: OwnReplyFields,
): string {
  const { parts, finish } = response
  const texts = parts.filter((part) => part.kind === 'text')
  const refusals = texts.filter(({ refusal }) => refusal).map(({ text }) => text)
  const said = { refusal: refusals.length > 0, anything: parts.length > 0 }
  const refusal = said.refusal ? joinJsonStrings(refusals) : refusalText(finish, said)
  const calls = toolCalls(parts, context)
  const writer = new JsonObjectWriter()
    .add('role', toJsonText('assistant'))
    .add('content', contentOf(texts, calls.length > 0 || refusal !== null))
    .add('refusal', refusal ?? NULL)
  addReasoning(
    writer,
    parts.filter((part) => part.kind === 'reasoning'),
    context,
  )
  if (legacy) addLegacyCall(writer, parts)
  else if (calls.length > 0) writer.add('tool_calls', jsonArray(calls))
  writer.add('annotations', annotationList([...annotationsOf(texts, context), ...own.annotations]))
  const images = parts
    .map((part) => (part.kind === 'media' ? replyImage(part) : null))
    .filter((image) => image !== null)
  if (images.length > 0) writer.add('images', jsonArray(images))
  reportHidden(parts, context)
  return `${writer.text.slice(0, -1)}${own.message}}`
}

/** Chat has null where there is no text beside tool calls or a refusal, and `""` for an answer of nothing. */
function contentOf(texts: readonly TextPart[], hasOther: boolean): JsonText {
  const content = texts.filter(({ refusal }) => !refusal).map(({ text }) => text)
  if (content.length === 0) return hasOther ? NULL : EMPTY_JSON_STRING
  return joinJsonStrings(content)
}

function addReasoning(writer: JsonObjectWriter, parts: readonly ReasoningPart[], context: ReplyContext): void {
  const fields = new Map<string, JsonText[]>()
  for (const { text, ext } of parts) {
    if (text === EMPTY_JSON_STRING) continue
    const field = reasoningField(ext)
    fields.set(field, [...(fields.get(field) ?? []), text])
  }
  for (const [field, texts] of fields) writer.add(field, joinJsonStrings(texts))
  const details = parts
    .map(({ seal, text }, ordinal) => reasoningDetail(seal, text, ordinal, context))
    .filter((detail) => detail !== null)
  if (details.length > 0) writer.add('reasoning_details', jsonArray(details))
}

function toolCalls(parts: readonly Part[], context: ReplyContext): readonly JsonText[] {
  const calls: JsonText[] = []
  for (const part of parts) {
    if (part.kind === 'tool-call') calls.push(writeCall(part))
    else if (part.kind === 'opaque' && isOtherCall(part)) calls.push(part.raw)
  }
  if (wantsLegacyCalls(context) && calls.length > 1) context.losses.drop('tool_calls', 'functions allow one call')
  return calls
}

function writeCall(part: ToolCallPart): JsonText {
  const writer = new JsonObjectWriter()
    .add('id', stringToJson(part.id))
    .add('type', toJsonText('function'))
    .add('function', writeFunction(part))
  for (const [name, value] of ownFields(part.ext) ?? []) if (!isMemberOf(FUNCTION, name)) writer.add(name, value)
  return writer.text
}

const FUNCTION = ['function'] as const

function isCall(part: Part): boolean {
  return part.kind === 'tool-call' || (part.kind === 'opaque' && isOtherCall(part))
}

function writeFunction(part: ToolCallPart): JsonText {
  const writer = new JsonObjectWriter()
    .add('name', stringToJson(part.name))
    .add('arguments', part.invalid ? part.input : stringToJson(part.input))
  for (const [name, value] of ownFields(part.ext) ?? []) {
    if (isMemberOf(FUNCTION, name)) writer.add(name.slice('function.'.length), value)
  }
  return writer.text
}

function addLegacyCall(writer: JsonObjectWriter, parts: readonly Part[]): void {
  const call = parts.find((part) => part.kind === 'tool-call')
  if (call !== undefined) writer.add('function_call', writeFunction(call))
}

function annotationsOf(texts: readonly TextPart[], context: ReplyContext): readonly JsonText[] {
  const annotations: JsonText[] = []
  let start = 0
  for (const { text, refusal, citations } of texts) {
    if (refusal) continue
    const end = start + decodeJsonString(text).length
    for (const citation of citationsOf(citations)) {
      const annotation = writeAnnotation(citation, { start, end })
      if (annotation === null) context.losses.drop('content.citations', 'a citation without an address')
      else annotations.push(annotation)
    }
    start = end
  }
  return annotations
}

/** What another protocol's vendor said beside its words. */
function reportForeign({ parts, ext, finish }: CanonicalResponse, losses: LossSink): void {
  loseReplyExt(ext, '', losses)
  loseDetails(finish, losses)
  for (const part of parts) if (part.kind !== 'opaque') loseReplyExt(part.ext, 'content', losses)
}

function reportHidden(parts: readonly Part[], context: ReplyContext): void {
  for (const part of parts) {
    if (part.kind === 'opaque' && part.protocol !== 'openai-chat')
      context.losses.drop(`content.${part.type}`, NO_EQUIVALENT)
    else if (part.kind === 'media' && replyImage(part) === null)
      context.losses.drop(`content.${part.media}`, NO_EQUIVALENT)
  }
}
