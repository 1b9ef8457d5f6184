import type { Message } from '../canonical/request.ts'
import { meaningOf } from './message-meaning.ts'

/** How a request goes on with a history. */
export interface Continuation {
  /** So many messages of the history come first... */
  readonly keep: number
  /** ...then those of the request, without the first so many. */
  readonly skip: number
}

/**
 * Nearly always a request brings only what is new. A client that sends its history along, or the call whose result it
 * brings, is not to have it twice; one that asks again from an earlier point leaves behind what came after it. Only what
 * has an answer of the model's in it counts as sent along: a user may well say the same thing again.
 */
export function continueHistory(history: readonly Message[], sent: readonly Message[]): Continuation {
  const plain = { keep: history.length, skip: 0 }
  if (history.length === 0 || !sent.some(isAnswer)) return plain
  const known = history.map(meaningOf)
  const asked = sent.map(meaningOf)
  return wholeHistory(known, asked) ?? sharedBeginning(known, asked, sent) ?? sharedEnd(known, asked, sent) ?? plain
}

function isAnswer({ role }: Message): boolean {
  return role === 'assistant'
}

/** All of it is in the request, perhaps behind what the session has dropped since. */
function wholeHistory(known: readonly string[], asked: readonly string[]): Continuation | null {
  for (let start = 0; start + known.length <= asked.length; start++) {
    if (known.every((meaning, index) => meaning === asked[start + index])) {
      return { keep: known.length, skip: start + known.length }
    }
  }
  return null
}

/** The request goes another way from some point on. */
function sharedBeginning(known: readonly string[], asked: readonly string[], sent: readonly Message[]) {
  const end = asked.findIndex((meaning, index) => meaning !== known[index])
  const shared = end === -1 ? asked.length : end
  return sent.slice(0, shared).some(isAnswer) ? { keep: shared, skip: shared } : null
}

/** The request begins with the last messages. */
function sharedEnd(known: readonly string[], asked: readonly string[], sent: readonly Message[]) {
  for (let length = Math.min(known.length, asked.length); length > 0; length--) {
    const isSame = known.slice(-length).every((meaning, index) => meaning === asked[index])
    if (isSame && sent.slice(0, length).some(isAnswer)) return { keep: known.length, skip: length }
  }
  return null
}
