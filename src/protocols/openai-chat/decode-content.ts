import type { Part, TextPart } from '../../canonical/content.ts'
import { toJsonText } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { readCacheMark } from './cache-marks.ts'
import { FieldReader, YES } from './ext.ts'
import { bareSeal } from './decode-reasoning.ts'
import { invalid } from './invalid.ts'
import { readAudio, readFile, readImage } from './media.ts'
import { readThinkingPart } from './reasoning-details.ts'

/**
 * A message's `content`: a string, parts, or nothing. `owner` gets a hint about which it was, `where` leads to it in a report.
 */
export function readContent(owner: FieldReader, ...where: readonly (string | number)[]): readonly Part[] {
  const content = owner.take('content')
  if (content === undefined) return []
  if (content.kind === 'string') {
    owner.hint('content', toJsonText('string'))
    return [textPart(content, null)]
  }
  if (content.kind !== 'array') throw invalid('must be a string or an array of parts', ...where, 'content')
  owner.hint('content', toJsonText('array'))
  return content.items.map((item, index) => readPart(item, [...where, 'content', index]))
}

function textPart(text: JsonNode, fields: FieldReader | null, refusal = false): TextPart {
  return {
    kind: 'text',
    text: text.raw,
    refusal,
    citations: null,
    cache: fields === null ? null : readCacheMark(fields),
    ext: fields?.ext ?? null,
  }
}

function readPart(node: JsonNode, where: readonly (string | number)[]): Part {
  if (node.kind !== 'object') throw invalid('must be an object', ...where)
  const type = node.get('type')?.string ?? ''
  return READERS.get(type)?.(node) ?? { kind: 'opaque', protocol: 'openai-chat', type, raw: node.raw }
}

type PartReader = (node: JsonNode) => Part | null

/** Parts by their type. A reader gives null for a part that it does not understand whole; that travels as it is. */
const READERS: ReadonlyMap<string, PartReader> = new Map<string, PartReader>([
  ['text', (node) => readText(node, 'text')],
  ['refusal', (node) => readText(node, 'refusal')],
  ['image_url', readImage],
  ['input_audio', readAudio],
  ['file', readFile],
  ['thinking', readThinking],
])

function readText(node: JsonNode, field: 'text' | 'refusal'): TextPart | null {
  const fields = new FieldReader(node)
  const text = fields.takeKind(field, 'string')
  if (text === undefined) return null
  fields.take('type')
  if (field === 'refusal') fields.hint('inContent', YES)
  return textPart(text, fields, field === 'refusal')
}

function readThinking(node: JsonNode): Part | null {
  const piece = readThinkingPart(node, 1)
  if (piece === null) return null
  const fields = new FieldReader(node)
  for (const name of node.index().keys()) fields.take(name)
  fields.hint('inContent', YES)
  return { kind: 'reasoning', text: piece.text, seal: bareSeal(piece), cache: null, ext: fields.ext }
}
