import type {
  CacheMark,
  MediaPart,
  MediaSource,
  Part,
  ReasoningPart,
  Seal,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/content.ts'
import { decodeJsonString, EMPTY_JSON_STRING, joinJsonStrings, stringToJson } from '../../lib/json.ts'
import type { JsonKind, JsonNode, JsonText } from '../../lib/json.ts'
import { ExtCollector } from './ext-collector.ts'
import { invalidRequest, literal, PROTOCOL, requiredString } from './wire.ts'

/** How the `signature` (`""` where there is none) or the `data` of a thinking block becomes a seal; null when it must not be used. */
export type SealReader = (kind: 'signature' | 'redacted', value: string) => Seal | null

export type ContentShape = 'absent' | 'null' | 'string' | 'array'

/** Content as requests write it: a string, or an array of blocks. */
export interface Content {
  readonly parts: readonly Part[]
  readonly shape: ContentShape
}

type BlockDecoder = (block: JsonNode, path: string, readSeal: SealReader) => Part

const CACHE_LIFETIMES: ReadonlyMap<string | undefined, CacheMark['ttl']> = new Map([
  ['5m', '5m'],
  ['1h', '1h'],
])

/** The parts of a `content` or `system` field. Throws `invalid_request` with `path`. */
export function decodeContent(content: JsonNode | undefined, path: string, readSeal: SealReader): Content {
  if (content === undefined) return { parts: [], shape: 'absent' }
  switch (content.kind) {
    case 'string':
      return { parts: [plainText(content.raw)], shape: 'string' }
    case 'array':
      return {
        parts: content.items.map((item, index) => decodeBlock(item, `${path}.${index}`, readSeal)),
        shape: 'array',
      }
    case 'null':
      return { parts: [], shape: 'null' }
    case 'object':
    case 'number':
    case 'boolean':
      throw invalidRequest(path, 'must be a string or an array of content blocks')
    default:
      return content.kind satisfies never
  }
}

/** Remembers the shape, unless it is the one that these parts get anyway. */
export function hintShape(name: string, content: Content, collector: ExtCollector): void {
  if (content.shape !== defaultShape(content.parts)) collector.hint(name, stringToJson(content.shape))
}

/** How an encoder writes parts that came with no hint. */
export function defaultShape(parts: readonly Part[]): ContentShape {
  return parts.length === 0 ? 'absent' : 'array'
}

/** One content block. A type that nobody typed becomes an opaque part; a broken block of a known type throws. */
export function decodeBlock(block: JsonNode, path: string, readSeal: SealReader): Part {
  if (block.kind !== 'object') throw invalidRequest(path, 'must be an object')
  const type = block.get('type')?.string ?? ''
  const decode = DECODERS.get(type)
  return decode === undefined ? opaque(block, type) : decode(block, path, readSeal)
}

export function plainText(text: JsonText): TextPart {
  return { kind: 'text', text, refusal: false, citations: null, cache: null, ext: null }
}

/** What the client asked to cache; unusual values stay in the ext as they are. */
export function decodeCacheMark(node: JsonNode, collector: ExtCollector): CacheMark | null {
  const mark = node.get('cache_control')
  if (mark === undefined) return null
  if (mark.isNull) {
    collector.hint('cache_control', mark.raw)
    return null
  }
  const ttl = mark.get('ttl')
  const lifetime = ttl === undefined ? null : CACHE_LIFETIMES.get(ttl.string)
  const isPlain = mark.get('type')?.string === 'ephemeral' && mark.members.length === (ttl === undefined ? 1 : 2)
  if (!isPlain || lifetime === undefined) collector.keep('cache_control', mark)
  return { ttl: lifetime ?? null }
}

const TEXT_FIELDS = new Set(['type', 'text', 'citations', 'cache_control'])

function decodeText(block: JsonNode, path: string): TextPart {
  const collector = new ExtCollector().rest(block, TEXT_FIELDS)
  return {
    kind: 'text',
    text: requiredString(block, 'text', path),
    refusal: false,
    citations: optional(block, 'citations', 'array', collector),
    cache: decodeCacheMark(block, collector),
    ext: collector.ext,
  }
}

const THINKING_FIELDS = new Set(['type', 'thinking', 'signature', 'cache_control'])

function decodeThinking(block: JsonNode, path: string, readSeal: SealReader): ReasoningPart {
  const collector = new ExtCollector().rest(block, THINKING_FIELDS)
  const signature = block.get('signature')
  const value = signature?.string ?? ''
  // Compatible vendors send an empty signature where they have none.
  if (signature !== undefined && value === '') collector.hint('signature', signature.raw)
  return {
    kind: 'reasoning',
    text: requiredString(block, 'thinking', path),
    seal: readSeal('signature', value),
    cache: decodeCacheMark(block, collector),
    ext: collector.ext,
  }
}

const REDACTED_FIELDS = new Set(['type', 'data', 'cache_control'])

function decodeRedacted(block: JsonNode, path: string, readSeal: SealReader): ReasoningPart {
  const collector = new ExtCollector().rest(block, REDACTED_FIELDS)
  return {
    kind: 'reasoning',
    text: EMPTY_JSON_STRING,
    seal: readSeal('redacted', decodeJsonString(requiredString(block, 'data', path))),
    cache: decodeCacheMark(block, collector),
    ext: collector.ext,
  }
}

const TOOL_USE_FIELDS = new Set(['type', 'id', 'name', 'input', 'cache_control'])

function decodeToolUse(block: JsonNode, path: string): ToolCallPart {
  const collector = new ExtCollector().rest(block, TOOL_USE_FIELDS)
  const input = block.get('input')
  const isObject = input === undefined || input.kind === 'object'
  if (!isObject) collector.keep('input', input)
  return {
    kind: 'tool-call',
    id: decodeJsonString(requiredString(block, 'id', path)),
    name: decodeJsonString(requiredString(block, 'name', path)),
    input: isObject ? (input?.raw ?? literal('{}')) : stringToJson(input.raw),
    invalid: !isObject,
    cache: decodeCacheMark(block, collector),
    ext: collector.ext,
  }
}

const TOOL_RESULT_FIELDS = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control'])

function decodeToolResult(block: JsonNode, path: string, readSeal: SealReader): ToolResultPart {
  const collector = new ExtCollector().rest(block, TOOL_RESULT_FIELDS)
  const content = decodeContent(block.get('content'), `${path}.content`, readSeal)
  hintShape('content', content, collector)
  return {
    kind: 'tool-result',
    callId: decodeJsonString(requiredString(block, 'tool_use_id', path)),
    content: content.parts,
    isError: decodeFlag(block, 'is_error', collector),
    cache: decodeCacheMark(block, collector),
    ext: collector.ext,
  }
}

const MEDIA_FIELDS = new Set(['type', 'source', 'title', 'context', 'cache_control'])

function decodeMedia(media: 'image' | 'document'): BlockDecoder {
  return (block) => {
    const collector = new ExtCollector().rest(block, MEDIA_FIELDS)
    const source = decodeSource(block.get('source'), collector)
    if (source === null) return opaque(block, media)
    return {
      kind: 'media',
      media,
      source,
      title: optional(block, 'title', 'string', collector),
      context: optional(block, 'context', 'string', collector),
      cache: decodeCacheMark(block, collector),
      ext: collector.ext,
    } satisfies MediaPart
  }
}

const SOURCE_FIELDS = {
  base64: new Set(['type', 'media_type', 'data']),
  url: new Set(['type', 'url']),
  file: new Set(['type', 'file_id']),
  text: new Set(['type', 'media_type', 'data']),
} as const

/** Null for a source of a kind nobody typed: the block then travels as it is. */
function decodeSource(source: JsonNode | undefined, collector: ExtCollector): MediaSource | null {
  const type = source?.get('type')?.string
  if (source === undefined) return null
  switch (type) {
    case 'base64':
    case 'text': {
      const mediaType = source.get('media_type')?.string
      const data = source.get('data')
      if (mediaType === undefined || data?.kind !== 'string') return null
      collector.rest(source, SOURCE_FIELDS[type], 'source.')
      return { type, mediaType, data: data.raw }
    }
    case 'url': {
      const url = source.get('url')
      if (url?.kind !== 'string') return null
      collector.rest(source, SOURCE_FIELDS.url, 'source.')
      return { type, url: url.raw }
    }
    case 'file': {
      const id = source.get('file_id')
      if (id?.kind !== 'string') return null
      collector.rest(source, SOURCE_FIELDS.file, 'source.')
      return { type, id: id.raw }
    }
    case 'content':
      return decodeContentSource(source, collector)
    case undefined:
    default:
      return null
  }
}

/** A document made of text blocks is a plain text to everybody but Anthropic, whose citations point at the blocks. */
function decodeContentSource(source: JsonNode, collector: ExtCollector): MediaSource | null {
  const content = source.get('content')
  const blocks = content?.kind === 'string' ? [content] : (content?.items.map((block) => block.get('text')) ?? [])
  const texts = blocks.filter((text) => text !== undefined).map((text) => text.raw)
  const isAllText = texts.length === blocks.length && texts.every((text) => text.startsWith('"'))
  if (!isAllText || texts.length === 0) return null
  collector.hint('source', source.raw)
  return { type: 'text', mediaType: 'text/plain', data: joinJsonStrings(texts, '\n\n') }
}

const DECODERS: ReadonlyMap<string, BlockDecoder> = new Map<string, BlockDecoder>([
  ['text', decodeText],
  ['thinking', decodeThinking],
  ['redacted_thinking', decodeRedacted],
  ['tool_use', decodeToolUse],
  ['tool_result', decodeToolResult],
  ['image', decodeMedia('image')],
  ['document', decodeMedia('document')],
])

function opaque(block: JsonNode, type: string): Part {
  return { kind: 'opaque', protocol: PROTOCOL, type, raw: block.raw }
}

/** The literal of a member of this kind. Null is only a hint, and anything else stays in the ext. */
export function optional(node: JsonNode, name: string, kind: JsonKind, collector: ExtCollector): JsonText | null {
  return optionalNode(node, name, kind, collector)?.raw ?? null
}

/** The same, to be looked into. */
export function optionalNode(node: JsonNode, name: string, kind: JsonKind, collector: ExtCollector): JsonNode | null {
  const value = node.get(name)
  if (value === undefined) return null
  if (value.kind === kind) return value
  if (value.isNull) collector.hint(name, value.raw)
  else collector.keep(name, value)
  return null
}

/** A switch that is off when absent. */
export function decodeFlag(node: JsonNode, name: string, collector: ExtCollector): boolean {
  const value = node.get(name)
  if (value === undefined) return false
  if (value.boolean === true) return true
  if (value.boolean === false || value.isNull) collector.hint(name, value.raw)
  else collector.keep(name, value)
  return false
}
