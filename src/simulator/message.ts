import type { JsonText } from '../lib/json.ts'
import type { Stop } from './answer.ts'

/** An answer ready to be written in either vendor's form, streamed or whole. */
export interface Message {
  /** What ids are made from. */
  readonly seed: string
  /** As the client asked for it. */
  readonly model: string
  readonly parts: readonly MessagePart[]
  readonly stop: Stop
  readonly stopSequence: string | null
  readonly usage: MessageUsage
}

export type MessagePart =
  | { readonly type: 'text' | 'refusal'; readonly pieces: readonly JsonText[] }
  | { readonly type: 'thinking'; readonly pieces: readonly JsonText[]; readonly signature: string }
  | { readonly type: 'redacted-thinking'; readonly data: string }
  | ToolCall
  | { readonly type: 'block'; readonly block: JsonText }

export interface ToolCall {
  readonly type: 'tool-call'
  /** Distinguishes the calls of one message. */
  readonly ordinal: number
  readonly name: string
  /** The input is free text and no JSON. */
  readonly custom: boolean
  readonly pieces: readonly JsonText[]
}

/** Tokens. `input` includes what was read from and written to the prompt cache. */
export interface MessageUsage {
  readonly input: number
  readonly cached: number
  readonly written: number
  readonly output: number
  /** Part of `output`. */
  readonly thought: number
}
