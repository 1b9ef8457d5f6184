import { decodeJsonString, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'

/** An escape of half a surrogate pair. Raw text cannot hold one: it was UTF-8. */
const HALF = /\\u[dD][89a-fA-F]/

/** Puts pairs together that a vendor cut between two deltas; a half that stays alone becomes U+FFFD. */
export class SurrogateJoiner {
  #half = ''

  /** The literal with whole characters only, or null when nothing is whole yet. */
  push(text: JsonText): JsonText | null {
    if (this.#half === '' && !HALF.test(text)) return text
    const joined = this.#half + decodeJsonString(text)
    const last = joined.charCodeAt(joined.length - 1)
    const isCut = last >= 0xd800 && last <= 0xdbff
    this.#half = isCut ? joined.slice(-1) : ''
    const whole = isCut ? joined.slice(0, -1) : joined
    return whole === '' ? null : stringToJson(whole)
  }

  /** At the end of the text: what is left of a character that never became whole. */
  flush(): JsonText | null {
    const half = this.#half
    this.#half = ''
    return half === '' ? null : stringToJson(half)
  }
}
