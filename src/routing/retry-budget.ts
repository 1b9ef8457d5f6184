import { SlidingSum } from './sliding-sum.ts'

/** Retries per hundred requests of the last `WINDOW` milliseconds. */
const PERCENTAGE = 20
const WINDOW = 10_000
/** Retries in the window that are always allowed, so that a quiet gateway may retry at all. */
const FLOOR = 10

const FIRST_DELAY = 250
const LONGEST_DELAY = 8000

/** Keeps retries to a fifth of the traffic, so that they never turn a struggling vendor into a dead one. */
export class RetryBudget {
  readonly #requests: SlidingSum
  readonly #retries: SlidingSum

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#requests = new SlidingSum(WINDOW, now)
    this.#retries = new SlidingSum(WINDOW, now)
  }

  /** A first try was made. */
  deposit(): void {
    this.#requests.add(1)
  }

  /** May one more retry be made now? Takes it if so. */
  withdraw(): boolean {
    const allowed = Math.max(FLOOR, (this.#requests.sum * PERCENTAGE) / 100)
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
