import { CONTAINER_ENTRY } from './json-scanner.ts'
import type { ScannedJson } from './json-scanner.ts'

const QUOTE = 34
const PLUS = 43
const COMMA = 44
const MINUS = 45
const POINT = 46
const ZERO = 48
const NINE = 57
const COLON = 58
const UPPER_E = 69
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const LOWER_E = 101
const LOWER_U = 117
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/** As deep as `scanJson` reads. */
const MAX_DEPTH = 256

const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')

/** A scan of UTF-8 on its way. */
interface Scan {
  readonly bytes: Buffer
  /** Where values are noted; null where nobody wants to know. */
  readonly tape: number[] | null
  /** Of the same bytes, to look at several at once. */
  readonly view: DataView
  isCompact: boolean
}

/**
 * Scans the one JSON value in these bytes, as strictly as `scanText` and several times as fast. Null where it is not
 * acceptable JSON: whoever wants to know why asks `scanText`.
 */
export function scanBytes(bytes: Buffer, maxDepth: number): ScannedJson | null {
  const tape: number[] = []
  const scan: Scan = { bytes, tape, view: viewOf(bytes), isCompact: true }
  const start = skipSpace(scan, startsWithMark(bytes) ? 3 : 0)
  const end = skipValue(scan, start, maxDepth)
  if (end === -1 || skipSpace(scan, end) !== bytes.length) return null
  return { tape, isCompact: scan.isCompact }
}

export function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length)
}

/** A byte order mark is not JSON, but editors write it and every lenient server accepts it. */
function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

/** Whether the bytes from `start` on are one JSON object and white space. */
export function isJsonObject(bytes: Buffer, start: number): boolean {
  const scan: Scan = { bytes, tape: null, view: viewOf(bytes), isCompact: true }
  const first = skipSpace(scan, start)
  if (bytes[first] !== OPEN_BRACE) return false
  const end = skipValue(scan, first, MAX_DEPTH)
  return end !== -1 && skipSpace(scan, end) === bytes.length
}

/** These functions give the index behind what they skip, or -1 where it is not there. */
function skipValue(scan: Scan, at: number, depth: number): number {
  const { bytes } = scan
  const byte = at < bytes.length ? bytes[at] : -1
  if (byte === QUOTE) return noteString(scan, at)
  if (byte === OPEN_BRACE) return depth === 0 ? -1 : skipObject(scan, at, depth - 1)
  if (byte === OPEN_BRACKET) return depth === 0 ? -1 : skipArray(scan, at, depth - 1)
  const end = skipScalar(bytes, at, byte)
  scan.tape?.push(at, end)
  return end
}

function skipScalar(bytes: Buffer, at: number, byte: number | undefined): number {
  if (byte === 116) return skipWord(bytes, at, TRUE)
  if (byte === 102) return skipWord(bytes, at, FALSE)
  if (byte === 110) return skipWord(bytes, at, NULL)
  return skipNumber(bytes, at)
}

function skipObject(scan: Scan, start: number, depth: number): number {
  const { bytes } = scan
  const place = open(scan, start)
  let at = skipSpace(scan, start + 1)
  if (bytes[at] === CLOSE_BRACE) return close(scan, place, at + 1)
  for (;;) {
    if (at >= bytes.length || bytes[at] !== QUOTE) return -1
    at = noteString(scan, at)
    if (at === -1) return -1
    at = skipSpace(scan, at)
    if (at >= bytes.length || bytes[at] !== COLON) return -1
    at = skipValue(scan, skipSpace(scan, at + 1), depth)
    if (at === -1) return -1
    at = skipSpace(scan, at)
    if (at >= bytes.length) return -1
    if (bytes[at] === CLOSE_BRACE) return close(scan, place, at + 1)
    if (bytes[at] !== COMMA) return -1
    at = skipSpace(scan, at + 1)
  }
}

