/** Where everything is counted for which there is no room. */
const OTHER = 'other'

/** Counts by name, of so many names at most: what is shown must not grow with what clients or vendors call things. */
export class Tally<T> {
  readonly #most: number
  readonly #create: () => T
  readonly #entries = new Map<string, T>()

  constructor(most: number, create: () => T) {
    this.#most = most
    this.#create = create
  }

  of(name: string): T {
    return this.#entries.get(name) ?? this.#add(name)
  }

  entries(): readonly (readonly [name: string, counts: T])[] {
    return [...this.#entries]
  }

  #add(name: string): T {
    const full = this.#entries.size >= this.#most && name !== OTHER
    if (full) return this.of(OTHER)
    const counts = this.#create()
    this.#entries.set(name, counts)
    return counts
  }
}
