import type { JsonText } from '../lib/json.ts'
import type { Ext } from './ext.ts'
import type { ProtocolId } from './protocol-id.ts'

/** One piece of a message. Closed: a kind that nobody typed travels as `opaque`. */
export type Part = TextPart | ReasoningPart | MediaPart | ToolCallPart | ToolResultPart | OpaquePart

/** A prompt cache breakpoint after this node, with its lifetime where one was asked for. */
export interface CacheMark {
  readonly ttl: '5m' | '1h' | null
}

export interface TextPart {
  readonly kind: 'text'
  /** A JSON string literal with its quotes. */
  readonly text: JsonText
  /** The model declined, and this is how it said so (Chat's `refusal`). */
  readonly refusal: boolean
  /** Anthropic `citations`, or null. */
  readonly citations: JsonText | null
  readonly cache: CacheMark | null
  readonly ext: Ext | null
}

/**
 * What only the vendor that made it can read: a signature, redacted thinking, encrypted reasoning. It goes back to its
 * origin byte for byte, and to nobody else.
 */
export interface Seal {
  readonly kind: 'signature' | 'redacted' | 'encrypted'
  readonly value: string
  /** Null when it came from the client bare, so that only its protocol is known. */
  readonly origin: SealOrigin | null
}

export interface SealOrigin {
  /** Provider type (`anthropic`, `openrouter`), not the configured id: two accounts of one vendor share seals. */
  readonly provider: string
  readonly protocol: ProtocolId
  /** The upstream's name of the model. */
  readonly model: string
}

export interface ReasoningPart {
  readonly kind: 'reasoning'
  /** JSON string literal; `""` when the vendor shows none. */
  readonly text: JsonText
  readonly seal: Seal | null
  readonly cache: CacheMark | null
  readonly ext: Ext | null
}

export type MediaSource =
  | { readonly type: 'base64'; readonly mediaType: string; readonly data: JsonText }
  | { readonly type: 'url'; readonly url: JsonText }
  | { readonly type: 'file'; readonly id: JsonText }
  /** A plain-text document given inline. */
  | { readonly type: 'text'; readonly mediaType: string; readonly data: JsonText }

export interface MediaPart {
  readonly kind: 'media'
  readonly media: 'image' | 'document' | 'audio'
  readonly source: MediaSource
  /** JSON string literals. */
  readonly title: JsonText | null
  readonly context: JsonText | null
  readonly cache: CacheMark | null
  readonly ext: Ext | null
}

export interface ToolCallPart {
  readonly kind: 'tool-call'
  readonly id: string
  readonly name: string
  /**
   * The arguments: a JSON object literal. When `invalid` is set it is instead the JSON string literal of whatever text
   * the model or the client gave, which does not parse as an object.
   */
  readonly input: JsonText
  readonly invalid: boolean
  readonly cache: CacheMark | null
  readonly ext: Ext | null
}

export interface ToolResultPart {
  readonly kind: 'tool-result'
  readonly callId: string
  /** Text, media and opaque parts. Empty is legal. */
  readonly content: readonly Part[]
  readonly isError: boolean
  readonly cache: CacheMark | null
  readonly ext: Ext | null
}

/** A block that the canonical form does not model (server tools, future blocks). Only its own protocol can send it on. */
export interface OpaquePart {
  readonly kind: 'opaque'
  readonly protocol: ProtocolId
  /** The wire's own type name: `server_tool_use`. */
  readonly type: string
  readonly raw: JsonText
}
