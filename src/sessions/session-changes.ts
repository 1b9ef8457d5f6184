import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import type { Session, SessionDetails, Turn } from './session.ts'
import type { SessionChange, SessionRecord, Use } from './session-store.ts'

/** What becomes of a session. What is left out stays as it was. */
export interface Changes {
  readonly details?: SessionDetails
  readonly instructions?: readonly Part[]
  /** Behind all others. */
  readonly messages?: readonly Message[]
  /** So many of the oldest turns go. */
  readonly drop?: number
}

/** The session after a change that was made. */
export function changed(
  session: Session,
  changes: Changes,
  { details: written, turn }: SessionChange,
  use: Use,
): Session {
  const { record } = session
  const { details = session.details, instructions = session.instructions, messages = [], drop = 0 } = changes
  const added = turn === undefined ? [] : [{ messages, bytes: turn.bytes }]
  const gone = session.turns.slice(0, drop)
  return {
    record: {
      ...record,
      ...usedAt(use),
      version: record.version + 1,
      details: written ?? record.details,
      messages: record.messages + countOf(added) - countOf(gone),
      bytes: record.bytes + bytesOf(added) - bytesOf(gone),
    },
    details,
    instructions,
    turns: [...session.turns.slice(drop), ...added],
  }
}

function countOf(turns: readonly Turn[]): number {
  return turns.reduce((sum, { messages }) => sum + messages.length, 0)
}

function bytesOf(turns: readonly Turn[]): number {
  return turns.reduce((sum, { bytes }) => sum + bytes, 0)
}

export function usedAt({ now, ttl }: Use): Pick<SessionRecord, 'lastUsed' | 'expires'> {
  return { lastUsed: now, expires: now + ttl }
}
