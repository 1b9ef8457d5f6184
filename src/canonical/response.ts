import type { JsonText } from '../lib/json.ts'
import type { Part } from './content.ts'
import type { Ext } from './ext.ts'
import type { Usage } from './usage.ts'

/** Why the model stopped, in words all protocols can be mapped to. */
export type FinishReason =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  /** The model's context window is full. */
  | 'context-window'
  | 'tool-call'
  | 'refusal'
  /** A vendor's own tool loop paused; the client sends the turn back to go on. */
  | 'pause'
  /** A reason that nobody typed; `raw` has it. */
  | 'other'

export interface Finish {
  readonly reason: FinishReason
  /** The vendor's word, null when it gave none. */
  readonly raw: string | null
  readonly stopSequence: string | null
  /** Anthropic `stop_details`, or null. */
  readonly details: JsonText | null
}

/** One complete answer. */
export interface CanonicalResponse {
  /** The upstream's id, or null. */
  readonly id: string | null
  /** The model that the upstream says it used, or null. */
  readonly model: string | null
  readonly parts: readonly Part[]
  readonly finish: Finish
  /** Null when the vendor sent none: whoever relays the answer then counts by itself. */
  readonly usage: Usage | null
  readonly ext: Ext | null
}
