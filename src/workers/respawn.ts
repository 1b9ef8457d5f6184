/** A worker that lived so long was no failed start. */
const SETTLED = 10_000
const FIRST_DELAY = 100
const LONGEST_DELAY = 5000
/** So many early ends in a row are no accident. */
const MOST_EARLY_ENDS = 8

/** When an ended worker is replaced: at once the first time, later and later while the new ones end early too. */
export class RespawnPolicy {
  #early = 0

  /** Milliseconds to wait; null: give up. `lived`: milliseconds since it was started. */
  next(lived: number): number | null {
    if (lived >= SETTLED) this.#early = 0
    this.#early++
    if (this.#early > MOST_EARLY_ENDS) return null
    return this.#early === 1 ? 0 : Math.min(FIRST_DELAY * 2 ** (this.#early - 2), LONGEST_DELAY)
  }
}
