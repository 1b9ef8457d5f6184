import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import type { Seal } from '../../canonical/content.ts'
import { EFFORTS } from '../../canonical/effort.ts'
import type { Event } from '../../canonical/event.ts'
import { LossList } from '../../canonical/loss.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { OPENAI_CHAT_DIALECT } from '../dialect.ts'
import type { ChatDialect, ChatReasoningDialect } from '../dialect.ts'
import type { AnswerContext, DecodeContext, ReplyContext, Sealer, UpstreamRequestContext } from '../protocol.ts'
import { streamDecoder } from './stream-decoder.ts'

/** What the tests of this folder build contexts from. */
export function dialect(
  changes: Partial<Omit<ChatDialect, 'reasoning'>> = {},
  reasoning: Partial<ChatReasoningDialect> = {},
): ChatDialect {
  return { ...OPENAI_CHAT_DIALECT, ...changes, reasoning: { ...OPENAI_CHAT_DIALECT.reasoning, ...reasoning } }
}

export function capabilities(changes: Partial<ModelCapabilities> = {}): ModelCapabilities {
  return {
    contextWindow: null,
    maxOutputTokens: null,
    vision: true,
    documents: true,
    tools: true,
    sampling: true,
    thinking: [],
    efforts: EFFORTS,
    forcedToolChoice: true,
    structuredOutput: true,
    midSystem: true,
    ...changes,
  }
}

export function answerContext(changes: Partial<AnswerContext<'openai-chat'>> = {}): AnswerContext<'openai-chat'> {
  return {
    provider: 'openai',
    model: 'gpt-5.5',
    dialect: dialect(),
    toolNames: new Map(),
    outputTool: null,
    stop: [],
    maxEventBytes: 1024 * 1024,
    ...changes,
  }
}

/** A carrier that anyone can read: the real one only adds a MAC. */
export const sealer: Sealer = {
  close: (seal, ordinal) => {
    const { kind, value, origin } = seal
    const payload = { kind, value, origin: origin === null ? null : { ...origin }, ordinal }
    return `ucr1.k.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.mac`
  },
  open: (carrier) => {
    if (!carrier.startsWith('ucr1.')) return 'foreign'
    const [, , payload, mac] = carrier.split('.')
    if (mac !== 'mac' || payload === undefined) return 'invalid'
    const node = scanJson(Buffer.from(payload, 'base64url').toString('utf8'))
    const origin = node.get('origin')
    const kind = node.get('kind')?.string
    const seal: Seal = {
      kind: kind === 'redacted' || kind === 'encrypted' ? kind : 'signature',
      value: node.get('value')?.string ?? '',
      origin:
        origin?.kind === 'object'
          ? {
              provider: origin.get('provider')?.string ?? '',
              protocol: origin.get('protocol')?.string === 'openai-chat' ? 'openai-chat' : 'anthropic-messages',
              model: origin.get('model')?.string ?? '',
            }
          : null,
    }
    return { seal }
  },
}

export function decodeContext(losses: LossSink = new LossList()): DecodeContext {
  return { sealer, headers: {}, losses }
}

export function replyContext(changes: Partial<ReplyContext> = {}): ReplyContext {
  return {
    id: 'r1',
    model: 'asked',
    created: 1_700_000_000,
    includeUsage: true,
    estimatedInputTokens: 0,
    requestExt: null,
    sealer,
    losses: new LossList(),
    ...changes,
  }
}

export function upstreamContext(
  changes: Partial<UpstreamRequestContext<'openai-chat'>> = {},
): UpstreamRequestContext<'openai-chat'> {
  return {
    model: 'gpt-5.5',
    provider: 'openai',
    capabilities: capabilities(),
    dialect: dialect(),
    losses: new LossList(),
    ...changes,
  }
}

/** An event stream of these chunks; a string goes in as it is. */
export function sse(...chunks: readonly (JsonValue | string)[]): string {
  return chunks.map((data) => `data: ${typeof data === 'string' ? data : toJsonText(data)}\n\n`).join('')
}

/** A chunk with one choice. */
export function chunk(delta: JsonValue, finish: string | null = null, more: Record<string, JsonValue> = {}): JsonValue {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5.5-2026',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  }
}

/** The events of a stream; `cuts` are byte offsets where it is cut. */
export function decodeStream(
  stream: string | Buffer,
  changes: Partial<AnswerContext<'openai-chat'>> = {},
  cuts: readonly number[] = [],
): Event[] {
  const events: Event[] = []
  const decoder = streamDecoder(answerContext(changes), (event) => events.push(event))
  const bytes = Buffer.from(stream)
  const at = [0, ...cuts, bytes.length]
  for (const [index, start] of at.slice(0, -1).entries()) decoder.feed(bytes.subarray(start, at[index + 1]))
  decoder.end()
  return events
}
