/**
 * Reads JSON without losing how it was written.
 *
 * `JSON.parse` followed by `JSON.stringify` turns `12345678901234567890` into `12345678901234567000`, `1.0` into `1`,
 * moves integer-like keys to the front and merges duplicate keys. A gateway may do none of that to a tool schema or a
 * prompt, so the scanner keeps, for each value, the span of the source it came from.
 */

declare const jsonTextBrand: unique symbol

/** One JSON value exactly as its source wrote it: `"a\u00e9"` with its quotes, `1.0`, `{"b":1,"a":2}`. */
export type JsonText = string & { readonly [jsonTextBrand]: true }

/** A decoded JSON value. Prefer `JsonText` for whatever is only carried on. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

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

export interface JsonMember {
  /** Decoded name. */
  readonly name: string
  /** Where the name's literal starts, for splices that remove the whole member. */
  readonly nameStart: number
  readonly value: JsonNode
}

/** A value of the scanned text with the span it occupies: `source.slice(start, end)` is its literal. */
export class JsonNode {
  readonly kind: JsonKind
  readonly start: number
  readonly end: number
  readonly #source: string
  readonly #members: readonly JsonMember[] | null
  readonly #items: readonly JsonNode[] | null
  #index: Map<string, JsonNode> | null = null
  #isChecked = false

  constructor(
    kind: JsonKind,
    source: string,
    start: number,
    end: number,
    members: readonly JsonMember[] | null,
    items: readonly JsonNode[] | null,
  ) {
    this.kind = kind
    this.start = start
    this.end = end
    this.#source = source
    this.#members = members
    this.#items = items
  }

  /** The literal as the source has it. */
  get raw(): JsonText {
    return this.#source.slice(this.start, this.end) as JsonText
  }

  /** Members in source order; empty unless this is an object. */
  get members(): readonly JsonMember[] {
    return this.#members ?? []
  }

  /** Elements in source order; empty unless this is an array. */
  get items(): readonly JsonNode[] {
    return this.#items ?? []
  }

  /**
   * The member called `name`, or undefined. Two members of one name throw: parsers differ in which of them wins, and a
   * gateway that reads one while the upstream reads the other has decided about a request that nobody sent.
   */
  get(name: string): JsonNode | undefined {
    const members = this.members
    if (members.length > SMALL_OBJECT) return this.index().get(name)
    if (!this.#isChecked) this.#checkNames(members)
    for (const member of members) if (member.name === name) return member.value
    return undefined
  }

  /** The decoded string; undefined unless this is a string. */
  get string(): string | undefined {
    return this.kind === 'string' ? decodeJsonString(this.raw) : undefined
  }

  /** The number; undefined unless this is a number. Use `raw` where its digits must survive. */
  get number(): number | undefined {
    return this.kind === 'number' ? Number(this.raw) : undefined
  }

  get boolean(): boolean | undefined {
    return this.kind === 'boolean' ? this.#source.charCodeAt(this.start) === 116 : undefined
  }

  get isNull(): boolean {
    return this.kind === 'null'
  }

  /** The whole value decoded by `JSON.parse`. */
  decode(): JsonValue {
    return parseJson(this.raw)
  }

  /** Throws on duplicate names among this object's own members. */
  index(): ReadonlyMap<string, JsonNode> {
    if (this.#index !== null) return this.#index
    const index = new Map<string, JsonNode>()
    for (const member of this.members) {
      if (index.has(member.name)) throw duplicateKey(member)
      index.set(member.name, member.value)
    }
    this.#index = index
    return index
  }

  #checkNames(members: readonly JsonMember[]): void {
    for (let at = 1; at < members.length; at++) {
      const member = members[at]
      for (let before = 0; before < at; before++) {
        if (member !== undefined && members[before]?.name === member.name) throw duplicateKey(member)
      }
    }
    this.#isChecked = true
  }
}

/** Up to so many members, looking at all names is cheaper than a map of them. */
const SMALL_OBJECT = 8

function duplicateKey({ name, nameStart }: JsonMember): JsonScanError {
  return new JsonScanError('duplicate-key', nameStart, `duplicate key ${JSON.stringify(name)}`)
}

/** `JSON.parse` with a type that does not lie. Throws `SyntaxError`. */
export function parseJson(text: string): JsonValue {
  return JSON.parse(text) as JsonValue
}

/** A value as a JSON literal. */
export function toJsonText(value: JsonValue): JsonText {
  return JSON.stringify(value) as JsonText
}

/** The literal of a string, `"..."`. A lone surrogate becomes U+FFFD: servers refuse the escape that JSON allows. */
export function stringToJson(text: string): JsonText {
  return JSON.stringify(text.toWellFormed()) as JsonText
}

/** The string that a literal `"..."` stands for. */
export function decodeJsonString(literal: JsonText): string {
  return literal.indexOf('\\') === -1 ? literal.slice(1, -1) : (JSON.parse(literal) as string)
}

/** The empty string's literal, `""`. */
export const EMPTY_JSON_STRING = '""' as JsonText

/** Builds an object's literal from the literals of its members, in the order in which they are added. */
export class JsonObjectWriter {
  #members = ''

