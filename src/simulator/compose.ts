import { stringToJson, toJsonText } from '../lib/json.ts'
import type { AnswerPart, MessageAnswer, Stop } from './answer.ts'
import { sign } from './identity.ts'
import type { Message, MessagePart, MessageUsage } from './message.ts'
import { sampleText, splitText, textOfPieces, tokensIn } from './pieces.ts'
import type { SimulatorRequest } from './request.ts'
import type { Settings } from './settings.ts'

/** What the prompt cache knew of this prompt, in tokens. */
export interface CacheUsage {
  readonly cached: number
  readonly written: number
}

/**
 * Makes of an answer what can be written: signatures and usage added, the client's limits applied. `prefix` is the digest
 * of the prompt that thinking is bound to, null when it is free to move.
 */
export function composeMessage(
  request: SimulatorRequest,
  answer: MessageAnswer,
  settings: Settings,
  cache: CacheUsage,
  prefix: string | null,
): Message {
  const drafts = answer.parts.map((part, ordinal) => draft(part, ordinal, request, prefix))
  const stop = answer.stop ?? (drafts.some(({ part }) => part.type === 'tool-call') ? 'tool-use' : 'end')
  const limited = applyLimits({ drafts, stop, stopSequence: answer.stopSequence ?? null }, request)
  return {
    seed: request.seed,
    model: request.model,
    parts: limited.drafts.map(({ part }) => part).filter(hasContent),
    stop: limited.stop,
    stopSequence: limited.stopSequence,
    usage: usageOf(limited.drafts, request, settings, cache),
  }
}

interface Draft {
  readonly part: MessagePart
  /** What it cost to make, which is more than what is shown when thinking is left out. */
  readonly tokens: number
}

function draft(part: AnswerPart, ordinal: number, request: SimulatorRequest, prefix: string | null): Draft {
  switch (part.type) {
    case 'text':
      return counted({
        type: 'text',
        pieces: typeof part.text === 'string' ? splitText(part.text) : part.text.map(stringToJson),
      })
    case 'sample':
      return counted({ type: 'text', pieces: sampleText(part.tokens) })
    case 'refusal':
      return counted({ type: 'refusal', pieces: splitText(part.text) })
    case 'thinking': {
      const text = request.showsThinking ? part.text : ''
      const signature = sign({ kind: part.type, text }, request.seed, ordinal, prefix)
      return { part: { type: 'thinking', pieces: splitText(text), signature }, tokens: splitText(part.text).length }
    }
    case 'redacted-thinking':
      return {
        part: { type: part.type, data: sign({ kind: part.type, text: '' }, request.seed, ordinal, prefix) },
        tokens: 8,
      }
    case 'tool-call': {
      const custom = part.custom === true && request.vendor === 'openai'
      const input = custom && typeof part.input === 'string' ? part.input : JSON.stringify(part.input)
      return counted({ type: 'tool-call', ordinal, name: part.name, custom, pieces: splitText(input) })
    }
    case 'block':
      return counted({ type: 'block', block: toJsonText(part.block) })
    default:
      return part satisfies never
  }
}

function counted(part: Exclude<MessagePart, { type: 'redacted-thinking' }>): Draft {
  return { part, tokens: part.type === 'block' ? tokensIn(part.block.length) : part.pieces.length }
}

interface Outcome {
  readonly drafts: readonly Draft[]
  readonly stop: Stop
  readonly stopSequence: string | null
}

/** A client's stop sequence ends the answer where it first appears, `max_tokens` where the budget runs out. */
function applyLimits(outcome: Outcome, request: SimulatorRequest): Outcome {
  const stopped = request.stopSequences.length === 0 ? outcome : cutAtStopSequence(outcome, request.stopSequences)
  return request.maxTokens === null ? stopped : cutAtTokens(stopped, request.maxTokens)
}

function cutAtStopSequence(outcome: Outcome, sequences: readonly string[]): Outcome {
  for (const [index, { part }] of outcome.drafts.entries()) {
    if (part.type !== 'text') continue
    const text = textOfPieces(part.pieces)
    const hits = sequences.map((sequence) => ({ sequence, at: text.indexOf(sequence) })).filter(({ at }) => at !== -1)
    const first = hits.sort((left, right) => left.at - right.at)[0]
    if (first === undefined) continue
    const rest = counted({ type: 'text', pieces: splitText(text.slice(0, first.at)) })
    return { drafts: [...outcome.drafts.slice(0, index), rest], stop: 'stop-sequence', stopSequence: first.sequence }
  }
  return outcome
}

function cutAtTokens(outcome: Outcome, maxTokens: number): Outcome {
  let left = maxTokens
  for (const [index, { part, tokens }] of outcome.drafts.entries()) {
    if (tokens <= left) {
      left -= tokens
      continue
    }
    // Half a tool call or half a signed block cannot be said, so only text is cut in its middle.
    const rest = part.type === 'text' ? [counted({ type: 'text', pieces: part.pieces.slice(0, left) })] : []
    return { drafts: [...outcome.drafts.slice(0, index), ...rest], stop: 'max-tokens', stopSequence: null }
  }
  return outcome
}

function hasContent(part: MessagePart): boolean {
  return (part.type !== 'text' && part.type !== 'refusal') || part.pieces.length > 0
}

function usageOf(
  drafts: readonly Draft[],
  request: SimulatorRequest,
  settings: Settings,
  cache: CacheUsage,
): MessageUsage {
  let output = 0
  let thought = 0
  for (const { part, tokens } of drafts) {
    output += tokens
    if (part.type === 'thinking' || part.type === 'redacted-thinking') thought += tokens
  }
  const cached = settings.cached ?? cache.cached
  const written = settings.written ?? cache.written
  return {
    input: Math.max(settings.input ?? request.inputTokens, cached + written),
    cached,
    written,
    output: Math.max(settings.output ?? output * request.choices, settings.thought ?? 0),
    thought: settings.thought ?? Math.min(thought, settings.output ?? thought),
  }
}
