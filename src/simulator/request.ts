import type { Headers } from '../lib/headers.ts'
import type { Conversation, Turn } from './conversation.ts'
import type { JsonObject } from './json-object.ts'
import type { Settings } from './settings.ts'

export type VendorId = 'anthropic' | 'openai'

/** A valid request for an answer, as models and scripts see it. */
export interface SimulatorRequest extends Conversation {
  readonly vendor: VendorId
  /** Names in lower case. */
  readonly headers: Headers
  readonly body: JsonObject
  /** As asked for, with its settings: `text?gap=20`. */
  readonly model: string
  /** The model's name alone: `text`. */
  readonly name: string
  readonly stream: boolean
  readonly settings: Settings
  /** Hexadecimal, from the request's content: the same for a streamed and a whole answer. Ids are made from it. */
  readonly seed: string
}

const REMINDER = /^\s*<system-reminder>/

/** The newest words of the user: what clients wrap around them as reminders is left out, unless there is nothing else. */
export function lastUserText(turns: readonly Turn[]): string {
  for (const turn of turns.toReversed()) {
    if (turn.role !== 'user' || turn.texts.length === 0) continue
    return turn.texts.findLast((text) => !REMINDER.test(text)) ?? turn.texts.at(-1) ?? ''
  }
  return ''
}