  /** Adds a member; null, for a field that is absent, adds nothing. */
  add(name: string, value: JsonText | null): this {
    if (value === null) return this
    const separator = this.#members === '' ? '' : ','
    this.#members += `${separator}${JSON.stringify(name)}:${value}`
    return this
  }

  get isEmpty(): boolean {
    return this.#members === ''
  }

  get text(): JsonText {
    return `{${this.#members}}` as JsonText
  }
}

/** The literal of an array with these elements. */
export function jsonArray(items: readonly JsonText[]): JsonText {
  return `[${items.join(',')}]` as JsonText
}

/**
 * The literal of the joined strings, their contents taken as they stand, escapes and all. None may end in half a
 * surrogate pair that another goes on with, unless both halves are escapes.
 */
export function joinJsonStrings(literals: readonly JsonText[], separator = ''): JsonText {
  if (literals.length === 1 && literals[0] !== undefined) return literals[0]
  const between = stringToJson(separator).slice(1, -1)
  return `"${literals.map((literal) => literal.slice(1, -1)).join(between)}"` as JsonText
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/
const SURROGATE_OR_ESCAPE =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\./g

/**
 * The same JSON with U+FFFD for each escaped half of a surrogate pair. JSON allows a lone half; servers that decode to
 * UTF-8 answer it with 400.
 */
export function replaceLoneSurrogates(json: JsonText): JsonText {
  if (!SURROGATE_ESCAPE.test(json)) return json
  return json.replace(SURROGATE_OR_ESCAPE, (escape) => {
    const isLone = escape.length === 6 && escape.charCodeAt(1) === 117
    return isLone ? '\\ufffd' : escape
  }) as JsonText
}

export interface ScanOptions {
  /** Deepest nesting accepted; the root counts as 1. */
  readonly maxDepth: number
}

export const DEFAULT_SCAN_OPTIONS: ScanOptions = { maxDepth: 256 }

/**
 * Scans the one JSON value in `source`, as strictly as `JSON.parse`.
 * Works on decoded text, and on the latin1 view of UTF-8 bytes, where offsets are byte offsets.
 */
export function scanJson(source: string, options: ScanOptions = DEFAULT_SCAN_OPTIONS): JsonNode {
  return new Scanner(source, options.maxDepth).document()
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
// Everything but quotes, backslashes and control characters.
const PLAIN = /[ !#-[\]-\uffff]*/y
const SHORT_RUN = 24
const BYTE_ORDER_MARK_AS_LATIN1 = '\u00ef\u00bb\u00bf'

class Scanner {
  readonly #source: string
  readonly #maxDepth: number
  /** A copy, as it holds a position; made when a long string comes. */
  #plain: RegExp | null = null
  #at = 0

  constructor(source: string, maxDepth: number) {
    this.#source = source
    this.#maxDepth = maxDepth
  }

  document(): JsonNode {
    // A byte order mark is not JSON, but editors write it and every lenient server accepts it.
    if (this.#source.charCodeAt(0) === 0xfeff) this.#at = 1
    else if (this.#source.startsWith(BYTE_ORDER_MARK_AS_LATIN1)) this.#at = 3
    this.#space()
    const node = this.#value(1)
    this.#space()
    if (this.#at !== this.#source.length) throw this.#unexpected()
    return node
  }

  #value(depth: number): JsonNode {
    const code = this.#source.charCodeAt(this.#at)
    if (code === QUOTE) return this.#string()
    if (code === OPEN_BRACE) return this.#object(depth)
    if (code === OPEN_BRACKET) return this.#array(depth)
    if (code === MINUS || isDigit(code)) return this.#numeral()
    if (code === 116) return this.#word('true', 'boolean')
    if (code === 102) return this.#word('false', 'boolean')
    if (code === 110) return this.#word('null', 'null')
    throw this.#unexpected()
  }

  #object(depth: number): JsonNode {
    this.#checkDepth(depth)
    const start = this.#at++
    const members: JsonMember[] = []
    this.#space()
    if (this.#take(CLOSE_BRACE)) return this.#node('object', start, members, null)
    for (;;) {
      this.#space()
      const nameStart = this.#at
      if (this.#source.charCodeAt(nameStart) !== QUOTE) throw this.#unexpected()
      this.#skipString()
      const name = decodeJsonString(this.#source.slice(nameStart, this.#at) as JsonText)
      this.#space()
      if (!this.#take(COLON)) throw this.#unexpected()
      this.#space()
      members.push({ name, nameStart, value: this.#value(depth + 1) })
      this.#space()
      if (this.#take(COMMA)) continue
      if (this.#take(CLOSE_BRACE)) return this.#node('object', start, members, null)
      throw this.#unexpected()
    }
  }

  #array(depth: number): JsonNode {
    this.#checkDepth(depth)
    const start = this.#at++
    const items: JsonNode[] = []
    this.#space()
    if (this.#take(CLOSE_BRACKET)) return this.#node('array', start, null, items)
    for (;;) {
      this.#space()
      items.push(this.#value(depth + 1))
      this.#space()
      if (this.#take(COMMA)) continue
      if (this.#take(CLOSE_BRACKET)) return this.#node('array', start, null, items)
      throw this.#unexpected()
    }
  }

  #string(): JsonNode {
    const start = this.#at
    this.#skipString()
    return this.#node('string', start, null, null)
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
    this.#plain ??= new RegExp(PLAIN)
    this.#plain.lastIndex = this.#at
    this.#plain.test(source)
    this.#at = this.#plain.lastIndex
  }

  #numeral(): JsonNode {
    const start = this.#at
    this.#take(MINUS)
    // Nothing may follow a leading zero, which then is the whole of the integer.
    if (!this.#take(ZERO)) this.#digits()
    if (this.#take(POINT)) this.#digits()
    if (this.#take(LOWER_E) || this.#take(UPPER_E)) {
      if (!this.#take(PLUS)) this.#take(MINUS)
      this.#digits()
    }
    return this.#node('number', start, null, null)
  }

  #digits(): void {
    if (!isDigit(this.#source.charCodeAt(this.#at))) throw this.#unexpected()
    while (isDigit(this.#source.charCodeAt(this.#at))) this.#at++
  }

  #word(word: string, kind: 'boolean' | 'null'): JsonNode {
    if (!this.#source.startsWith(word, this.#at)) throw this.#unexpected()
    const start = this.#at
    this.#at += word.length
    return this.#node(kind, start, null, null)
  }

  #node(
    kind: JsonKind,
    start: number,
    members: readonly JsonMember[] | null,
    items: readonly JsonNode[] | null,
  ): JsonNode {
    return new JsonNode(kind, this.#source, start, this.#at, members, items)
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
