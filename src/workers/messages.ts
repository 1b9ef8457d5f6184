import type { JsonValue } from '../lib/json.ts'

/** From the supervisor to a worker. */
export type ToWorker =
  /** The first one. `urls`: of the listeners, in their order. `secret`: base64. `key`: one that clients may send. */
  | { readonly kind: 'begin'; readonly urls: readonly string[]; readonly secret: string; readonly key: string | null }
  /** Comes with a socket of which nothing was read. To be answered by `took` before anything is. */
  | { readonly kind: 'connection'; readonly id: number; readonly listener: number }
  | { readonly kind: 'told'; readonly topic: string; readonly data: JsonValue }
  /** To be answered by `answer`. */
  | { readonly kind: 'asked'; readonly id: number; readonly topic: string; readonly question: JsonValue }
  | { readonly kind: 'answers'; readonly id: number; readonly answers: readonly JsonValue[] }
  /** Of all workers that get it, one says what came of it. */
  | { readonly kind: 'reload'; readonly announce: boolean }
  /** The supervisor keeps no log of its own. */
  | { readonly kind: 'log'; readonly level: 'info' | 'warn'; readonly text: string; readonly fields: LogFields }
  /** From now on it does what only one worker may do. */
  | { readonly kind: 'lead' }
  /** Nothing was heard of it for a while: to be answered by `alive`. */
  | { readonly kind: 'check' }
  /** How many workers were replaced by now. */
  | ({ readonly kind: 'replaced' } & Replaced)
  | { readonly kind: 'drain' }

/** From a worker to the supervisor. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly summary: JsonValue }
  /** It ends; `text` is for people, with what to do about it. */
  | { readonly kind: 'failed'; readonly text: string; readonly exitCode: number }
  | { readonly kind: 'took'; readonly id: number }
  | { readonly kind: 'alive' }
  /** It does something long that it was asked for. `blocks`: it answers nothing meanwhile. */
  | { readonly kind: 'away'; readonly blocks: boolean }
  /** It has done it. */
  | { readonly kind: 'back' }
  | { readonly kind: 'tell'; readonly topic: string; readonly data: JsonValue }
  /** For the time when it is gone. */
  | { readonly kind: 'keep'; readonly topic: string; readonly data: JsonValue }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly topic: string
      readonly milliseconds: number
      readonly question: JsonValue
    }
  | { readonly kind: 'answer'; readonly id: number; readonly data: JsonValue }
  | { readonly kind: 'drained'; readonly finished: number; readonly cut: number }

/** Workers that ended while they were wanted, and how many of them had to be killed for it. */
export interface Replaced {
  readonly total: number
  readonly hung: number
}

export type LogFields = Readonly<Record<string, string | number | boolean>>

const TO_WORKER: Readonly<Record<ToWorker['kind'], true>> = {
  begin: true,
  connection: true,
  told: true,
  asked: true,
  answers: true,
  reload: true,
  log: true,
  lead: true,
  check: true,
  replaced: true,
  drain: true,
}

const FROM_WORKER: Readonly<Record<FromWorker['kind'], true>> = {
  ready: true,
  failed: true,
  took: true,
  alive: true,
  away: true,
  back: true,
  tell: true,
  keep: true,
  ask: true,
  answer: true,
  drained: true,
}

/** Both ends are this program in one version, so the kind decides; other messages are of Node and of tools that wrap it. */
export function isToWorker(message: unknown): message is ToWorker {
  return isKindOf(message, TO_WORKER)
}

export function isFromWorker(message: unknown): message is FromWorker {
  return isKindOf(message, FROM_WORKER)
}

function isKindOf(message: unknown, kinds: Readonly<Record<string, true>>): boolean {
  if (message === null || typeof message !== 'object' || !('kind' in message)) return false
  return typeof message.kind === 'string' && Object.hasOwn(kinds, message.kind)
}
