import type { JsonValue } from '../lib/json.ts'
import type { Settings } from './settings.ts'

/** What a model or a script wants to be answered, in words that both vendors share. */
export type Answer = MessageAnswer | ErrorAnswer | RawAnswer

export interface MessageAnswer {
  readonly kind: 'message'
  readonly parts: readonly AnswerPart[]
  /** By default `tool-use` where a tool is called, else `end`. */
  readonly stop?: Stop
  /** With `stop: 'stop-sequence'`: which one. */
  readonly stopSequence?: string
  /** Settings of this answer; those in the request win. */
  readonly settings?: Partial<Settings>
  /** A streamed answer stands still after so many events until the promise settles. */
  readonly hold?: { readonly afterEvents: number; readonly until: Promise<unknown> }
}

export type AnswerPart =
  /** An array gives the exact pieces in which a stream brings the text. */
  | { readonly type: 'text'; readonly text: string | readonly string[] }
  /** Made up, of so many tokens. */
  | { readonly type: 'sample'; readonly tokens: number }
  /** How a Chat model says no; Anthropic has no such part, there it is text. */
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'redacted-thinking' }
  | { readonly type: 'tool-call'; readonly name: string; readonly input: JsonValue; readonly custom?: boolean }
  /** A block of Anthropic's protocol as it stands; it comes whole. Chat has no place for it. */
  | { readonly type: 'block'; readonly block: JsonValue }

/** Every reason for which either vendor ends an answer; each vendor has a word for all of them. */
export type Stop =
  | 'end'
  | 'max-tokens'
  | 'stop-sequence'
  | 'tool-use'
  /** The legacy form of `tool-use` in Chat. */
  | 'function-call'
  | 'pause'
  | 'refusal'
  | 'content-filter'
  | 'context-window'

export interface ErrorAnswer {
  readonly kind: 'error'
  readonly status: number
  readonly message?: string
  /** The vendor's own word (`overloaded_error`); by default the one for the status. */
  readonly type?: string
  /** Anthropic: `details.error_code`. OpenAI: `code`. */
  readonly code?: string
  /** OpenAI: the field at fault. */
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Bytes as a script wants them, one write each. */
export interface RawAnswer {
  readonly kind: 'raw'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly writes: readonly (string | Buffer)[]
}

/** A plain answer. */
export function textAnswer(text: string): MessageAnswer {
  return { kind: 'message', parts: [{ type: 'text', text }] }
}
