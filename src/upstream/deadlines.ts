/** Something that has a time limit, and may move it. */
export interface Timed {
  /** Monotonic milliseconds; Infinity: none. */
  readonly due: number
  /** Where `Deadlines` has it; its own business. */
  place: number
  /** It is past due. It may remove itself. */
  expired(now: number): void
}

/** Milliseconds between two looks at least: limits are seconds, and many calls are looked at together. */
const FINEST = 5
/** `setTimeout` runs at once when asked to wait longer than this. */
const LONGEST = 2 ** 31 - 1

/**
 * The time limits of all calls on one timer. A call that comes and goes within its limits, as nearly all do, sets and clears
 * none: the timer fires when the earliest limit could be over, looks at who is still there, and goes on for what is left.
 */
export class Deadlines {
  readonly #members: Timed[] = []
  #timer: NodeJS.Timeout | null = null
  #firesAt = Infinity

  add(member: Timed): void {
    member.place = this.#members.length
    this.#members.push(member)
    this.moved(member)
  }

  /** Its limit is a nearer one now; a later one needs no word. */
  moved(member: Timed): void {
    if (member.due < this.#firesAt) this.#arm(member.due)
  }

  remove(member: Timed): void {
    const { place } = member
    if (this.#members[place] !== member) return
    const last = this.#members.pop()
    if (last === undefined || last === member) return
    this.#members[place] = last
    last.place = place
  }

  #arm(due: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#firesAt = due
    const delay = Math.min(Math.max(FINEST, Math.ceil(due - performance.now())), LONGEST)
    this.#timer = setTimeout(() => this.#look(), delay).unref()
  }

  #look(): void {
    this.#timer = null
    this.#firesAt = Infinity
    const now = performance.now()
    for (const member of this.#members.filter(({ due }) => due <= now)) member.expired(now)
    const next = this.#members.reduce((earliest, { due }) => Math.min(earliest, due), Infinity)
    if (next < this.#firesAt) this.#arm(next)
  }
}
