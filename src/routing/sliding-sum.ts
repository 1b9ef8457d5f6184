const BUCKETS = 10

/** A sum over the last so many milliseconds, kept in ten buckets: old counts leave a tenth of the window at a time. */
export class SlidingSum {
  readonly #bucketLength: number
  readonly #now: () => number
  readonly #buckets = new Float64Array(BUCKETS)
  #slot: number

  /** `now` gives monotonic milliseconds. */
  constructor(window: number, now: () => number) {
    this.#bucketLength = window / BUCKETS
    this.#now = now
    this.#slot = this.#currentSlot()
  }

  add(amount: number): void {
    this.#forget()
    const index = this.#slot % BUCKETS
    this.#buckets[index] = (this.#buckets[index] ?? 0) + amount
  }

  get sum(): number {
    this.#forget()
    return this.#buckets.reduce((sum, bucket) => sum + bucket, 0)
  }

  reset(): void {
    this.#buckets.fill(0)
  }

  #forget(): void {
    const slot = this.#currentSlot()
    const passed = Math.min(slot - this.#slot, BUCKETS)
    for (let step = 1; step <= passed; step++) this.#buckets[(this.#slot + step) % BUCKETS] = 0
    this.#slot = slot
  }

  #currentSlot(): number {
    return Math.floor(this.#now() / this.#bucketLength)
  }
}
