import { BUCKET_COUNT, bucketOf } from './histogram.ts'
import type { HistogramCounts } from './histogram.ts'

/** Seconds that count as recent. */
const SECONDS = 60

/** What ended within the last minute. */
export interface RecentCounts {
  /** How much of the minute there has been: less than 60 after a start. */
  readonly seconds: number
  readonly requests: number
  readonly errors: number
  /** Requests that got as far as an exchange; the times are theirs. */
  readonly served: number
  /** Milliseconds that these took, all together. */
  readonly milliseconds: number
  /** Milliseconds of them until there was something to read: the first byte of a stream, all of another answer. */
  readonly waited: number
  readonly buckets: readonly number[]
  /** Until the first token, of streams that had content. */
  readonly firstToken: HistogramCounts
}

/** A ring of seconds: counting costs the same whatever is counted, and what is old is forgotten by being written over. */
export class Recent {
  readonly #now: () => number
  readonly #startedAt: number
  /** Which second a slot holds. */
  readonly #seconds = new Float64Array(SECONDS).fill(-1)
  readonly #requests = new Float64Array(SECONDS)
  readonly #errors = new Float64Array(SECONDS)
  readonly #served = new Float64Array(SECONDS)
  readonly #milliseconds = new Float64Array(SECONDS)
  readonly #waited = new Float64Array(SECONDS)
  readonly #buckets = new Uint32Array(SECONDS * BUCKET_COUNT)
  readonly #firstToken = new Float64Array(SECONDS)
  readonly #firstTokenBuckets = new Uint32Array(SECONDS * BUCKET_COUNT)

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now
    this.#startedAt = now()
  }

  /** At this time. `duration` and `waited` in milliseconds; `duration` is null for a request that was turned away at the door. */
  add(now: number, duration: number | null, waited: number, isError: boolean): void {
    const slot = this.#slot(now)
    increase(this.#requests, slot, 1)
    if (isError) increase(this.#errors, slot, 1)
    if (duration === null) return
    increase(this.#served, slot, 1)
    increase(this.#milliseconds, slot, duration)
    increase(this.#waited, slot, waited)
    increase(this.#buckets, slot * BUCKET_COUNT + bucketOf(duration), 1)
  }

  /** At this time, of a stream: the milliseconds until its first token. */
  addFirstToken(now: number, milliseconds: number): void {
    const slot = this.#slot(now)
    increase(this.#firstToken, slot, milliseconds)
    increase(this.#firstTokenBuckets, slot * BUCKET_COUNT + bucketOf(milliseconds), 1)
  }

  counts(): RecentCounts {
    const now = this.#now()
    const second = Math.floor(now / 1000)
    const slots = [...this.#seconds.keys()].filter((slot) => (this.#seconds[slot] ?? -1) > second - SECONDS)
    const sum = (values: Float64Array): number => slots.reduce((total, slot) => total + (values[slot] ?? 0), 0)
    const sums = (buckets: Uint32Array): readonly number[] =>
      Array.from({ length: BUCKET_COUNT }, (_, bucket) =>
        slots.reduce((total, slot) => total + (buckets[slot * BUCKET_COUNT + bucket] ?? 0), 0),
      )
    // The second that is under way is only partly over.
    const whole = SECONDS - 1 + (now / 1000 - second)
    return {
      seconds: Math.min(whole, (now - this.#startedAt) / 1000),
      requests: sum(this.#requests),
      errors: sum(this.#errors),
      served: sum(this.#served),
      milliseconds: sum(this.#milliseconds),
      waited: sum(this.#waited),
      buckets: sums(this.#buckets),
      firstToken: { buckets: sums(this.#firstTokenBuckets), sum: sum(this.#firstToken) },
    }
  }

  #slot(now: number): number {
    const second = Math.floor(now / 1000)
    const slot = second % SECONDS
    if (this.#seconds[slot] === second) return slot
    this.#seconds[slot] = second
    const sums = [this.#requests, this.#errors, this.#served, this.#milliseconds, this.#waited, this.#firstToken]
    for (const values of sums) values[slot] = 0
    for (const buckets of [this.#buckets, this.#firstTokenBuckets])
      buckets.fill(0, slot * BUCKET_COUNT, (slot + 1) * BUCKET_COUNT)
    return slot
  }
}

function increase(values: Float64Array | Uint32Array, slot: number, amount: number): void {
  values[slot] = (values[slot] ?? 0) + amount
}
