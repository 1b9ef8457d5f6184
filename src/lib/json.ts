/**
 * Reads JSON without losing how it was written.
 *
 * `JSON.parse` followed by `JSON.stringify` turns `12345678901234567890` into `12345678901234567000`, `1.0` into `1`,
 * moves integer-like keys to the front and merges duplicate keys. A gateway may do none of that to a tool schema or a
 * prompt, so the scanner keeps, for each value, the span of the source it came from.
 */

import { isAscii } from 'node:buffer'
import { scanBytes } from './json-bytes.ts'
import { CONTAINER_ENTRY, JsonScanError, SCALAR_ENTRY, scanText } from './json-scanner.ts'
import type { ScannedJson } from './json-scanner.ts'

export { JsonScanError } from './json-scanner.ts'

declare const jsonTextBrand: unique symbol

/** One JSON value exactly as its source wrote it: `"a\u00e9"` with its quotes, `1.0`, `{"b":1,"a":2}`. */
export type JsonText = string & { readonly [jsonTextBrand]: true }

/** A decoded JSON value. Prefer `JsonText` for whatever is only carried on. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

export interface JsonMember {
  /** Decoded name. */
  readonly name: string
  /** Where the name's literal starts, for splices that remove the whole member. */
  readonly nameStart: number
  readonly value: JsonNode
}

/** What nodes are views of. */
class JsonDocument {
  /** The text; of bytes their latin1 view, so that all positions are those of bytes. */
  readonly source: string
  readonly tape: readonly number[]
  readonly isCompact: boolean
  /** Null where `source` says it all: a text, or bytes that are ASCII. */
  readonly #utf8: Buffer | null

  constructor(source: string, { tape, isCompact }: ScannedJson, utf8: Buffer | null) {
    this.source = source
    this.tape = tape
    this.isCompact = isCompact
    this.#utf8 = utf8
  }

  text(start: number, end: number): JsonText {
    if (this.#utf8 === null || this.#isShortAscii(start, end)) return this.source.slice(start, end) as JsonText
    return this.#utf8.toString('utf8', start, end) as JsonText
  }

  /** Behind the value at this place of the tape. */
  behind(place: number): number {
    return isContainer(this.source.charCodeAt(this.#start(place))) ? (this.tape[place + 2] ?? 0) : place + SCALAR_ENTRY
  }

  node(place: number): JsonNode {
    const start = this.#start(place)
    return new JsonNode(this, place, KINDS[this.source.charCodeAt(start)] ?? 'number', start, this.tape[place + 1] ?? 0)
  }

  #start(place: number): number {
    return this.tape[place] ?? 0
  }

  /** Nearly all names are: a look is cheaper than decoding. */
  #isShortAscii(start: number, end: number): boolean {
    if (end - start > SHORT) return false
    for (let at = start; at < end; at++) if (this.source.charCodeAt(at) > 127) return false
    return true
  }
}

const SHORT = 32

/** By its first character; numbers have many. */
const KINDS: readonly (JsonKind | undefined)[] = Object.assign(Array<JsonKind | undefined>(128).fill(undefined), {
  34: 'string',
  91: 'array',
  102: 'boolean',
  110: 'null',
  116: 'boolean',
  123: 'object',
} satisfies Record<number, JsonKind>)

function isContainer(code: number): boolean {
  return code === 123 || code === 91
}

/**
 * A value of the scanned text with the span it occupies, in characters of the text or in bytes, whatever was scanned. What
 * is in it is looked at when it is asked for.
 */
export class JsonNode {
  readonly kind: JsonKind
  readonly start: number
  readonly end: number
  readonly #document: JsonDocument
  readonly #place: number
  #members: readonly JsonMember[] | null = null
  #items: readonly JsonNode[] | null = null
  #index: Map<string, JsonNode> | null = null
  #isChecked = false

  constructor(document: JsonDocument, place: number, kind: JsonKind, start: number, end: number) {
    this.kind = kind
    this.start = start
    this.end = end
    this.#document = document
    this.#place = place
  }

  /** The literal as the source has it. */
  get raw(): JsonText {
    return this.#document.text(this.start, this.end)
  }

