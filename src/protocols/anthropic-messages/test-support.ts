import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import type { Seal, TextPart } from '../../canonical/content.ts'
import { EFFORTS } from '../../canonical/effort.ts'
import type { Event } from '../../canonical/event.ts'
import type { Ext } from '../../canonical/ext.ts'
import { LossList } from '../../canonical/loss.ts'
import { isProtocolId } from '../../canonical/protocol-id.ts'
import type { ProtocolId } from '../../canonical/protocol-id.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import { parseJson, scanJson, stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { ANTHROPIC_MESSAGES_DIALECT } from '../dialect.ts'
import type { AnswerContext, ReplyContext, Sealer, UpstreamRequestContext } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'
import { literal } from './wire.ts'

/** A model that takes everything. */
export function capabilities(changes: Partial<ModelCapabilities> = {}): ModelCapabilities {
  return {
    contextWindow: null,
    maxOutputTokens: null,
    vision: true,
    documents: true,
    tools: true,
    sampling: true,
    thinking: ['enabled', 'adaptive', 'disabled', 'between_tools'],
    efforts: EFFORTS,
    forcedToolChoice: true,
    structuredOutput: true,
    midSystem: true,
    ...changes,
  }
}

/** A carrier that anyone can read: the real one only adds a MAC. One that ends in `forged` is invalid. */
export const sealer: Sealer = {
  close: ({ kind, value, origin }, ordinal) => {
    const payload = JSON.stringify({ kind, value, ...origin, ordinal })
    return `ucr1.k.${Buffer.from(payload).toString('base64url')}.mac`
  },
  open: (carrier) => {
    if (!carrier.startsWith('ucr1.')) return 'foreign'
    if (carrier.endsWith('forged')) return 'invalid'
    return { seal: sealIn(Buffer.from(carrier.split('.')[2] ?? '', 'base64url').toString('utf8')) }
  },
}

function sealIn(payload: string): Seal {
  const root = scanJson(payload)
  const [kind, value, provider, protocol, model] = ['kind', 'value', 'provider', 'protocol', 'model'].map(
    (name) => root.get(name)?.string ?? '',
  )
  return {
    kind: kind === 'redacted' || kind === 'encrypted' ? kind : 'signature',
    value: value ?? '',
    origin:
      protocol !== undefined && isProtocolId(protocol)
        ? { provider: provider ?? '', protocol, model: model ?? '' }
        : null,
  }
}

/** A JSON object as a value. */
export function parsed(json: string): Record<string, JsonValue> {
  const value = parseJson(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`not an object: ${json}`)
  return value
}

export function upstreamContext(
  changes: Partial<UpstreamRequestContext<'anthropic-messages'>> = {},
): UpstreamRequestContext<'anthropic-messages'> {
  return {
    model: 'claude-up',
    provider: 'anthropic',
    capabilities: capabilities(),
    dialect: ANTHROPIC_MESSAGES_DIALECT,
    losses: new LossList(),
    ...changes,
  }
}

export function answerContext(
  changes: Partial<AnswerContext<'anthropic-messages'>> = {},
): AnswerContext<'anthropic-messages'> {
  return {
    provider: 'anthropic',
    model: 'claude-up',
    dialect: ANTHROPIC_MESSAGES_DIALECT,
    toolNames: new Map(),
    outputTool: null,
    stop: [],
    maxEventBytes: 1024 * 1024,
    ...changes,
  }
}

export function replyContext(changes: Partial<ReplyContext> = {}): ReplyContext {
  return {
    id: 'abc',
    model: 'asked-for',
    created: 0,
    includeUsage: true,
    estimatedInputTokens: 7,
    requestExt: null,
    sealer,
    losses: new LossList(),
    ...changes,
  }
}

/** A request that came in another protocol. */
export function foreignRequest(changes: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    model: 'asked-for',
    instructions: [],
    messages: [user('hi')],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: null,
    sampling: { temperature: null, topP: null, topK: null, presencePenalty: null, frequencyPenalty: null, seed: null },
    stop: [],
    reasoning: null,
    outputFormat: null,
    stream: false,
    includeUsage: false,
    user: null,
    ext: ext({}),
    ...changes,
  }
}

