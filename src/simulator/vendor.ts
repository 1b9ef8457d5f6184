import type { Headers } from '../lib/headers.ts'
import type { Conversation } from './conversation.ts'
import type { JsonObject } from './json-object.ts'
import type { Message } from './message.ts'
import type { VendorId } from './request.ts'
import type { Settings } from './settings.ts'

/** One of the APIs that the simulator speaks. */
export interface Vendor {
  readonly id: VendorId
  /** What the vendor would refuse in this body, the first finding first. */
  problems(body: JsonObject, headers: Headers, settings: Settings): Iterable<Problem>
  /** What a body without problems asks for. */
  read(body: JsonObject): Conversation
  /** Stands for the whole prompt, for thinking that is bound to it; null where the vendor binds nothing. */
  promptDigest(body: JsonObject): string | null
  promptTooLong(tokens: number, limit: number): Problem
  answerTooLong(tokens: number, model: ListedModel): Problem
  whole(message: Message, conversation: Conversation, settings: Settings): string
  stream(message: Message, conversation: Conversation, settings: Settings): EventList
  /** Body of an error answer. */
  error(problem: Problem, requestId: string): string
  /** The event that says that a stream failed. */
  errorEvent(problem: Problem, requestId: string): string
  /** What keeps a silent stream alive. */
  readonly ping: string
  /** An event whose JSON is cut off. */
  readonly garbage: string
  /** Header fields of every answer. */
  headers(requestId: string): Readonly<Record<string, string>>
  /** The list of models, as this vendor's clients expect it. */
  models(models: readonly ListedModel[], query: URLSearchParams): string
  model(model: ListedModel): string
}

/** Why the vendor answers with an error. */
export interface Problem {
  readonly status: number
  readonly message: string
  /** The vendor's word for the kind of error, when it is not the one that goes with the status. */
  readonly type?: string | undefined
  readonly param?: string | undefined
  readonly code?: string | undefined
}

export interface EventList {
  readonly events: readonly StreamEvent[]
  /** Index of the first event that belongs to the end of the answer (stop reason, usage). */
  readonly endsAt: number
}

export interface StreamEvent {
  /** The whole event with its blank line. */
  readonly text: string
  /** Carries a token, so pacing waits before it. */
  readonly token: boolean
}

export interface ListedModel {
  readonly id: string
  readonly about: string
  readonly maxInputTokens: number
  readonly maxOutputTokens: number
}

/** An answer that breaks a rule of the API: 400 `invalid_request_error` at both vendors. */
export function invalid(message: string, param?: string, code?: string): Problem {
  return { status: 400, type: 'invalid_request_error', message, param, code }
}
