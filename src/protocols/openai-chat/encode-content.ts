import type { MediaPart, Part, TextPart } from '../../canonical/content.ts'
import { GatewayError } from '../../lib/error.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  joinJsonStrings,
  jsonArray,
  stringToJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { isMarked, loseCacheMark, writeCacheMark } from './cache-marks.ts'
import type { Encoding } from './encoding.ts'
import { hint, isHint, loseExt, ownFields, writeExt, writeQuiet } from './ext.ts'
import { blockText } from './foreign-blocks.ts'
import { dataUrl } from './media.ts'

/** The elements of a `content` array for parts of this protocol's kinds. */
export function contentParts(parts: readonly Part[], encoding: Encoding): readonly JsonText[] {
  return parts.flatMap((part) => contentPart(part, encoding))
}

function contentPart(part: Part, encoding: Encoding): readonly JsonText[] {
  switch (part.kind) {
    case 'text':
      return [textPart(part, encoding)]
    case 'media':
      return mediaParts(part, encoding)
    case 'opaque':
      return [part.raw]
    // Written elsewhere in the message: here they have no place.
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      return []
    default:
      return part satisfies never
  }
}

export function textPart(part: TextPart, encoding: Encoding): JsonText {
  const field = part.refusal && ownFields(part.ext) !== null ? 'refusal' : 'text'
  const writer = new JsonObjectWriter().add('type', toJsonText(field)).add(field, part.text)
  if (part.citations !== null) encoding.context.losses.drop('messages.citations', 'no equivalent in OpenAI Chat')
  return finish(writer, part, encoding)
}

function finish(writer: JsonObjectWriter, part: TextPart | MediaPart, encoding: Encoding): JsonText {
  writeCacheMark(writer, part, 'messages', encoding)
  writeExt(writer, part.ext, 'messages', encoding.context.losses)
  return writer.text
}

function mediaParts(part: MediaPart, encoding: Encoding): readonly JsonText[] {
  switch (part.media) {
    case 'image':
      return [imagePart(part, encoding)]
    case 'audio':
      return [audioPart(part, encoding)]
    case 'document':
      return documentParts(part, encoding)
    default:
      return part.media satisfies never
  }
}

function imagePart(part: MediaPart, encoding: Encoding): JsonText {
  const { source } = part
  if (source.type === 'file' || source.type === 'text') throw unsupportedSource('image', source.type)
  const url = source.type === 'url' ? source.url : dataUrl(source.mediaType, source.data)
  const isBare = hint(part.ext, 'bare') !== null
  return inner(part, 'image_url', isBare ? url : new JsonObjectWriter().add('url', url), encoding)
}

