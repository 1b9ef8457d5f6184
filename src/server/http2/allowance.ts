/** How much of something a client may do: so much at once, and so much a second over time. */
export class Allowance {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at: number

  /** `now`: monotonic milliseconds. */
  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#at = now
  }

  /** False when it is used up. A negative amount is earned, and never more than there is room for. */
  spend(amount: number, now: number): boolean {
    const refilled = this.#left + ((now - this.#at) / 1000) * this.#perSecond
    this.#at = now
    this.#left = Math.min(this.#burst, refilled) - amount
    if (this.#left > this.#burst) this.#left = this.#burst
    return this.#left >= 0
  }
}
