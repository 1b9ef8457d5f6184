/**
 * What may go wrong with an answer. Faults with `after` let that many events through first (for an answer that is not
 * streamed: half of its body if `after` is not 0).
 */
export type Fault =
  /** An error answer with this status. */
  | { readonly kind: 'status'; readonly status: number }
  /** The connection is reset before any byte of the head, as if nobody listened. */
  | { readonly kind: 'drop' }
  | { readonly kind: FaultAfterEvents; readonly after: number }
  /** Everything but the events that end the answer, then a proper end of the HTTP body. */
  | { readonly kind: 'truncated' }
  /** The stop reason arrives, the very last event (`message_stop`, `[DONE]`) does not. */
  | { readonly kind: 'no-stop' }

const AFTER_EVENTS = {
  cut: 'the connection is reset',
  fin: 'the connection is closed without an end of the HTTP body',
  end: 'the HTTP body ends as if all were said',
  tear: 'half of the next event, then the HTTP body ends',
  stall: 'silence until the client leaves',
  garbage: 'the next event holds broken JSON, then all goes on',
  error: 'an error event of the vendor, then the HTTP body ends',
} as const

type FaultAfterEvents = keyof typeof AFTER_EVENTS

/** `cut:5`, `status:429` or just `429`, `drop`, `truncated`; null when it is none of them. */
export function parseFault(text: string): Fault | null {
  const [kind = '', argument] = text.split(':', 2)
  const count = argument === undefined ? 0 : Number(argument)
  if (!Number.isInteger(count) || count < 0) return null
  if (/^[2-5]\d\d$/.test(kind) && argument === undefined) return { kind: 'status', status: Number(kind) }
  if (kind === 'status') return count >= 200 && count <= 599 ? { kind, status: count } : null
  if (isFaultAfterEvents(kind)) return { kind, after: count }
  if (kind === 'drop' || kind === 'truncated' || kind === 'no-stop') return argument === undefined ? { kind } : null
  return null
}

/** Each form of a fault with what it does, for people. */
export const FAULT_FORMS: readonly (readonly [form: string, about: string])[] = [
  ['status:N', 'an error answer with this status'],
  ['drop', 'the connection is reset before the head'],
  ...Object.entries(AFTER_EVENTS).map(([kind, about]) => [`${kind}:N`, `after N events: ${about}`] as const),
  ['truncated', 'the events that end the answer are missing'],
  ['no-stop', 'only the very last event is missing'],
]

function isFaultAfterEvents(kind: string): kind is FaultAfterEvents {
  return Object.hasOwn(AFTER_EVENTS, kind)
}
