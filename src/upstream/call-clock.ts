import type { Deadlines, Timed } from './deadlines.ts'
import type { UpstreamRequest } from './transport.ts'

type Timeouts = UpstreamRequest['timeouts']

export type TimeoutKind = 'connect-timeout' | 'first-byte-timeout' | 'idle-timeout' | 'total-timeout'

/** What a call is waiting for: a connection, the head of the answer, or more of its body. */
type Phase = 'connect' | 'first-byte' | 'idle'

const LIMITS = { connect: 'connect', 'first-byte': 'firstByte', idle: 'idle' } as const satisfies Record<
  Phase,
  keyof Timeouts
>
const KINDS = {
  connect: 'connect-timeout',
  'first-byte': 'first-byte-timeout',
  idle: 'idle-timeout',
} as const satisfies Record<Phase, TimeoutKind>

/** For the operator: what did not come. */
export const WAITED_FOR = {
  'connect-timeout': 'no connection',
  'first-byte-timeout': 'no answer',
  'idle-timeout': 'no more of the answer',
  'total-timeout': 'no complete answer',
} as const satisfies Record<TimeoutKind, string>

/**
 * The time limits of one call. Bytes only move a time stamp, so a stream of many small chunks sets no timers. A limit of 0
 * is none.
 */
export class CallClock implements Timed {
  place = -1
  readonly #timeouts: Timeouts
  readonly #deadlines: Deadlines
  readonly #expired: (kind: TimeoutKind, limit: number) => void
  readonly #total: number
  #phase: Phase = 'connect'
  #since: number
  #paused = false

  /** Starts to wait for a connection. `expired` is called at most once. */
  constructor(timeouts: Timeouts, deadlines: Deadlines, expired: (kind: TimeoutKind, limit: number) => void) {
    this.#timeouts = timeouts
    this.#deadlines = deadlines
    this.#expired = expired
    this.#since = performance.now()
    this.#total = timeouts.total === 0 ? Infinity : this.#since + timeouts.total
    deadlines.add(this)
  }

  get due(): number {
    const limit = this.#timeouts[LIMITS[this.#phase]]
    const held = this.#paused && this.#phase === 'idle'
    return Math.min(this.#total, limit === 0 || held ? Infinity : this.#since + limit)
  }

  /** The request is on its way: waits for the head of the answer from now on. */
  sent(): void {
    this.#enter('first-byte')
  }

  /** The rest of a large request has left only now. */
  uploaded(): void {
    if (this.#phase === 'first-byte') this.#enter('first-byte')
  }

  answered(): void {
    this.#enter('idle')
  }

  /** A chunk arrived. */
  active(): void {
    this.#since = performance.now()
  }

  /** Silence is now our own doing, and does not count. The total limit goes on. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#enter(this.#phase)
  }

  stop(): void {
    this.#deadlines.remove(this)
  }

  expired(now: number): void {
    this.stop()
    if (now >= this.#total) this.#expired('total-timeout', this.#timeouts.total)
    else this.#expired(KINDS[this.#phase], this.#timeouts[LIMITS[this.#phase]])
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#since = performance.now()
    this.#deadlines.moved(this)
  }
}
