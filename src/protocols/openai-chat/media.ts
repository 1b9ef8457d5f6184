import type { MediaPart, MediaSource } from '../../canonical/content.ts'
import { decodeJsonString, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { readCacheMark } from './cache-marks.ts'
import { FieldReader, YES } from './ext.ts'
import { literal } from './wire.ts'

const DATA_URL = /^"data:([\w.+-]+\/[\w.+-]+);base64,/

/** `{type: "image_url", image_url: {url, detail?}}`; null when there is no address in it. */
export function readImage(node: JsonNode): MediaPart | null {
  const fields = new FieldReader(node)
  const image = fields.take('image_url')
  fields.take('type')
  // Some clients write the address where the object belongs.
  if (image?.kind === 'string') {
    fields.hint('bare', YES)
    return media('image', urlSource(image.raw), fields)
  }
  const url = image?.get('url')
  if (image === undefined || url?.kind !== 'string') return null
  keepMembers(fields, image, 'image_url', ['url'])
  return media('image', urlSource(url.raw), fields)
}

/** `{type: "input_audio", input_audio: {data, format}}`. */
export function readAudio(node: JsonNode): MediaPart | null {
  const fields = new FieldReader(node)
  const audio = fields.take('input_audio')
  fields.take('type')
  const data = audio?.get('data')
  const format = audio?.get('format')?.string
  if (audio === undefined || data?.kind !== 'string' || format === undefined) return null
  keepMembers(fields, audio, 'input_audio', ['data', 'format'])
  return media('audio', { type: 'base64', mediaType: `audio/${format}`, data: data.raw }, fields)
}

/** `{type: "file", file: {file_data, filename} | {file_id}}`; null for what is neither. */
export function readFile(node: JsonNode): MediaPart | null {
  const fields = new FieldReader(node)
  const file = fields.take('file')
  fields.take('type')
  if (file?.kind !== 'object') return null
  const [id, data, name] = [file.get('file_id'), file.get('file_data'), file.get('filename')]
  const source = id?.kind === 'string' ? { type: 'file' as const, id: id.raw } : fileSource(data)
  // Both at once, or neither: whoever knows what that means is not us.
  if (source === null || (id !== undefined && data !== undefined)) return null
  const hasName = name?.kind === 'string'
  keepMembers(fields, file, 'file', ['file_id', 'file_data', ...(hasName ? ['filename'] : [])])
  return { ...media('document', source, fields), title: hasName ? name.raw : null }
}

function fileSource(data: JsonNode | undefined): MediaSource | null {
  const source = data?.kind === 'string' ? urlSource(data.raw) : null
  return source?.type === 'base64' ? source : null
}

function media(kind: MediaPart['media'], source: MediaSource, fields: FieldReader): MediaPart {
  return {
    kind: 'media',
    media: kind,
    source,
    title: null,
    context: null,
    cache: readCacheMark(fields),
    ext: fields.ext,
  }
}

/** Members of the inner object that nobody reads keep their place by a dotted name. */
function keepMembers(fields: FieldReader, inner: JsonNode, prefix: string, read: readonly string[]): void {
  for (const [name, value] of inner.index()) if (!read.includes(name)) fields.keep(`${prefix}.${name}`, value.raw)
}

/** A `data:` URL as its bytes, anything else as an address. */
function urlSource(url: JsonText): MediaSource {
  // Some encoders escape slashes, also those of Base64.
  const plain = url.includes('\\') ? stringToJson(decodeJsonString(url)) : url
  const prefix = DATA_URL.exec(plain)
  const [, mediaType] = prefix ?? []
  if (prefix === null || mediaType === undefined) return { type: 'url', url }
  return { type: 'base64', mediaType, data: literal(`"${plain.slice(prefix[0].length)}`) }
}

/** The `data:` URL of bytes, their literal taken as it stands. */
export function dataUrl(mediaType: string, data: JsonText): JsonText {
  return literal(`${stringToJson(`data:${mediaType};base64,`).slice(0, -1)}${data.slice(1)}`)
}
