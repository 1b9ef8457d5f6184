import type { Seal, SealOrigin } from '../../canonical/content.ts'
import {
  EMPTY_JSON_STRING,
  JsonObjectWriter,
  joinJsonStrings,
  jsonArray,
  scanJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'

/**
 * Reasoning as Chat vendors write it. Plain text stands in `reasoning_content` or `reasoning`. Reasoning that only its vendor
 * can read again stands in `reasoning_details` (OpenRouter) or, with Mistral, in a content part of type `thinking`; the
 * canonical form holds such an object, without its text, as the value of a seal.
 */
export const PLAIN_FIELDS = ['reasoning_content', 'reasoning'] as const

export type PlainField = (typeof PLAIN_FIELDS)[number]

/** The fields of a detail, its text left out. */
export type DetailFields = ReadonlyMap<string, JsonText>

export interface ReasoningPiece {
  /** JSON string literal. */
  readonly text: JsonText
  /** Null for plain text. */
  readonly detail: DetailFields | null
  /** Pieces of one key that follow each other in a stream are one part, until a signature closes it. */
  readonly key: string
  /** Where the text stands as plain text, which it may do beside a detail. */
  readonly field: PlainField | null
}

export interface ReasoningFields {
  readonly pieces: readonly ReasoningPiece[]
  /** Plain fields that said once more what the pieces say. */
  readonly repeated: readonly Repetition[]
}

/** `plain`: another plain field said it first. `details`: the texts of all details, joined, say it. */
export interface Repetition {
  readonly field: PlainField
  readonly of: 'plain' | 'details'
}

const TEXT_OF_TYPE: ReadonlyMap<string, string> = new Map([
  ['reasoning.text', 'text'],
  ['reasoning.summary', 'summary'],
])

const REASONING_MEMBERS: ReadonlySet<string> = new Set([...PLAIN_FIELDS, 'reasoning_details'])
const NOTHING: ReasoningFields = { pieces: [], repeated: [] }

/** All reasoning of a message or a delta, each text once: many servers write it into two or three fields. */
export function readReasoning(message: JsonNode): ReasoningFields {
  if (!message.members.some(({ name }) => REASONING_MEMBERS.has(name))) return NOTHING
  const details = (message.get('reasoning_details')?.items ?? [])
    .filter((item) => item.kind === 'object')
    .map(readDetail)
  const inDetails = details.length === 0 ? null : textOf(details)
  const pieces: ReasoningPiece[] = []
  const repeated: Repetition[] = []
  let first: string | null = null
  for (const field of PLAIN_FIELDS) {
    const node = message.get(field)
    if (node?.kind !== 'string') continue
    const text = node.string ?? ''
    if (text === first) {
      repeated.push({ field, of: 'plain' })
    } else if (text !== '' && text === inDetails) {
      repeated.push({ field, of: 'details' })
    } else {
      pieces.push({ text: node.raw, detail: null, key: field, field })
      first = text
    }
  }
  const field = repeated.find((repetition) => repetition.of === 'details')?.field
  return { pieces: [...pieces, ...details.map((piece) => withField(piece, field))], repeated }
}

function withField(piece: ReasoningPiece, field: PlainField | undefined): ReasoningPiece {
  return field === undefined || piece.text === EMPTY_JSON_STRING ? piece : { ...piece, field }
}

function textOf(pieces: readonly ReasoningPiece[]): string | null {
  const texts = pieces.map(({ text }) => text)
  return scanJson(joinJsonStrings(texts)).string ?? null
}

function readDetail(node: JsonNode): ReasoningPiece {
  const type = node.get('type')?.string ?? ''
  const textName = TEXT_OF_TYPE.get(type)
  const text = textName === undefined ? undefined : node.get(textName)
  const hasText = text?.kind === 'string' && text.raw !== EMPTY_JSON_STRING
  const fields = new Map<string, JsonText>()
  for (const [name, value] of node.index()) if (!(hasText && name === textName)) fields.set(name, value.raw)
  return {
    text: hasText ? text.raw : EMPTY_JSON_STRING,
    detail: fields,
    key: `${type}#${node.get('index')?.raw ?? ''}`,
    field: null,
  }
}

/**
 * Mistral: `{type: "thinking", thinking: [{type: "text", text}], signature?, closed?}`. Null when it holds something else than
 * text, or more than `maxTexts` pieces of it.
 */
export function readThinkingPart(node: JsonNode, maxTexts: number): ReasoningPiece | null {
  const thinking = node.get('thinking')
  const texts: JsonText[] = []
  for (const item of thinking?.items ?? []) {
    const text = item.kind === 'object' && item.get('type')?.string === 'text' ? item.get('text') : undefined
    if (text?.kind !== 'string' || item.members.length > 2) return null
    texts.push(text.raw)
  }
  if (thinking?.kind !== 'array' || texts.length > maxTexts) return null
  const fields = new Map(
    [...node.index()].filter(([name]) => name !== 'thinking').map(([name, value]) => [name, value.raw]),
  )
  return { text: joinJsonStrings(texts), detail: fields, key: 'thinking', field: null }
}

/** True when a vendor closed the detail: what follows is another one. */
export function isSigned(fields: DetailFields): boolean {
  const signature = fields.get('signature')
  return signature !== undefined && signature !== toJsonText(null)
}

/** A seal that holds a detail; with no fields it only says where plain text came from. */
export function detailSeal(fields: DetailFields, origin: SealOrigin): Seal {
  const type = fields.get('type')
  const isText = type === undefined || type !== toJsonText('reasoning.encrypted')
  return { kind: isText ? 'signature' : 'encrypted', value: fields.size === 0 ? '' : objectOf(fields), origin }
}

/** The detail as its vendor wrote it, or null for a seal that holds none. */
export function writeDetail(seal: Seal, text: JsonText): JsonText | null {
  const node = detailOf(seal)
  const type = node?.get('type')?.string
  if (node === null || type === undefined) return null
  const writer = new JsonObjectWriter().add('type', toJsonText(type))
  const textName = TEXT_OF_TYPE.get(type)
  const hasText = text !== EMPTY_JSON_STRING
  if (type === 'thinking') {
    const item = new JsonObjectWriter().add('type', toJsonText('text')).add('text', text).text
    writer.add('thinking', jsonArray(hasText ? [item] : []))
  } else if (textName !== undefined && hasText) {
    writer.add(textName, text)
  }
  for (const { name, value } of node.members) {
    if (name !== 'type' && !(hasText && name === textName)) writer.add(name, value.raw)
  }
  return writer.text
}

/** A signature that belongs to a tool call (Google's `extra_content`), as a seal that travels in front of the call. */
export function extraContentSeal(extraContent: JsonText, origin: SealOrigin): Seal {
  return { kind: 'encrypted', value: objectOf(new Map([['extra_content', extraContent]])), origin }
}

/** The `extra_content` in a seal, or null. */
export function extraContentOf(seal: Seal): JsonText | null {
  return detailOf(seal)?.get('extra_content')?.raw ?? null
}

function detailOf(seal: Seal): JsonNode | null {
  return seal.origin?.protocol === 'openai-chat' && seal.value.startsWith('{') ? scanJson(seal.value) : null
}

function objectOf(fields: DetailFields): JsonText {
  const writer = new JsonObjectWriter()
  for (const [name, value] of fields) writer.add(name, value)
  return writer.text
}
