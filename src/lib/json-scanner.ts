/**
 * What a scan of a JSON text leaves behind, instead of an object for each of its values: where they are. A string, number
 * or word has two entries on the tape, its start and its end; an object or array three, the third of which is the place
 * behind all that is in it, which follows. An object's members are two values each, name and value.
 */
export interface ScannedJson {
  readonly tape: readonly number[]
  /** There is no white space but in strings. */
  readonly isCompact: boolean
}

/** Numbers on the tape for a string, number or word, and for an object or array before its content. */
export const SCALAR_ENTRY = 2
export const CONTAINER_ENTRY = 3

export type JsonErrorReason = 'syntax' | 'depth' | 'duplicate-key'

/** The text is not acceptable JSON. `offset` counts characters of the scanned string. */
export class JsonScanError extends Error {
  readonly reason: JsonErrorReason
  readonly offset: number
  constructor(reason: JsonErrorReason, offset: number, message: string) {
    super(message)
    this.name = 'JsonScanError'
    this.reason = reason
    this.offset = offset
  }
}

/** Scans the one JSON value in `source`, as strictly as `JSON.parse`. `maxDepth`: the root counts as 1. Throws JsonScanError. */
export function scanText(source: string, maxDepth: number): ScannedJson {
  return new TextScanner(source, maxDepth).document()
}

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const MINUS = 45
const PLUS = 43
const POINT = 46
const ZERO = 48
const UPPER_E = 69
const LOWER_E = 101
const LOWER_U = 117
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'))
// Everything but quotes, backslashes and control characters. Where it looks is set before each look.
const PLAIN = /[ !#-[\]-\uffff]*/y
const SHORT_RUN = 24
const BYTE_ORDER_MARK_AS_LATIN1 = '\u00ef\u00bb\u00bf'

class TextScanner {
  readonly #source: string
  readonly #maxDepth: number
  readonly #tape: number[] = []
  #isCompact = true
  #at = 0

  constructor(source: string, maxDepth: number) {
    this.#source = source
    this.#maxDepth = maxDepth
  }

  document(): ScannedJson {
    // A byte order mark is not JSON, but editors write it and every lenient server accepts it.
    if (this.#source.charCodeAt(0) === 0xfeff) this.#at = 1
    else if (this.#source.startsWith(BYTE_ORDER_MARK_AS_LATIN1)) this.#at = 3
    this.#space()
    this.#value(1)
    this.#space()
    if (this.#at !== this.#source.length) throw this.#unexpected()
    return { tape: this.#tape, isCompact: this.#isCompact }
  }

  #value(depth: number): void {
    const code = this.#source.charCodeAt(this.#at)
    if (code === QUOTE) return this.#string()
    if (code === OPEN_BRACE) return this.#object(depth)
    if (code === OPEN_BRACKET) return this.#array(depth)
    if (code === MINUS || isDigit(code)) return this.#numeral()
    if (code === 116) return this.#word('true')
    if (code === 102) return this.#word('false')
    if (code === 110) return this.#word('null')
    throw this.#unexpected()
  }

  #object(depth: number): void {
    this.#checkDepth(depth)
    const place = this.#open()
    this.#space()
    if (this.#take(CLOSE_BRACE)) return this.#close(place)
    for (;;) {
      this.#space()
      if (this.#source.charCodeAt(this.#at) !== QUOTE) throw this.#unexpected()
      this.#string()
      this.#space()
      if (!this.#take(COLON)) throw this.#unexpected()
      this.#space()
      this.#value(depth + 1)
      this.#space()
      if (this.#take(COMMA)) continue
      if (this.#take(CLOSE_BRACE)) return this.#close(place)
      throw this.#unexpected()
    }
  }

  #array(depth: number): void {
    this.#checkDepth(depth)
    const place = this.#open()
    this.#space()
    if (this.#take(CLOSE_BRACKET)) return this.#close(place)
    for (;;) {
      this.#space()
      this.#value(depth + 1)
      this.#space()
      if (this.#take(COMMA)) continue
      if (this.#take(CLOSE_BRACKET)) return this.#close(place)
      throw this.#unexpected()
    }
  }

  #string(): void {
    const start = this.#at
    this.#skipString()
    this.#tape.push(start, this.#at)
  }

  #skipString(): void {
    this.#at++
    for (;;) {
      this.#plainRun()
      const code = this.#source.charCodeAt(this.#at)
      if (code !== QUOTE && code !== BACKSLASH) throw this.#unexpected()
      this.#at++
      if (code === QUOTE) return
      this.#escape()
    }
  }

  /** What follows a backslash. */
  #escape(): void {
    const code = this.#source.charCodeAt(this.#at)
    if (ESCAPED.has(code)) {
      this.#at++
      return
    }
    if (code !== LOWER_U) throw this.#unexpected()
    const end = this.#at + 5
    for (this.#at++; this.#at < end; this.#at++) {
      if (!isHexDigit(this.#source.charCodeAt(this.#at))) throw this.#unexpected()
    }
  }

  /** Skips characters that stand for themselves. The expression wins on long runs, the loop on the many short names. */
  #plainRun(): void {
    const source = this.#source
    const limit = this.#at + SHORT_RUN
    for (;;) {
      const code = source.charCodeAt(this.#at)
      // NaN, at the end of the text, is not >= 32 either.
      if (!(code >= 32) || code === QUOTE || code === BACKSLASH) return
      if (++this.#at === limit) break
    }
    PLAIN.lastIndex = this.#at
    PLAIN.test(source)
    this.#at = PLAIN.lastIndex
  }

  #numeral(): void {
    const start = this.#at
    this.#take(MINUS)
    // Nothing may follow a leading zero, which then is the whole of the integer.
    if (!this.#take(ZERO)) this.#digits()
    if (this.#take(POINT)) this.#digits()
    if (this.#take(LOWER_E) || this.#take(UPPER_E)) {
      if (!this.#take(PLUS)) this.#take(MINUS)
      this.#digits()
    }
    this.#tape.push(start, this.#at)
  }

  #digits(): void {
    if (!isDigit(this.#source.charCodeAt(this.#at))) throw this.#unexpected()
    while (isDigit(this.#source.charCodeAt(this.#at))) this.#at++
  }

  #word(word: string): void {
    if (!this.#source.startsWith(word, this.#at)) throw this.#unexpected()
    const start = this.#at
    this.#at += word.length
    this.#tape.push(start, this.#at)
  }

  /** Steps into an object or array; the place of its entry on the tape. */
  #open(): number {
    return this.#tape.push(this.#at++, 0, 0) - CONTAINER_ENTRY
  }

  /** Behind its closing bracket. */
  #close(place: number): void {
    this.#tape[place + 1] = this.#at
    this.#tape[place + 2] = this.#tape.length
  }

  #take(code: number): boolean {
    if (this.#source.charCodeAt(this.#at) !== code) return false
    this.#at++
    return true
  }

  #space(): void {
    for (;;) {
      const code = this.#source.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
      this.#isCompact = false
      this.#at++
    }
  }

  #checkDepth(depth: number): void {
    if (depth > this.#maxDepth) {
      throw new JsonScanError('depth', this.#at, `JSON is nested deeper than ${this.#maxDepth} levels`)
    }
  }

  #unexpected(): JsonScanError {
    const at = this.#at
    const what = at >= this.#source.length ? 'the end of the text' : JSON.stringify(this.#source.charAt(at))
    return new JsonScanError('syntax', at, `unexpected ${what} at position ${at}`)
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102)
}
