import type { CacheMark, MediaPart, MediaSource, Part, Seal, SealOrigin } from '../canonical/content.ts'
import type { Ext } from '../canonical/ext.ts'
import { isProtocolId } from '../canonical/protocol-id.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { Message } from '../canonical/request.ts'
import { scanJson } from '../lib/json.ts'
import type { JsonNode, JsonText } from '../lib/json.ts'

/** What clients may nest, and what is around it here. */
const SCAN = { maxDepth: 2000 }

/** What `writeMessages` wrote. Throws where it is something else. */
export function readMessages(json: string): readonly Message[] {
  return scanJson(json, SCAN).items.map(readMessage)
}

/** What `writeParts` wrote. Throws where it is something else. */
export function readParts(json: string): readonly Part[] {
  return scanJson(json, SCAN).items.map(readPart)
}

function readMessage(node: JsonNode): Message {
  return {
    role: oneOf(['user', 'assistant', 'system'], node, 'role'),
    parts: partsOf(node, 'parts'),
    name: node.get('name')?.string ?? null,
    ext: readExt(node),
  }
}

function partsOf(node: JsonNode, name: string): readonly Part[] {
  return (node.get(name)?.items ?? []).map(readPart)
}

function readPart(node: JsonNode): Part {
  const kind = oneOf(['text', 'reasoning', 'media', 'tool-call', 'tool-result', 'opaque'], node, 'kind')
  const rest = { cache: readMark(node), ext: readExt(node) }
  switch (kind) {
    case 'text': {
      const refusal = flag(node, 'refusal')
      return { kind, text: literal(node, 'text'), refusal, citations: literalOrNull(node, 'citations'), ...rest }
    }
    case 'reasoning':
      return { kind, text: literal(node, 'text'), seal: readSeal(node), ...rest }
    case 'media':
      return { kind, ...readMedia(node), ...rest }
    case 'tool-call': {
      const input = literal(node, 'input')
      return { kind, id: text(node, 'id'), name: text(node, 'name'), input, invalid: flag(node, 'invalid'), ...rest }
    }
    case 'tool-result': {
      const content = partsOf(node, 'content')
      return { kind, callId: text(node, 'callId'), content, isError: flag(node, 'isError'), ...rest }
    }
    case 'opaque':
      return { kind, protocol: protocolOf(node), type: text(node, 'type'), raw: literal(node, 'raw') }
    default:
      return kind satisfies never
  }
}

function readMedia(node: JsonNode): Pick<MediaPart, 'media' | 'source' | 'title' | 'context'> {
  return {
    media: oneOf(['image', 'document', 'audio'], node, 'media'),
    source: readSource(required(node, 'source')),
    title: literalOrNull(node, 'title'),
    context: literalOrNull(node, 'context'),
  }
}

function readSource(node: JsonNode): MediaSource {
  const type = oneOf(['base64', 'url', 'file', 'text'], node, 'type')
  switch (type) {
    case 'base64':
    case 'text':
      return { type, mediaType: text(node, 'mediaType'), data: literal(node, 'data') }
    case 'url':
      return { type, url: literal(node, 'url') }
    case 'file':
      return { type, id: literal(node, 'id') }
    default:
      return type satisfies never
  }
}

function readSeal(node: JsonNode): Seal | null {
  const seal = node.get('seal')
  if (seal === undefined) return null
  const kind = oneOf(['signature', 'redacted', 'encrypted'], seal, 'kind')
  return { kind, value: text(seal, 'value'), origin: readOrigin(seal) }
}

function readOrigin(seal: JsonNode): SealOrigin | null {
  if (seal.get('provider') === undefined) return null
  return { provider: text(seal, 'provider'), protocol: protocolOf(seal), model: text(seal, 'model') }
}

function readMark(node: JsonNode): CacheMark | null {
  const mark = node.get('cache')
  if (mark === undefined) return null
  return { ttl: mark.get('ttl')?.isNull === true ? null : oneOf(['5m', '1h'], mark, 'ttl') }
}

function readExt(node: JsonNode): Ext | null {
  const ext = node.get('ext')
  if (ext === undefined) return null
  const fields = required(ext, 'fields').members.map(({ name, value }) => [name, value.raw] as const)
  return { protocol: protocolOf(ext), fields: new Map(fields) }
}

function protocolOf(node: JsonNode): ProtocolId {
  const id = text(node, 'protocol')
  if (!isProtocolId(id)) throw unreadable('protocol')
  return id
}

function oneOf<const W extends string>(words: readonly W[], node: JsonNode, name: string): W {
  const given = node.get(name)?.string
  const word = words.find((each) => each === given)
  if (word === undefined) throw unreadable(name)
  return word
}

function required(node: JsonNode, name: string): JsonNode {
  const member = node.get(name)
  if (member === undefined) throw unreadable(name)
  return member
}

function literal(node: JsonNode, name: string): JsonText {
  return required(node, name).raw
}

function literalOrNull(node: JsonNode, name: string): JsonText | null {
  return node.get(name)?.raw ?? null
}

function text(node: JsonNode, name: string): string {
  const given = node.get(name)?.string
  if (given === undefined) throw unreadable(name)
  return given
}

function flag(node: JsonNode, name: string): boolean {
  return node.get(name)?.boolean === true
}

function unreadable(name: string): Error {
  return new Error(`A stored message cannot be read: ${name}.`)
}