export function ext(fields: Record<string, JsonValue>, protocol: ProtocolId = 'openai-chat'): Ext {
  const literals = Object.entries(fields).map(([name, value]) => [name, toJsonText(value)] as const)
  return { protocol, fields: new Map(literals) }
}

export function text(value: string): TextPart {
  return { kind: 'text', text: stringToJson(value), refusal: false, citations: null, cache: null, ext: null }
}

export function user(...parts: (string | Message['parts'][number])[]): Message {
  return message('user', parts)
}

export function assistant(...parts: (string | Message['parts'][number])[]): Message {
  return message('assistant', parts)
}

export function message(role: Message['role'], parts: readonly (string | Message['parts'][number])[]): Message {
  return { role, parts: parts.map((part) => (typeof part === 'string' ? text(part) : part)), name: null, ext: null }
}

export function call(id: string, name = 'read', input = '{}'): Message['parts'][number] {
  return { kind: 'tool-call', id, name, input: literal(input), invalid: false, cache: null, ext: null }
}

export function result(callId: string, value = `result of ${callId}`): Message['parts'][number] {
  return { kind: 'tool-result', callId, content: [text(value)], isError: false, cache: null, ext: null }
}

/** What is sent for a canonical request, parsed, and what was reported. */
export function sent(
  request: CanonicalRequest,
  changes: Partial<UpstreamRequestContext<'anthropic-messages'>> = {},
): { body: Record<string, JsonValue>; losses: readonly string[] } {
  const losses = new LossList()
  const { body } = encodeRequest(request, upstreamContext({ losses, ...changes }))
  return { body: parsed(body), losses: losses.losses.map(({ field }) => field) }
}

/** What is sent for a client's body. */
export function resent(
  body: JsonValue,
  changes: Partial<UpstreamRequestContext<'anthropic-messages'>> = {},
): { body: Record<string, JsonValue>; losses: readonly string[] } {
  return sent(decoded(body), changes)
}

export function decoded(body: JsonValue): CanonicalRequest {
  return decodeRequest(scanJson(JSON.stringify(body)), { sealer, headers: {}, losses: new LossList() })
}

/** The bytes of an event stream. */
export function sse(...events: { type: string; [member: string]: unknown }[]): Buffer {
  return Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
}

/** The events of a stream that arrives in these chunks. */
export function eventsOf(
  chunks: readonly Buffer[],
  changes: Partial<AnswerContext<'anthropic-messages'>> = {},
): readonly Event[] {
  const events: Event[] = []
  const decoder = new MessagesStreamDecoder(answerContext(changes), (event) => events.push(event))
  for (const chunk of chunks) decoder.feed(chunk)
  decoder.end()
  return events
}

/** The wire events for these canonical ones, checked for their framing. */
export function wireEvents(events: readonly Event[], changes: Partial<ReplyContext> = {}): Record<string, JsonValue>[] {
  const encoder = new MessagesStreamEncoder(replyContext(changes))
  const bytes = events.map((event) => encoder.encode(event)).join('')
  return bytes
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const [event, data, ...rest] = frame.split('\n')
      const value = parsed((data ?? '').replace(/^data: /, ''))
      const isNamed = typeof value['type'] === 'string' && event === `event: ${value['type']}`
      if (rest.length > 0 || !isNamed) throw new Error(`bad frame: ${frame}`)
      return value
    })
}

export const MESSAGE_START = {
  type: 'message_start',
  message: {
    id: 'msg_up',
    type: 'message',
    role: 'assistant',
    model: 'claude-up',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 40, cache_creation_input_tokens: 5, output_tokens: 1 },
  },
}

export function blockStart(index: number, block: Record<string, unknown>): { type: string; [member: string]: unknown } {
  return { type: 'content_block_start', index, content_block: block }
}

export function blockDelta(index: number, delta: Record<string, unknown>): { type: string; [member: string]: unknown } {
  return { type: 'content_block_delta', index, delta }
}

export function blockStop(index: number): { type: string; [member: string]: unknown } {
  return { type: 'content_block_stop', index }
}

export function messageDelta(
  stopReason: string | null,
  usage: Record<string, unknown> = { output_tokens: 20 },
): {
  type: string
  [member: string]: unknown
} {
  return { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage }
}

export const MESSAGE_STOP = { type: 'message_stop' }