function skipArray(scan: Scan, start: number, depth: number): number {
  const { bytes } = scan
  const place = open(scan, start)
  let at = skipSpace(scan, start + 1)
  if (bytes[at] === CLOSE_BRACKET) return close(scan, place, at + 1)
  for (;;) {
    at = skipValue(scan, at, depth)
    if (at === -1) return -1
    at = skipSpace(scan, at)
    if (at >= bytes.length) return -1
    if (bytes[at] === CLOSE_BRACKET) return close(scan, place, at + 1)
    if (bytes[at] !== COMMA) return -1
    at = skipSpace(scan, at + 1)
  }
}

/** The place of an object's or array's entry on the tape. */
function open({ tape }: Scan, at: number): number {
  return tape === null ? 0 : tape.push(at, 0, 0) - CONTAINER_ENTRY
}

function close({ tape }: Scan, place: number, end: number): number {
  if (tape !== null) {
    tape[place + 1] = end
    tape[place + 2] = tape.length
  }
  return end
}

/** Skips a string with its quotes. */
function noteString({ bytes, view, tape }: Scan, at: number): number {
  const end = skipString(bytes, view, at + 1, bytes.length)
  if (tape !== null) tape.push(at, end)
  return end
}

/**
 * From behind the opening quote to behind the closing one, or -1 where the string is none or goes on behind `end`. `view`
 * is of the same memory as the bytes.
 */
export function skipString(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  for (let at = skipPlain(view, start, end); at < end; at = skipPlain(view, at + 1, end)) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) return at + 1
    if (byte < 32) return -1
    if (byte !== BACKSLASH) continue
    at = skipEscape(bytes, at + 1)
    if (at === -1) return -1
  }
  return -1
}

/**
 * Index of the next quote, backslash or control character, or of one of the last seven bytes.
 *
 * Eight bytes are looked at together, in two words. A byte below n, minus n, borrows from its highest bit, which UTF-8 sets
 * in bytes of longer characters only; XOR with 2 makes a quote (34) and the control characters the bytes below 33, XOR with
 * 92 makes a backslash the byte below 1. The lowest bit that is found is right; those above it may be borrowed.
 */
function skipPlain(view: DataView, start: number, end: number): number {
  const last = end - 8
  let at = start
  for (; at <= last; at += 8) {
    const one = view.getInt32(at, true)
    const two = view.getInt32(at + 4, true)
    const inOne = (((one ^ 0x02020202) - 0x21212121) | ((one ^ 0x5c5c5c5c) - 0x01010101)) & ~one & 0x80808080
    if (inOne !== 0) return at + firstByte(inOne)
    const inTwo = (((two ^ 0x02020202) - 0x21212121) | ((two ^ 0x5c5c5c5c) - 0x01010101)) & ~two & 0x80808080
    if (inTwo !== 0) return at + 4 + firstByte(inTwo)
  }
  return at
}

/** Of the four bytes of a little-endian word, the first that has its highest bit set. */
function firstByte(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3
}

/** Index of the last byte of what follows a backslash. */
function skipEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
    case BACKSLASH:
    case 47: // /
    case 98: // b
    case 102: // f
    case 110: // n
    case 114: // r
    case 116: // t
      return at
    case LOWER_U:
      for (let digit = at + 1; digit <= at + 4; digit++) if (!isHexDigit(bytes[digit] ?? 0)) return -1
      return at + 4
    default:
      return -1
  }
}

function skipNumber(bytes: Buffer, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start
  let at = bytes[first] === ZERO ? first + 1 : skipDigits(bytes, first)
  if (at !== -1 && bytes[at] === POINT) at = skipDigits(bytes, at + 1)
  if (at === -1 || (bytes[at] !== LOWER_E && bytes[at] !== UPPER_E)) return at
  const isSigned = bytes[at + 1] === PLUS || bytes[at + 1] === MINUS
  return skipDigits(bytes, isSigned ? at + 2 : at + 1)
}

/** One at least. */
function skipDigits(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && isDigit(bytes[at] ?? 0)) at++
  return at === start ? -1 : at
}

function skipWord(bytes: Buffer, at: number, word: Buffer): number {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return -1
  return at + word.length
}

function skipSpace(scan: Scan, start: number): number {
  const { bytes } = scan
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) break
    scan.isCompact = false
    at++
  }
  return at
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102)
}
