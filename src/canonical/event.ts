import type { GatewayError } from '../lib/error.ts'
import type { JsonText } from '../lib/json.ts'
import type { MediaPart, OpaquePart, Seal } from './content.ts'
import type { Ext } from './ext.ts'
import type { ProtocolId } from './protocol-id.ts'
import type { Finish } from './response.ts'
import type { Usage } from './usage.ts'

/**
 * One step of a streamed answer.
 *
 * Decoders promise: one `start` first; part indices contiguous from 0; at most one part open at a time, deltas only for
 * it; then, exactly once, either `finish` (after every `usage`) or `error`, and nothing behind it. An encoder may rely on that.
 */
export type Event =
  | StartEvent
  | PartStartEvent
  | TextDelta
  | InputDelta
  | SealDelta
  | CitationDelta
  | OpaqueDelta
  | PartEndEvent
  | UsageEvent
  | FinishEvent
  | ErrorEvent
  | OpaqueEvent

export interface StartEvent {
  readonly type: 'start'
  readonly id: string | null
  readonly model: string | null
  /** What the vendor knows at the start (Anthropic: input tokens), or null. */
  readonly usage: Usage | null
  readonly ext: Ext | null
}

/** What opens: a part without the content that deltas will bring. */
export type PartHead =
  | { readonly kind: 'text'; readonly refusal: boolean; readonly ext: Ext | null }
  | { readonly kind: 'reasoning'; readonly ext: Ext | null }
  | { readonly kind: 'tool-call'; readonly id: string; readonly name: string; readonly ext: Ext | null }
  /** These arrive whole; deltas may still follow an opaque one. */
  | MediaPart
  | OpaquePart

export interface PartStartEvent {
  readonly type: 'part-start'
  readonly index: number
  readonly part: PartHead
}

/** More text of the open text or reasoning part. */
export interface TextDelta {
  readonly type: 'text-delta'
  readonly index: number
  /** JSON string literal, never with half a surrogate pair. */
  readonly text: JsonText
}

/** More of the open tool call's arguments: the JSON string literal of a piece of JSON text. */
export interface InputDelta {
  readonly type: 'input-delta'
  readonly index: number
  readonly json: JsonText
}

/** The seal of the open part, whole. */
export interface SealDelta {
  readonly type: 'seal-delta'
  readonly index: number
  readonly seal: Seal
}

/** One Anthropic citation object for the open text part. */
export interface CitationDelta {
  readonly type: 'citation-delta'
  readonly index: number
  readonly citation: JsonText
}

/** A delta of a kind nobody typed: the whole wire event's `delta`. */
export interface OpaqueDelta {
  readonly type: 'opaque-delta'
  readonly index: number
  readonly protocol: ProtocolId
  readonly raw: JsonText
}

export interface PartEndEvent {
  readonly type: 'part-end'
  readonly index: number
}

/** Cumulative; a later one replaces an earlier one. */
export interface UsageEvent {
  readonly type: 'usage'
  readonly usage: Usage
}

export interface FinishEvent {
  readonly type: 'finish'
  readonly finish: Finish
  readonly ext: Ext | null
}

/** The answer failed after it had begun. What came before is not a whole answer. */
export interface ErrorEvent {
  readonly type: 'error'
  readonly error: GatewayError
}

/** A wire event of a kind nobody typed. */
export interface OpaqueEvent {
  readonly type: 'opaque'
  readonly protocol: ProtocolId
  /** The wire's event name. */
  readonly name: string
  readonly raw: JsonText
}

/** Takes events as they come. Called synchronously by decoders. */
export type EventSink = (event: Event) => void
