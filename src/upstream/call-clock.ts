import type { UpstreamRequest } from './transport.ts'

export type Timeouts = UpstreamRequest['timeouts']

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

/** `setTimeout` runs at once when asked to wait longer than this. */
const LONGEST_DELAY = 2 ** 31 - 1

/**
 * The time limits of one call on one timer. Bytes only move a time stamp: the timer looks at it when it fires and goes on
 * for whatever is left, so a stream of many small chunks sets no timers. A limit of 0 is none.
 */
export class CallClock {
  readonly #timeouts: Timeouts
  readonly #expired: (kind: TimeoutKind, limit: number) => void
  readonly #total: number
  #phase: Phase = 'connect'
  #since: number
  #paused = false
  #timer: NodeJS.Timeout | null = null
  #firesAt = Infinity

  /** Starts to wait for a connection. `expired` is called at most once. */
  constructor(timeouts: Timeouts, expired: (kind: TimeoutKind, limit: number) => void) {
    this.#timeouts = timeouts
    this.#expired = expired
    this.#since = performance.now()
    this.#total = timeouts.total === 0 ? Infinity : this.#since + timeouts.total
    this.#arm()
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
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#firesAt = -Infinity
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#since = performance.now()
    this.#arm()
  }

  #due(): number {
    const limit = this.#timeouts[LIMITS[this.#phase]]
    const held = this.#paused && this.#phase === 'idle'
    return Math.min(this.#total, limit === 0 || held ? Infinity : this.#since + limit)
  }

  /** A timer that fires too early only looks again, so only one that would fire too late is replaced. */
  #arm(): void {
    const due = this.#due()
    if (due >= this.#firesAt) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    const delay = Math.min(Math.max(1, Math.ceil(due - performance.now())), LONGEST_DELAY)
    this.#firesAt = due
    this.#timer = setTimeout(() => this.#look(), delay).unref()
  }

  #look(): void {
    this.#timer = null
    this.#firesAt = Infinity
    const now = performance.now()
    if (now < this.#due()) {
      this.#arm()
      return
    }
    this.stop()
    if (now >= this.#total) this.#expired('total-timeout', this.#timeouts.total)
    else this.#expired(KINDS[this.#phase], this.#timeouts[LIMITS[this.#phase]])
  }
}
