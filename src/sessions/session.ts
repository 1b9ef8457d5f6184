import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import type { JsonText } from '../lib/json.ts'
import type { SessionRecord } from './session-store.ts'

/** A conversation that the gateway keeps for its client. */
export interface Session {
  readonly record: SessionRecord
  readonly details: SessionDetails
  /** The system prompt; empty where there is none. */
  readonly instructions: readonly Part[]
  /** Oldest first. */
  readonly turns: readonly Turn[]
}

/** Messages that were added in one go: what a client sent, and what the model answered. */
export interface Turn {
  readonly messages: readonly Message[]
  /** Of these messages, before they are compressed. */
  readonly bytes: number
}

/** What a session is called and what it is for. */
export interface SessionDetails {
  /** Whoever made it, as logs name them; null: nobody with a name, or a session of an earlier version. */
  readonly owner: string | null
  readonly model: string | null
  readonly title: string | null
  readonly maxTurns: number | null
  /** An object of the client's own. */
  readonly metadata: JsonText | null
  /** The last request whose answer was not kept, because it failed or was cut off. */
  readonly failure: SessionFailure | null
  /** How many of those there were. */
  readonly failures: number
  /** Messages that went because the history had become too long. */
  readonly dropped: number
}

export interface SessionFailure {
  /** Unix milliseconds. */
  readonly at: number
  /** A code of the table of errors, or `client_closed`. */
  readonly code: string
}

export const NO_DETAILS: SessionDetails = {
  owner: null,
  model: null,
  title: null,
  maxTurns: null,
  metadata: null,
  failure: null,
  failures: 0,
  dropped: 0,
}

/** The whole history, oldest first. */
export function messagesOf({ turns }: Session): readonly Message[] {
  return turns.flatMap(({ messages }) => messages)
}

const ID = /^[\x21-\x7e]{1,200}$/

/** Ids are the clients' to choose, but they travel in header fields. */
/** In words. */
export const SESSION_ID = '1 to 200 visible ASCII characters without spaces'

export function isSessionId(id: string): boolean {
  return ID.test(id)
}
