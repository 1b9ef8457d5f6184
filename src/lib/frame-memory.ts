import { isStringContent } from './json-skip.ts'
import { dataStart } from './sse-data.ts'

const QUOTE = 34
const COLON = 58
const BACKSLASH = 92
const EMPTY = Buffer.alloc(0)

/** A stream whose events differ in more than one string is not worth the search. */
const MOST_MISSES = 12

/**
 * Knows events again that differ from one before in the content of one JSON string only, as nearly all events of a stream
 * do. What was found out about the one before (that it is JSON, that nothing is to be learned from it) is true of them as
 * well, at the cost of a comparison.
 */
export class FrameMemory {
  #known: Buffer = EMPTY
  #knownView: DataView = new DataView(EMPTY.buffer)
  /** Bytes up to the string's content, and from its closing quote on. */
  #head = 0
  #tail = 0
  #misses = 0
  /** Events of one chunk lie in one piece of memory. */
  #memory: ArrayBufferLike | null = null
  #view: DataView = this.#knownView

  /** Bytes in front that all events share which fit. */
  get head(): number {
    return this.#head
  }

  fits(bytes: Buffer): boolean {
    const head = this.#head
    const end = bytes.length - this.#tail
    if (head === 0 || end < head) return false
    if (bytes.buffer !== this.#memory) {
      this.#memory = bytes.buffer
      this.#view = new DataView(bytes.buffer)
    }
    const isLikeIt =
      this.#isSame(bytes.byteOffset, 0, head) &&
      this.#isSame(bytes.byteOffset + end, this.#known.length - this.#tail, this.#tail) &&
      isStringContent(bytes, head, end)
    if (isLikeIt) this.#misses = 0
    return isLikeIt
  }

  /**
   * Learns from an event whose data, one line, is known to be JSON: what it has in common with the one learned before. False
   * when it is no use any more; then all is as it was.
   */
  learn(bytes: Buffer): boolean {
    if (++this.#misses > MOST_MISSES) return false
    const string = stringAt(bytes, commonLength(bytes, this.#known))
    this.#known = Buffer.from(bytes)
    this.#knownView = new DataView(this.#known.buffer, this.#known.byteOffset, this.#known.length)
    this.#head = string === null ? 0 : string.start
    this.#tail = string === null ? 0 : bytes.length - string.end
    return true
  }

  /** Nothing fits until more was learned. */
  forget(): void {
    this.#head = 0
  }

  /** Four bytes at a time: a call of `compare` would cost as much as all of it. */
  #isSame(at: number, known: number, length: number): boolean {
    const view = this.#view
    const knownView = this.#knownView
    let done = 0
    for (; done + 4 <= length; done += 4) {
      if (view.getInt32(at + done) !== knownView.getInt32(known + done)) return false
    }
    for (; done < length; done++) if (view.getInt8(at + done) !== knownView.getInt8(known + done)) return false
    return true
  }
}

function commonLength(one: Buffer, other: Buffer): number {
  const length = Math.min(one.length, other.length)
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return at
  return length
}

interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The content of the string value, of an event's JSON, in which or at whose end this place is; null where it is in none.
 * Behind the event, where two are all the same, it is that of its last string.
 */
function stringAt(bytes: Buffer, place: number): Span | null {
  const first = dataStart(bytes)
  if (first === -1) return null
  let last: Span | null = null
  for (let at = bytes.indexOf(QUOTE, first); at !== -1 && at < place; at = bytes.indexOf(QUOTE, at)) {
    const end = contentEnd(bytes, at + 1)
    const span = isName(bytes, end + 1) ? null : { start: at + 1, end }
    if (place <= end) return span
    last = span ?? last
    at = end + 1
  }
  return place === bytes.length ? last : null
}

/** Index of the closing quote. */
function contentEnd(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

function isName(bytes: Buffer, behind: number): boolean {
  let at = behind
  while (bytes[at] === 32 || bytes[at] === 9) at++
  return bytes[at] === COLON
}
