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

/** Whether the bytes from `start` on are one JSON object and white space: as strict as `scanJson`, and nothing is built. */
export function isJsonObject(bytes: Buffer, start: number): boolean {
  const first = skipSpace(bytes, start)
  if (bytes[first] !== OPEN_BRACE) return false
  const end = skipValue(bytes, first, MAX_DEPTH)
  return end !== -1 && skipSpace(bytes, end) === bytes.length
}

/** These functions give the index behind what they skip, or -1 where it is not there. */
function skipValue(bytes: Buffer, at: number, depth: number): number {
  const byte = at < bytes.length ? bytes[at] : -1
  if (byte === QUOTE) return skipString(bytes, at + 1)
  if (byte === OPEN_BRACE) return depth === 0 ? -1 : skipObject(bytes, at + 1, depth - 1)
  if (byte === OPEN_BRACKET) return depth === 0 ? -1 : skipArray(bytes, at + 1, depth - 1)
  if (byte === 116) return skipWord(bytes, at, TRUE)
  if (byte === 102) return skipWord(bytes, at, FALSE)
  if (byte === 110) return skipWord(bytes, at, NULL)
  return skipNumber(bytes, at)
}

function skipObject(bytes: Buffer, start: number, depth: number): number {
  let at = skipSpace(bytes, start)
  if (bytes[at] === CLOSE_BRACE) return at + 1
  for (;;) {
    if (at >= bytes.length || bytes[at] !== QUOTE) return -1
    at = skipString(bytes, at + 1)
    if (at === -1) return -1
    at = skipSpace(bytes, at)
    if (at >= bytes.length || bytes[at] !== COLON) return -1
    at = skipValue(bytes, skipSpace(bytes, at + 1), depth)
    if (at === -1) return -1
    at = skipSpace(bytes, at)
    if (at >= bytes.length) return -1
    if (bytes[at] === CLOSE_BRACE) return at + 1
    if (bytes[at] !== COMMA) return -1
    at = skipSpace(bytes, at + 1)
  }
}

function skipArray(bytes: Buffer, start: number, depth: number): number {
  let at = skipSpace(bytes, start)
  if (bytes[at] === CLOSE_BRACKET) return at + 1
  for (;;) {
    at = skipValue(bytes, at, depth)
    if (at === -1) return -1
    at = skipSpace(bytes, at)
    if (at >= bytes.length) return -1
    if (bytes[at] === CLOSE_BRACKET) return at + 1
    if (bytes[at] !== COMMA) return -1
    at = skipSpace(bytes, at + 1)
  }
}

/** From behind the opening quote to behind the closing one; -1 where the string is none. */
export function skipString(bytes: Buffer, start: number): number {
  const end = bytes.length
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) return at + 1
    if (byte < 32) return -1
    if (byte !== BACKSLASH) continue
    at = skipEscape(bytes, at + 1)
    if (at === -1) return -1
  }
  return -1
}

/** Index of the last byte of what follows a backslash. */
function skipEscape(bytes: Buffer, at: number): number {
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

function skipSpace(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) break
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
