import { decodeJsonString, stringToJson } from './json.ts'
import type { JsonText } from './json.ts'

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/**
 * Keeps surrogate pairs together when a text arrives in pieces: `"\ud83d"` then `"\ude00"` is one character that some
 * vendors cut in two. A half that stays alone becomes U+FFFD.
 */
export class SurrogateJoiner {
  #half = ''

  /** The literal of what can be passed on now; the text's last half pair waits for the next piece. */
  push(literal: JsonText): JsonText {
    // UTF-8 has no surrogates, so a half can only come as an escape.
    if (this.#half === '' && !SURROGATE_ESCAPE.test(literal)) return literal
    const text = this.#half + decodeJsonString(literal)
    this.#half = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(-1) : ''
    return stringToJson(this.#half === '' ? text : text.slice(0, -1))
  }

  /** At the end of the text: the literal of a half that stayed alone, or null. */
  flush(): JsonText | null {
    if (this.#half === '') return null
    const rest = stringToJson(this.#half)
    this.#half = ''
    return rest
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
