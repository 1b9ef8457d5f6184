import { scanJson, stringToJson } from './json.ts'
import type { JsonNode } from './json.ts'

const QUOTE = 34
const COMMA = 44
const COLON = 58
const BACKSLASH = 92

/** Bytes from `start` to before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Where the value of a member at the top level of an object lies, or null. The bytes from `start` to `end` are one JSON
 * object that is valid, whatever follows it; the member is not looked for in strings or deeper objects. Of an object or
 * array only the start is right.
 */
export function findMember(bytes: Buffer, start: number, end: number, name: Buffer): Span | null {
  let depth = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const close = stringEnd(bytes, at, end)
      const isLikeName = depth === 1 && close - at === name.length
      const colon = isLikeName && spells(bytes, at, name) ? skipSpace(bytes, close) : -1
      if (bytes[colon] === COLON) {
        const value = skipSpace(bytes, colon + 1)
        return { start: value, end: valueEnd(bytes, value, end) }
      }
      at = close - 1
    } else if (byte === 123 || byte === 91) depth++
    else if ((byte === 125 || byte === 93) && --depth === 0) return null
  }
  return null
}

/** Whether the value there is this string, however it is spelled. `literal` are its bytes as JSON. */
export function isString(bytes: Buffer, { start, end }: Span, text: string, literal: Buffer): boolean {
  const isSame = end - start === literal.length && bytes.compare(literal, 0, literal.length, start, end) === 0
  if (isSame || bytes[start] !== QUOTE || !bytes.subarray(start, end).includes(BACKSLASH)) return isSame
  return scanJson(bytes.toString('utf8', start, end)).string === text
}

/** The bytes with this string as that value, and no other byte changed; the very same where it is that already. */
export function withString(bytes: Buffer, value: JsonNode, text: string): Buffer {
  if (value.string === text) return bytes
  const literal = Buffer.from(stringToJson(text))
  return Buffer.concat([bytes.subarray(0, value.start), literal, bytes.subarray(value.end)])
}

/** Byte by byte: a call of `compare` would cost several times as much. */
function spells(bytes: Buffer, start: number, name: Buffer): boolean {
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false
  return true
}

/** Index behind the closing quote of the string that opens at `at`. */
function stringEnd(bytes: Buffer, at: number, end: number): number {
  for (let next = at + 1; next < end; next++) {
    if (bytes[next] === BACKSLASH) next++
    else if (bytes[next] === QUOTE) return next + 1
  }
  return end
}

/** Of a string, or of a word such as null. */
function valueEnd(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] === QUOTE) return stringEnd(bytes, at, end)
  let next = at
  while (next < end && bytes[next] !== COMMA && bytes[next] !== 125 && !isSpace(bytes[next])) next++
  return next
}

function skipSpace(bytes: Buffer, at: number): number {
  let next = at
  while (isSpace(bytes[next])) next++
  return next
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 13
}
