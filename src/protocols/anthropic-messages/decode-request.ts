import type { Seal } from '../../canonical/content.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import { decodeJsonString } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { DecodeContext } from '../protocol.ts'
import { decodeContent, hintShape } from './decode-content.ts'
import type { SealReader } from './decode-content.ts'
import {
  decodeMaxTokens,
  decodeOutputFormat,
  decodeReasoning,
  decodeSampling,
  decodeStop,
  decodeUser,
} from './decode-settings.ts'
import { decodeToolChoice, decodeTools } from './decode-tools.ts'
import { ExtCollector } from './ext-collector.ts'
import { invalidRequest, readingRequest, requiredString } from './wire.ts'

/** Fields with a type of their own, or that decoders of their own keep. */
const ROOT_FIELDS = new Set([
  'model',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'stream',
])

/** Reads a Messages request, count requests included. Nothing that is in it gets lost: see `ExtCollector`. */
export function decodeRequest(root: JsonNode, context: DecodeContext): CanonicalRequest {
  return readingRequest(() => decodeRoot(root, sealReader(context)))
}

/** What a client holds is either our carrier or what Anthropic itself gave it. A carrier that was tampered with is nothing. */
function sealReader({ sealer, losses }: DecodeContext): SealReader {
  return (kind, value): Seal | null => {
    if (value === '') return null
    const opened = sealer.open(value)
    if (opened === 'invalid') {
      losses.drop('messages.thinking', 'a carrier that this gateway did not make for this client')
      return null
    }
    return opened === 'foreign' ? { kind, value, origin: null } : opened.seal
  }
}

function decodeRoot(root: JsonNode, readSeal: SealReader): CanonicalRequest {
  const collector = new ExtCollector().rest(root, ROOT_FIELDS)
  const system = decodeContent(root.get('system'), 'system', readSeal)
  hintShape('system', system, collector)
  const tools = arrayOf(root, 'tools', collector)
  return {
    model: decodeJsonString(requiredString(root, 'model', '')),
    instructions: system.parts,
    messages: decodeMessages(root, readSeal),
    tools: tools === null ? [] : decodeTools(tools),
    ...decodeToolChoice(root, collector),
    maxOutputTokens: decodeMaxTokens(root, collector),
    sampling: decodeSampling(root, collector),
    stop: decodeStop(root, collector),
    reasoning: decodeReasoning(root, collector),
    outputFormat: decodeOutputFormat(root, collector),
    stream: decodeStream(root, collector),
    includeUsage: true,
    user: decodeUser(root, collector),
    ext: collector.root,
  }
}

function decodeMessages(root: JsonNode, readSeal: SealReader): readonly Message[] {
  const messages = root.get('messages')
  if (messages?.kind !== 'array') throw invalidRequest('messages', 'must be an array')
  return messages.items.map((message, index) => decodeMessage(message, `messages.${index}`, readSeal))
}

const MESSAGE_FIELDS = new Set(['role', 'content'])

function decodeMessage(message: JsonNode, path: string, readSeal: SealReader): Message {
  if (message.kind !== 'object') throw invalidRequest(path, 'must be an object')
  const role = message.get('role')?.string
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw invalidRequest(`${path}.role`, 'must be "user", "assistant" or "system"')
  }
  const collector = new ExtCollector().rest(message, MESSAGE_FIELDS)
  const content = decodeContent(message.get('content'), `${path}.content`, readSeal)
  hintShape('content', content, collector)
  return { role, parts: content.parts, name: null, ext: collector.ext }
}

function decodeStream(root: JsonNode, collector: ExtCollector): boolean {
  const stream = root.get('stream')
  if (stream === undefined || stream.boolean === true) return stream !== undefined
  if (stream.boolean === false || stream.isNull) collector.hint('stream', stream.raw)
  else collector.keep('stream', stream)
  return false
}

function arrayOf(root: JsonNode, name: string, collector: ExtCollector): JsonNode | null {
  const node = root.get(name)
  if (node === undefined) return null
  if (node.isNull || (node.kind === 'array' && node.items.length === 0)) {
    collector.hint(name, node.raw)
    return null
  }
  if (node.kind !== 'array') throw invalidRequest(name, 'must be an array')
  return node
}
