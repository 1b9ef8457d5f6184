import type { Message } from '../canonical/request.ts'
import type { Turn } from './session.ts'
import { writeMessages } from './write-messages.ts'

/** How long a history may become. */
export interface HistoryBounds {
  readonly maxMessages: number
  /** Bytes, before they are compressed. */
  readonly maxBytes: number
}

export interface Fitting {
  /** So many of the oldest turns go. */
  readonly drop: number
  /** Messages in those turns, and of the new ones those that are not kept. */
  readonly dropped: number
  /** What is kept of the new messages. */
  readonly messages: readonly Message[]
}

/**
 * Makes room for new messages: the oldest go. What is left begins with what a user said: never with the result of a tool
 * call that went, nor with an answer to a question that did.
 */
export function fitHistory(turns: readonly Turn[], added: readonly Message[], bounds: HistoryBounds): Fitting {
  const { messages, bytes } = newestThatFit(added, bounds)
  const room = { messages: bounds.maxMessages - messages.length, bytes: bounds.maxBytes - bytes }
  let first = turns.length
  for (let at = turns.length - 1; at >= 0; at--) {
    const turn = turns[at]
    if (turn === undefined || messages.length < added.length) break
    room.messages -= turn.messages.length
    room.bytes -= turn.bytes
    if (room.messages < 0 || room.bytes < 0) break
    if (at === 0 || isOpening(turn.messages[0])) first = at
  }
  const gone = turns.slice(0, first).reduce((sum, turn) => sum + turn.messages.length, 0)
  return { drop: first, dropped: gone + added.length - messages.length, messages }
}

/** All of them, nearly always. `bytes`: what those take that do. */
function newestThatFit(
  added: readonly Message[],
  { maxMessages, maxBytes }: HistoryBounds,
): { readonly messages: readonly Message[]; readonly bytes: number } {
  const bytes = sizeOf(added)
  if (added.length <= maxMessages && bytes <= maxBytes) return { messages: added, bytes }
  let taken = 0
  let first = added.length
  for (let at = added.length - 1; at >= Math.max(0, added.length - maxMessages); at--) {
    const message = added[at]
    if (message === undefined) break
    taken += sizeOf([message])
    if (taken > maxBytes) break
    if (isOpening(message)) first = at
  }
  const messages = added.slice(first)
  return { messages, bytes: sizeOf(messages) }
}

function isOpening(message: Message | undefined): boolean {
  return message?.role === 'user' && !message.parts.some(({ kind }) => kind === 'tool-result')
}

function sizeOf(messages: readonly Message[]): number {
  return messages.length === 0 ? 0 : Buffer.byteLength(writeMessages(messages))
}
