import type { Finish, FinishReason } from '../../canonical/response.ts'
import { GatewayError } from '../../lib/error.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { ChatFinishReason } from './wire.ts'

/** What vendors call it. OpenAI has the first five; the others are from the vendors' own references and recordings. */
const REASONS: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-call'],
  ['function_call', 'tool-call'],
  ['content_filter', 'refusal'],
  // Anthropic's and Cohere's words, which some hosts of many models pass on
  ['end_turn', 'stop'],
  ['eos', 'stop'],
  ['complete', 'stop'],
  ['stop_sequence', 'stop-sequence'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool-call'],
  ['tool_call', 'tool-call'],
  ['refusal', 'refusal'],
  ['safety', 'refusal'],
  // Z.ai: the answer was blocked
  ['sensitive', 'refusal'],
  // Mistral
  ['model_length', 'context-window'],
  // Z.ai
  ['model_context_window_exceeded', 'context-window'],
])

type FailureCode = 'upstream_failed' | 'upstream_overloaded'

/** Words that say the answer broke off. Anything after them must not look like a whole answer. */
const FAILURES: ReadonlyMap<string, FailureCode> = new Map<string, FailureCode>([
  ['error', 'upstream_failed'],
  ['network_error', 'upstream_failed'],
  ['abort', 'upstream_failed'],
  // DeepSeek
  ['insufficient_system_resource', 'upstream_overloaded'],
])

/** What the answer held, which decides where the vendor's word is too coarse. */
export interface AnswerFacts {
  readonly toolCalls: boolean
  readonly refused: boolean
  /** The stop sequence that the vendor says it met, and that the request had asked for. */
  readonly stopSequence: string | null
  /** The vendor marked the end in another way: `[DONE]`, or an answer in one piece. */
  readonly complete: boolean
}

/** The vendor's `finish_reason`, or the error that it stands for: no word and no other end means that the answer was cut off. */
export function readFinish(raw: string | null, facts: AnswerFacts): Finish | GatewayError {
  if (raw === null && facts.complete) return plain(refine('stop', facts), null, facts)
  if (raw === null) {
    return new GatewayError('upstream_truncated', 'The upstream ended its answer without saying that it is complete.')
  }
  const word = raw.toLowerCase()
  const failure = FAILURES.get(word)
  if (failure !== undefined) {
    return new GatewayError(failure, `The upstream broke off its answer (${word}).`)
  }
  return plain(refine(REASONS.get(word) ?? 'other', facts), raw, facts)
}

function plain(reason: FinishReason, raw: string | null, facts: AnswerFacts): Finish {
  return { reason, raw, stopSequence: reason === 'stop-sequence' ? facts.stopSequence : null, details: null }
}

function refine(reason: FinishReason, facts: AnswerFacts): FinishReason {
  // Many servers say `stop` after tool calls; a client that believed it would never run them.
  if ((reason === 'stop' || reason === 'other') && facts.toolCalls) return 'tool-call'
  // And some say `tool_calls` without one; a client that believed it would wait for a result forever.
  if (reason === 'tool-call' && !facts.toolCalls) return 'stop'
  if (reason === 'stop' && facts.refused) return 'refusal'
  if (reason === 'stop' && facts.stopSequence !== null) return 'stop-sequence'
  return reason
}

/** vLLM says which stop sequence it met in `stop_reason`, SGLang in `matched_stop`; token ids stand there too. */
export function readStopSequence(choice: JsonNode, asked: readonly string[]): string | null {
  for (const name of ['stop_reason', 'matched_stop']) {
    const matched = choice.get(name)?.string
    if (matched !== undefined && asked.includes(matched)) return matched
  }
  return null
}

const WORDS: Readonly<Record<FinishReason, ChatFinishReason>> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'context-window': 'length',
  'tool-call': 'tool_calls',
  refusal: 'content_filter',
  pause: 'stop',
  other: 'stop',
}

/**
 * Chat's word for it. SDKs type the field as a closed set, so a vendor's own word is not passed on. Where a Chat vendor's model
 * declined in words of its own, it stopped: nothing was filtered.
 */
export function writeFinish({ reason, raw }: Finish, calledTool: boolean): ChatFinishReason {
  if (reason === 'refusal' && raw === 'stop') return 'stop'
  // Hosts of other protocols are as careless about calls as those of Chat; see `refine`.
  if (calledTool) return reason === 'stop' || reason === 'other' ? 'tool_calls' : WORDS[reason]
  return reason === 'tool-call' ? 'stop' : WORDS[reason]
}
