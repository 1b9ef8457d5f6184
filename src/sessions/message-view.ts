import type { MediaPart, Part, ToolCallPart, ToolResultPart } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  decodeJsonString,
  joinJsonStrings,
  jsonArray,
  stringToJson,
  toJsonText,
} from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'

/**
 * A history as people and programs read it, in the words of Chat Completions: the system prompt, then one message after the
 * other. For reading only: a model gets what is stored.
 */
export function viewMessages(instructions: readonly Part[], messages: readonly Message[]): readonly JsonText[] {
  const system: Message = { role: 'system', parts: instructions, name: null, ext: null }
  return [...(instructions.length === 0 ? [] : [system]), ...messages].flatMap(viewMessage)
}

/** The words of a system prompt. */
export function viewText(parts: readonly Part[]): JsonText {
  return joinJsonStrings(textsOf(parts))
}

/** Chat has a message of its own for each result of a tool. */
function viewMessage(message: Message): readonly JsonText[] {
  const results = message.parts.filter((part) => part.kind === 'tool-result')
  const others = message.parts.filter((part) => part.kind !== 'tool-result')
  const hasOthers = others.length > 0 || results.length === 0
  return [...results.map(viewResult), ...(hasOthers ? [viewSpoken({ ...message, parts: others })] : [])]
}

function viewResult({ callId, content, isError }: ToolResultPart): JsonText {
  return new JsonObjectWriter()
    .add('role', toJsonText('tool'))
    .add('tool_call_id', toJsonText(callId))
    .add('content', viewContent(content))
    .add('is_error', isError ? toJsonText(true) : null).text
}

function viewSpoken({ role, parts, name }: Message): JsonText {
  const calls = parts.filter((part) => part.kind === 'tool-call')
  const reasoning = parts.filter((part) => part.kind === 'reasoning').map(({ text }) => text)
  const said = parts.filter((part) => part.kind !== 'tool-call' && part.kind !== 'reasoning')
  const writer = new JsonObjectWriter().add('role', toJsonText(role))
  if (name !== null) writer.add('name', toJsonText(name))
  writer.add('content', said.length === 0 && calls.length > 0 ? toJsonText(null) : viewContent(said))
  const thought = joinJsonStrings(reasoning)
  if (thought !== EMPTY_JSON_STRING) writer.add('reasoning_content', thought)
  if (calls.length > 0) writer.add('tool_calls', jsonArray(calls.map(viewCall)))
  return writer.text
}

function viewCall({ id, name, input, invalid }: ToolCallPart): JsonText {
  const call = new JsonObjectWriter()
    .add('name', toJsonText(name))
    .add('arguments', invalid ? input : stringToJson(input)).text
  return new JsonObjectWriter().add('id', toJsonText(id)).add('type', toJsonText('function')).add('function', call).text
}

/** One text where there is nothing else. */
function viewContent(parts: readonly Part[]): JsonText {
  const texts = textsOf(parts)
  return texts.length === parts.length ? joinJsonStrings(texts) : jsonArray(parts.flatMap(viewPart))
}

function textsOf(parts: readonly Part[]): readonly JsonText[] {
  return parts.filter((part) => part.kind === 'text').map(({ text }) => text)
}

function viewPart(part: Part): readonly JsonText[] {
  switch (part.kind) {
    case 'text':
      return [new JsonObjectWriter().add('type', toJsonText('text')).add('text', part.text).text]
    case 'media':
      return [viewMedia(part)]
    case 'opaque':
      return [part.raw]
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      return []
    default:
      return part satisfies never
  }
}

function viewMedia({ media, source, title }: MediaPart): JsonText {
  const writer = new JsonObjectWriter()
  const typed = (type: string): JsonText =>
    new JsonObjectWriter().add('type', toJsonText(type)).add(type, writer.text).text
  switch (source.type) {
    case 'file':
      writer.add('file_id', source.id)
      return typed('file')
    case 'url':
      writer.add('url', source.url)
      return typed(media === 'image' ? 'image_url' : 'file')
    case 'text': {
      const bytes = Buffer.from(decodeJsonString(source.data)).toString('base64')
      writer.add('filename', title).add('file_data', dataUrl(source.mediaType, bytes))
      return typed('file')
    }
    case 'base64': {
      const data = decodeJsonString(source.data)
      const isAudio = media === 'audio'
      if (isAudio) writer.add('data', source.data).add('format', toJsonText(source.mediaType.replace('audio/', '')))
      else if (media === 'image') writer.add('url', dataUrl(source.mediaType, data))
      else writer.add('filename', title).add('file_data', dataUrl(source.mediaType, data))
      return typed(isAudio ? 'input_audio' : media === 'image' ? 'image_url' : 'file')
    }
    default:
      return source satisfies never
  }
}

function dataUrl(mediaType: string, base64: string): JsonText {
  return stringToJson(`data:${mediaType};base64,${base64}`)
}
