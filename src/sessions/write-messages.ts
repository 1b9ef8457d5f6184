import type { CacheMark, MediaSource, Part, Seal } from '../canonical/content.ts'
import type { Ext } from '../canonical/ext.ts'
import type { Message } from '../canonical/request.ts'
import { JsonObjectWriter, jsonArray, toJsonText } from '../lib/json.ts'
import type { JsonText } from '../lib/json.ts'

/**
 * Messages as one JSON array in which every literal stands as its source wrote it, so that `readMessages` gives back the
 * same, byte for byte.
 */
export function writeMessages(messages: readonly Message[]): JsonText {
  return jsonArray(messages.map(writeMessage))
}

/** The same of parts without a message: a system prompt. */
export function writeParts(parts: readonly Part[]): JsonText {
  return jsonArray(parts.map(writePart))
}

function writeMessage({ role, parts, name, ext }: Message): JsonText {
  return new JsonObjectWriter()
    .add('role', toJsonText(role))
    .add('parts', writeParts(parts))
    .add('name', optional(name))
    .add('ext', writeExt(ext)).text
}

function writePart(part: Part): JsonText {
  const writer = new JsonObjectWriter().add('kind', toJsonText(part.kind))
  switch (part.kind) {
    case 'text':
      writer.add('text', part.text).add('refusal', flag(part.refusal)).add('citations', part.citations)
      break
    case 'reasoning':
      writer.add('text', part.text).add('seal', writeSeal(part.seal))
      break
    case 'media':
      writer.add('media', toJsonText(part.media)).add('source', writeSource(part.source))
      writer.add('title', part.title).add('context', part.context)
      break
    case 'tool-call':
      writer.add('id', toJsonText(part.id)).add('name', toJsonText(part.name))
      writer.add('input', part.input).add('invalid', flag(part.invalid))
      break
    case 'tool-result':
      writer.add('callId', toJsonText(part.callId)).add('content', writeParts(part.content))
      writer.add('isError', flag(part.isError))
      break
    case 'opaque':
      return writer.add('protocol', toJsonText(part.protocol)).add('type', toJsonText(part.type)).add('raw', part.raw)
        .text
    default:
      return part satisfies never
  }
  return writer.add('cache', writeMark(part.cache)).add('ext', writeExt(part.ext)).text
}

function writeSeal(seal: Seal | null): JsonText | null {
  if (seal === null) return null
  const writer = new JsonObjectWriter().add('kind', toJsonText(seal.kind)).add('value', toJsonText(seal.value))
  if (seal.origin === null) return writer.text
  const { provider, protocol, model } = seal.origin
  return writer
    .add('provider', toJsonText(provider))
    .add('protocol', toJsonText(protocol))
    .add('model', toJsonText(model)).text
}

function writeSource(source: MediaSource): JsonText {
  const writer = new JsonObjectWriter().add('type', toJsonText(source.type))
  switch (source.type) {
    case 'base64':
    case 'text':
      return writer.add('mediaType', toJsonText(source.mediaType)).add('data', source.data).text
    case 'url':
      return writer.add('url', source.url).text
    case 'file':
      return writer.add('id', source.id).text
    default:
      return source satisfies never
  }
}

function writeMark(mark: CacheMark | null): JsonText | null {
  return mark === null ? null : toJsonText({ ttl: mark.ttl })
}

function writeExt(ext: Ext | null): JsonText | null {
  if (ext === null) return null
  const fields = new JsonObjectWriter()
  for (const [name, value] of ext.fields) fields.add(name, value)
  return new JsonObjectWriter().add('protocol', toJsonText(ext.protocol)).add('fields', fields.text).text
}

function optional(text: string | null): JsonText | null {
  return text === null ? null : toJsonText(text)
}

/** Written where it is true. */
function flag(value: boolean): JsonText | null {
  return value ? toJsonText(true) : null
}