  /** The same, of bytes as their latin1 view. */
  get latin1(): string {
    return this.#document.source.slice(this.start, this.end)
  }

  /** The whole text that this is from has no white space but in strings. */
  get isCompact(): boolean {
    return this.#document.isCompact
  }

  /** Members in source order; empty unless this is an object. */
  get members(): readonly JsonMember[] {
    if (this.kind !== 'object') return NO_MEMBERS
    this.#members ??= this.#readMembers()
    return this.#members
  }

  /** Elements in source order; empty unless this is an array. */
  get items(): readonly JsonNode[] {
    if (this.kind !== 'array') return NO_ITEMS
    this.#items ??= this.#readItems()
    return this.#items
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
    return this.kind === 'boolean' ? this.#document.source.charCodeAt(this.start) === 116 : undefined
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

  #readMembers(): readonly JsonMember[] {
    const { tape } = this.#document
    const members: JsonMember[] = []
    const end = this.#document.behind(this.#place)
    for (let place = this.#place + CONTAINER_ENTRY; place < end;) {
      const nameStart = tape[place] ?? 0
      const name = decodeJsonString(this.#document.text(nameStart, tape[place + 1] ?? 0))
      place += SCALAR_ENTRY
      members.push({ name, nameStart, value: this.#document.node(place) })
      place = this.#document.behind(place)
    }
    return members
  }

  #readItems(): readonly JsonNode[] {
    const items: JsonNode[] = []
    const end = this.#document.behind(this.#place)
    for (let place = this.#place + CONTAINER_ENTRY; place < end; place = this.#document.behind(place)) {
      items.push(this.#document.node(place))
    }
    return items
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

const NO_MEMBERS: readonly JsonMember[] = []
const NO_ITEMS: readonly JsonNode[] = []

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

/** What is known to be a literal, as somebody else scanned it. */
export function scannedLiteral(text: string): JsonText {
  return text as JsonText
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

/** Nearly all names of members: what needs no look at each character. */
const PLAIN_NAME = /^\w*$/

/** Builds an object's literal from the literals of its members, in the order in which they are added. */
export class JsonObjectWriter {
  #members = ''

  /** Adds a member; null, for a field that is absent, adds nothing. */
  add(name: string, value: JsonText | null): this {
    if (value === null) return this
    const separator = this.#members === '' ? '' : ','
    this.#members += `${separator}${PLAIN_NAME.test(name) ? `"${name}"` : JSON.stringify(name)}:${value}`
    return this
  }

  get isEmpty(): boolean {
    return this.#members === ''
  }

  get text(): JsonText {
    return `{${this.#members}}` as JsonText
  }
}

/** The literal of an array with these elements. They are chained, not copied: the text is made flat once, when it is whole. */
export function jsonArray(items: readonly JsonText[]): JsonText {
  let text = '['
  let separator = ''
  for (const item of items) {
    text += separator + item
    separator = ','
  }
  return `${text}]` as JsonText
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
  // The first look costs next to nothing.
  if (!json.includes('\\u') || !SURROGATE_ESCAPE.test(json)) return json
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

/** Scans the one JSON value in a text, as strictly as `JSON.parse`. Throws JsonScanError. */
export function scanJson(source: string, { maxDepth }: ScanOptions = DEFAULT_SCAN_OPTIONS): JsonNode {
  return new JsonDocument(source, scanText(source, maxDepth), null).node(0)
}

/** The same of UTF-8, where positions are those of bytes. What is no UTF-8 is read as U+FFFD, as everywhere. */
export function scanJsonBytes(bytes: Buffer, options: ScanOptions = DEFAULT_SCAN_OPTIONS): JsonNode {
  // The scanner of texts knows what is wrong with it.
  return tryScanJsonBytes(bytes, options) ?? scanJson(bytes.toString('latin1'), options)
}

/** The same; null where the bytes are no JSON. */
export function tryScanJsonBytes(bytes: Buffer, { maxDepth }: ScanOptions = DEFAULT_SCAN_OPTIONS): JsonNode | null {
  const scanned = scanBytes(bytes, maxDepth)
  if (scanned === null) return null
  return new JsonDocument(bytes.toString('latin1'), scanned, isAscii(bytes) ? null : bytes).node(0)
}
