import { ownCopy } from '../lib/own-copy.ts'
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
    const clean = this.#clean(text)
    const name = ownCopy(clean.length > LONGEST ? `${clean.slice(0, LONGEST)}...` : clean)
    if (text.length > LONGEST) return name
    if (this.#names.size >= MOST_NAMES) this.#names.clear()
    this.#names.set(ownCopy(text), name)
    return name
  }
}
