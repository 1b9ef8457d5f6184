import type { CooldownReason, DeploymentHealth, Permit } from './route.ts'
import type { BreakerSettings } from './settings.ts'
import { SlidingSum } from './sliding-sum.ts'

/** No vendor's word keeps a deployment out for longer: clocks and headers may be nonsense. */
const LONGEST_COOLDOWN = 60 * 60_000

/** What a breaker did of its own accord. */
export type BreakerChange =
  /** Shut for so many milliseconds from now. */
  | { readonly kind: 'opened'; readonly milliseconds: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'cooling'; readonly milliseconds: number; readonly why: CooldownReason }

/**
 * Keeps requests from a deployment that fails. Closed: all may go there. Open: none, for `resetTimeout`. Half-open: one
 * probe, whose end decides. A cooldown shuts it as well, whatever the state.
 */
export class Breaker {
  readonly #settings: () => BreakerSettings
  readonly #now: () => number
  readonly #changed: (change: BreakerChange) => void
  readonly #successes: SlidingSum
  readonly #failures: SlidingSum
  /** When it opened; null while closed. */
  #openedAt: number | null = null
  #probeStarted: number | null = null
  /** Counts openings and closings, so that a request from before one says nothing about the time after it. */
  #epoch = 0
  #coolUntil = -Infinity
  #coolReason: CooldownReason | null = null

  /** `now` gives monotonic milliseconds. */
  constructor(settings: () => BreakerSettings, now: () => number, changed: (change: BreakerChange) => void = () => {}) {
    this.#settings = settings
    this.#now = now
    this.#changed = changed
    this.#successes = new SlidingSum(settings().window, now)
    this.#failures = new SlidingSum(settings().window, now)
  }

  acquire(): Permit | null {
    if (this.blockedFor() > 0) return null
    const probe = this.#openedAt !== null
    if (probe) this.#probeStarted = this.#now()
    return this.#permit(probe)
  }

  /** Milliseconds until a request may go there; 0 when it may now. */
  blockedFor(): number {
    return Math.max(this.#shutFor(), this.#coolUntil - this.#now(), 0)
  }

  /** It is shut, and only because its vendor said 429. */
  get isRateLimited(): boolean {
    return this.#coolReason === 'rate limited' && this.#coolUntil > this.#now() && this.#shutFor() <= 0
  }

  coolDown(milliseconds: number, why: CooldownReason): void {
    if (this.#cool(milliseconds, why)) this.#changed({ kind: 'cooling', milliseconds, why })
  }

  /** Does as another breaker of the same deployment did, and tells nobody. */
  apply(change: BreakerChange): void {
    switch (change.kind) {
      case 'opened':
        this.#turn(this.#now() + Math.min(change.milliseconds - this.#settings().resetTimeout, 0))
        return
      case 'closed':
        if (this.#openedAt !== null) this.#turn(null)
        return
      case 'cooling':
        this.#cool(change.milliseconds, change.why)
        return
      default:
        change satisfies never
    }
  }

  /** What another breaker has to apply to be as this one is. */
  changes(): readonly BreakerChange[] {
    const now = this.#now()
    const changes: BreakerChange[] = []
    if (this.#openedAt !== null) {
      changes.push({ kind: 'opened', milliseconds: Math.max(this.#openedAt + this.#settings().resetTimeout - now, 0) })
    }
    if (this.#coolUntil > now && this.#coolReason !== null) {
      changes.push({ kind: 'cooling', milliseconds: this.#coolUntil - now, why: this.#coolReason })
    }
    return changes
  }

  snapshot(key: string): DeploymentHealth {
    const state = this.#state()
    const cooling = this.#coolUntil > this.#now()
    return {
      key,
      state,
      failures: this.#failures.sum,
      successes: this.#successes.sum,
      blockedFor: this.blockedFor(),
      why: cooling ? this.#coolReason : state === 'closed' ? null : 'failed too often',
    }
  }

  #state(): DeploymentHealth['state'] {
    if (this.#openedAt === null) return 'closed'
    return this.#openedAt + this.#settings().resetTimeout > this.#now() ? 'open' : 'half-open'
  }

  #shutFor(): number {
    if (this.#openedAt === null) return 0
    // A probe that lasts (a long answer) is neither good nor bad news: after a while another one may go.
    return Math.max(this.#openedAt, this.#probeStarted ?? -Infinity) + this.#settings().resetTimeout - this.#now()
  }

  #permit(probe: boolean): Permit {
    const epoch = this.#epoch
    let settled = false
    const settle = (act: () => void): void => {
      if (settled) return
      settled = true
      if (epoch === this.#epoch) act()
    }
    return {
      success: () => settle(() => this.#succeeded(probe)),
      failure: () => settle(() => this.#failed(probe)),
      release: () => settle(() => this.#released(probe)),
    }
  }

  #succeeded(probe: boolean): void {
    if (probe) {
      this.#turn(null)
      this.#changed({ kind: 'closed' })
    }
    this.#successes.add(1)
  }

  #failed(probe: boolean): void {
    this.#failures.add(1)
    if (!probe && !this.#tooManyFailures()) return
    this.#turn(this.#now())
    this.#changed({ kind: 'opened', milliseconds: this.#settings().resetTimeout })
  }

  #released(probe: boolean): void {
    if (probe) this.#probeStarted = null
  }

  /** False: it cools for at least as long already. */
  #cool(milliseconds: number, why: CooldownReason): boolean {
    const wanted = Math.min(Math.max(milliseconds, 0), LONGEST_COOLDOWN)
    const until = this.#now() + (Number.isNaN(wanted) ? 0 : wanted)
    if (until <= this.#coolUntil) return false
    this.#coolUntil = until
    this.#coolReason = why
    return true
  }

  #tooManyFailures(): boolean {
    const { minimumRequests, errorThresholdPercentage } = this.#settings()
    const failures = this.#failures.sum
    const total = failures + this.#successes.sum
    return total >= minimumRequests && failures * 100 >= total * errorThresholdPercentage
  }

  #turn(openedAt: number | null): void {
    this.#openedAt = openedAt
    this.#probeStarted = null
    this.#epoch++
    if (openedAt !== null) return
    this.#successes.reset()
    this.#failures.reset()
  }
}
