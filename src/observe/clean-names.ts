import { logText } from './log-text.ts'

/** Clients choose names: they are not kept for ever. */
const MOST_NAMES = 1000
/** No name that is worth reading is longer. */
const LONGEST = 200

/** Names from outside as they may be shown. The same ones come again and again: each is cleaned once. */
export class CleanNames {
  readonly #clean: (text: string) => string
  readonly #names = new Map<string, string>()

  /** `clean` takes out of a text what must not be shown. */
  constructor(clean: (text: string) => string = logText) {
    this.#clean = clean
  }

  of(text: string): string {
    return this.#names.get(text) ?? this.#add(text)
  }

  #add(text: string): string {
    const clean = copied(this.#clean(text))
    // A long one would be kept as it came, to be found again.
    if (text.length > LONGEST) return clean
    if (this.#names.size >= MOST_NAMES) this.#names.clear()
    this.#names.set(text, clean)
    return clean
  }
}

/** A part of a text keeps all of it in memory. */
function copied(text: string): string {
  return text.length <= LONGEST ? text : Buffer.from(`${text.slice(0, LONGEST)}...`).toString()
}
