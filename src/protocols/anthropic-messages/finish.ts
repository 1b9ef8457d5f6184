import type { Finish, FinishReason } from '../../canonical/response.ts'
import { stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { literal } from './wire.ts'

const REASONS: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop-sequence'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'context-window'],
  ['tool_use', 'tool-call'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
])

const STOP_REASONS: Readonly<Record<Exclude<FinishReason, 'other'>, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'context-window': 'model_context_window_exceeded',
  'tool-call': 'tool_use',
  refusal: 'refusal',
  pause: 'pause_turn',
}

/** Which tools an answer called: the client's, or the one that stands for structured output. */
export interface CalledTools {
  readonly client: boolean
  readonly output: boolean
}

/** From `stop_reason`, `stop_sequence` and `stop_details`. Some hosts end an answer without saying why. */
export function decodeFinish(
  stopReason: string | null,
  stopSequence: string | null,
  details: JsonText | null,
  called: CalledTools,
): Finish {
  if (called.output && !called.client && (stopReason === 'tool_use' || stopReason === null)) {
    return { reason: 'stop', raw: 'end_turn', stopSequence, details }
  }
  if (stopReason === null) return { reason: called.client ? 'tool-call' : 'stop', raw: null, stopSequence, details }
  return { reason: REASONS.get(stopReason) ?? 'other', raw: stopReason, stopSequence, details }
}

export interface EncodedFinish {
  readonly stopReason: JsonText
  readonly stopSequence: JsonText
  /** Null: leave it out. */
  readonly stopDetails: JsonText | null
}

const REFUSAL_DETAILS = literal('{"type":"refusal","category":null,"explanation":null}')

/** `own`: the answer came in this protocol, so that its word for the reason is right as it is. */
export function encodeFinish(finish: Finish, own: boolean, calledTool: boolean): EncodedFinish {
  return {
    stopReason: stringToJson(wordFor(finish, own, calledTool)),
    stopSequence: finish.stopSequence === null ? literal('null') : stringToJson(finish.stopSequence),
    stopDetails: finish.details ?? (!own && finish.reason === 'refusal' ? REFUSAL_DETAILS : null),
  }
}

function wordFor(finish: Finish, own: boolean, calledTool: boolean): string {
  if (own && finish.raw !== null) return finish.raw
  // Many vendors say "stop" after tool calls; clients of this protocol would then not run them.
  if (calledTool && (finish.reason === 'stop' || finish.reason === 'other')) return STOP_REASONS['tool-call']
  return finish.reason === 'other' ? STOP_REASONS.stop : STOP_REASONS[finish.reason]
}