function audioPart(part: MediaPart, encoding: Encoding): JsonText {
  const { source } = part
  if (source.type !== 'base64') throw unsupportedSource('audio', source.type)
  const format = source.mediaType.replace(/^audio\//, '')
  const audio = new JsonObjectWriter().add('data', source.data).add('format', toJsonText(format))
  return inner(part, 'input_audio', audio, encoding)
}

/** A part whose content is an object of its own, `{type: name, name: {...}}`, with the fields kept for it by dotted names. */
function inner(part: MediaPart, name: string, content: JsonObjectWriter | JsonText, encoding: Encoding): JsonText {
  const { context } = encoding
  const own = ownFields(part.ext)
  const writer = new JsonObjectWriter().add('type', toJsonText(name))
  if (own === null) loseExt(part.ext, 'messages', context.losses)
  const fields = [...(own ?? [])].filter(([field]) => !isHint(field))
  if (typeof content === 'string') {
    writer.add(name, content)
  } else {
    for (const [field, value] of fields)
      if (field.startsWith(`${name}.`)) content.add(field.slice(name.length + 1), value)
    writer.add(name, content.text)
  }
  writeCacheMark(writer, part, 'messages', encoding)
  for (const [field, value] of fields) if (!field.startsWith(`${name}.`)) writer.add(field, value)
  if (own !== null) writeQuiet(writer, own)
  return writer.text
}

function documentParts(part: MediaPart, encoding: Encoding): readonly JsonText[] {
  const { source } = part
  switch (source.type) {
    case 'text':
      return [textPart(documentText(part, source.data), encoding)]
    case 'base64': {
      const file = new JsonObjectWriter()
        .add('filename', part.title ?? (encoding.own ? null : toJsonText(`document.${extensionOf(source.mediaType)}`)))
        .add('file_data', dataUrl(source.mediaType, source.data))
      const context = part.context === null ? [] : [plainText(part.context)]
      return [...context, inner(part, 'file', file, encoding)]
    }
    case 'file': {
      // Only the vendor that holds the file can read it.
      if (!encoding.own) throw unsupportedSource('document', 'file')
      const file = new JsonObjectWriter().add('file_id', source.id).add('filename', part.title)
      return [inner(part, 'file', file, encoding)]
    }
    case 'url':
      throw unsupportedSource('document', 'url')
    default:
      return source satisfies never
  }
}

/** A plain-text document is text, under what the client said about it. */
function documentText(part: MediaPart, data: JsonText): TextPart {
  const title = part.title === null ? [] : [joinJsonStrings([stringToJson('Document: '), part.title])]
  const text = joinJsonStrings([...title, ...(part.context === null ? [] : [part.context]), data], '\n\n')
  return { kind: 'text', text, refusal: false, citations: null, cache: part.cache, ext: part.ext }
}

export function plainText(text: JsonText): JsonText {
  return new JsonObjectWriter().add('type', toJsonText('text')).add('text', text).text
}

function extensionOf(mediaType: string): string {
  return mediaType === 'application/pdf' ? 'pdf' : (/^text\/(\w+)$/.exec(mediaType)?.[1] ?? 'bin')
}

function unsupportedSource(media: string, source: string): GatewayError {
  const problem = `this model takes no ${media} by ${source === 'url' ? 'address' : source}; send its bytes`
  return new GatewayError('unsupported_parameter', `messages: ${problem}.`, { param: 'messages' })
}

/**
 * `content` of a system, user or tool message. A Chat client's stays a string or an array as it was; another's is a string
 * where it is one plain text. Where this vendor takes no arrays of text, it always is one.
 */
export function messageContent(parts: readonly Part[], shape: JsonText | null, encoding: Encoding): JsonText {
  const known = readableParts(parts, encoding)
  const texts = known.filter((part) => part.kind === 'text')
  const isPlain = texts.length === known.length && !texts.some((part) => hasFields(part, encoding))
  const wantsString = shape === null ? texts.length <= 1 : shape === '"string"' && texts.length === 1
  if (isPlain && (wantsString || (texts.length > 0 && !encoding.context.dialect.systemParts))) {
    return joinTexts(texts, encoding)
  }
  return jsonArray(contentParts(known, encoding))
}

/** The parts, with text in place of other protocols' blocks and of plain-text documents. */
export function readableParts(parts: readonly Part[], encoding: Encoding): readonly Part[] {
  return parts.flatMap((part): readonly Part[] => {
    if (part.kind === 'media' && part.media === 'document' && part.source.type === 'text') {
      return [documentText(part, part.source.data)]
    }
    if (part.kind !== 'opaque' || part.protocol === 'openai-chat') return [part]
    const text = blockText(part, encoding.context.losses)
    return text === null ? [] : [{ kind: 'text', text, refusal: false, citations: null, cache: null, ext: null }]
  })
}

/** The part says more than its text, so it must be an object. */
function hasFields(part: TextPart, encoding: Encoding): boolean {
  return isMarked(part, encoding) || [...(ownFields(part.ext)?.keys() ?? [])].some((name) => !isHint(name))
}

/** The texts as one string, with what cannot be said of a string reported. */
export function joinTexts(texts: readonly TextPart[], encoding: Encoding, separator = '\n\n'): JsonText {
  const { losses } = encoding.context
  for (const part of texts) {
    if (part.citations !== null) losses.drop('messages.citations', 'no equivalent in OpenAI Chat')
    if (!encoding.own) loseCacheMark(part, 'messages', encoding)
    if (ownFields(part.ext) === null) loseExt(part.ext, 'messages', losses)
  }
  return texts.length === 0
    ? EMPTY_JSON_STRING
    : joinJsonStrings(
        texts.map(({ text }) => text),
        separator,
      )
}
