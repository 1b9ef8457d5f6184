/** A worker that lived so long was no failed start. */
const SETTLED = 10_000
const FIRST_DELAY = 100
const LONGEST_DELAY = 5000
/** So many early ends in a row are no accident. */
const MANY = 8

/** When an ended worker is replaced: at once the first time, later and later while the new ones end early too. */
export class RespawnPolicy {
  #early = 0

  /** Milliseconds to wait. `lived`: milliseconds since the one that ended was started. */
  next(lived: number): number {
    this.#early = lived >= SETTLED ? 1 : this.#early + 1
    return this.#early === 1 ? 0 : Math.min(FIRST_DELAY * 2 ** (this.#early - 2), LONGEST_DELAY)
  }

  /** True when it is time to give up, unless another worker still serves. */
  get hopeless(): boolean {
    return this.#early > MANY
  }
}
