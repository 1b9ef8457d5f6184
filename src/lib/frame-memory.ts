import { skipString } from './json-bytes.ts'
import { dataStart } from './sse-data.ts'

const QUOTE = 34
const COLON = 58
const EMPTY = Buffer.alloc(0)

/** A stream whose events differ in more than strings is not worth the search. */
const MOST_MISSES = 6

/** Bytes of the event that was learned, from `start` to before `end`. */
interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Knows events again that differ from one before in the contents of JSON strings only, as nearly all events of a stream do.
 * What was found out about the one before (that it is JSON, that nothing is to be learned from it) is true of them as well,
 * at the cost of a comparison.
 */
export class FrameMemory {
  #known: Buffer = EMPTY
  #knownView: DataView = new DataView(EMPTY.buffer)
  /** What all share, in order; between two of them is the content of a string. None: nothing fits. */
  #shared: readonly Span[] = []
  #misses = 0
  /** Events of one chunk lie in one piece of memory. */
  #memory: ArrayBufferLike | null = null
  #view: DataView = this.#knownView

  /** Bytes in front that all events share which fit. */
  get head(): number {
    return this.#shared[0]?.end ?? 0
  }

  fits(bytes: Buffer): boolean {
    if (this.#shared.length === 0) return false
    if (bytes.buffer !== this.#memory) {
      this.#memory = bytes.buffer
      this.#view = new DataView(bytes.buffer)
    }
    let at = 0
    for (const { start, end } of this.#shared) {
      // Behind the content of a string: its closing quote is the first of what is shared.
      if (start > 0) at = skipString(bytes, at) - 1
      const length = end - start
      if (at < 0 || at + length > bytes.length || !this.#isSame(bytes.byteOffset + at, start, length)) return false
      at += length
    }
    if (at !== bytes.length) return false
    this.#misses = 0
    return true
  }

  /**
   * Learns from an event whose data, one line, is known to be JSON: what it has in common with the one learned before. False
   * when it is no use any more; then all is as it was.
   */
  learn(bytes: Buffer): boolean {
    if (++this.#misses > MOST_MISSES) return false
    this.#shared = sharedParts(bytes, this.#known)
    this.#known = Buffer.from(bytes)
    this.#knownView = new DataView(this.#known.buffer, this.#known.byteOffset, this.#known.length)
    return true
  }

  /** Nothing fits until more was learned. */
  forget(): void {
    this.#shared = []
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

/**
 * The parts of an event around the string values in which another differs from it; none where it differs in anything else.
 * Around its last one where the two are the same.
 */
function sharedParts(bytes: Buffer, other: Buffer): readonly Span[] {
  const first = dataStart(bytes)
  const shared: Span[] = []
  let start = 0
  let last: Span | null = null
  let there = 0
  for (let at = 0; at < bytes.length; at++, there++) {
    if (bytes[at] !== other[there]) return []
    if (bytes[at] !== QUOTE || at < first) continue
    const content = { start: at + 1, end: skipString(bytes, at + 1) - 1 }
    const otherEnd = skipString(other, there + 1) - 1
    if (content.end < 0 || otherEnd < 0) return []
    const isValue = !isName(bytes, content.end + 1)
    if (bytes.compare(other, there + 1, otherEnd, content.start, content.end) !== 0) {
      if (!isValue) return []
      shared.push({ start, end: content.start })
      start = content.end
    }
    if (isValue) last = content
    at = content.end
    there = otherEnd
  }
  if (there !== other.length || last === null) return []
  if (shared.length > 0) return [...shared, { start, end: bytes.length }]
  return [
    { start: 0, end: last.start },
    { start: last.end, end: bytes.length },
  ]
}

function isName(bytes: Buffer, behind: number): boolean {
  let at = behind
  while (bytes[at] === 32 || bytes[at] === 9) at++
  return bytes[at] === COLON
}
