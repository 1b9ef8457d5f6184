import { SlidingSum } from './sliding-sum.ts'

/** Milliseconds of traffic that count. */
const WINDOW = 10_000
/** Retries in the window that are always allowed, so that a quiet gateway may retry at all. */
const FLOOR = 10

const FIRST_DELAY = 250
const LONGEST_DELAY = 8000

/** Keeps retries to a share of the traffic, so that they never turn a struggling vendor into a dead one. */
export class RetryBudget {
  readonly #requests: SlidingSum
  readonly #retries: SlidingSum

  #share: number

  /** `now` gives monotonic milliseconds, `share` is retries per request. */
  constructor(now: () => number, share: number) {
    this.#share = share
    this.#requests = new SlidingSum(WINDOW, now)
    this.#retries = new SlidingSum(WINDOW, now)
  }

  /** A new config is in force. */
  adopt(share: number): void {
    this.#share = share
  }

  /** A first try was made. */
  deposit(): void {
    this.#requests.add(1)
  }

  /** May one more retry be made now? Takes it if so. */
  withdraw(): boolean {
    const allowed = this.#share === 0 ? 0 : Math.max(FLOOR, this.#requests.sum * this.#share)
    if (this.#retries.sum + 1 > allowed) return false
    this.#retries.add(1)
    return true
  }
}

/**
 * Milliseconds to wait before the next try, after `attempts` of them (from 1). Doubles each time, within a random half so
 * that clients which failed together do not come back together; never sooner than the vendor asked, in seconds.
 */
export function retryDelay(attempts: number, retryAfter: number | null, random: () => number): number {
  const backoff = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempts - 1)) * (0.5 + random() / 2)
  return retryAfter === null ? backoff : retryAfter * 1000 + backoff * random()
}
