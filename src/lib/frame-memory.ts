import { skipString, viewOf } from './json-bytes.ts'
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
  #knownView = viewOf(EMPTY)
  /** What all share, in order; between two of them is the content of a string. None: nothing fits. */
  #shared: readonly Span[] = []
  #misses = 0
  /** What was looked at last. Events of one chunk, and often all chunks, lie in one piece of memory. */
  #memory: Uint8Array = EMPTY
  #view = this.#knownView
  /** The view of it: to ask a view for its memory is a call out of the program. */
  #bytes: Buffer = EMPTY
  #bytesStart = 0

  /** Where the contents of the strings that change lie in the event that fit last: start, end, start, end... */
  readonly #contents: number[] = []

  /** How many strings change. */
  get places(): number {
    return Math.max(0, this.#shared.length - 1)
  }

  /** Which of the strings that change opens at this byte of the event that was learned last; -1 for none of them. */
  placeOf(quote: number): number {
    const at = this.#shared.findIndex(({ end }) => end === quote + 1)
    return at < this.places ? at : -1
  }

  /** The content of a string that changes, in the event that fit last. */
  contentOf(place: number): readonly [start: number, end: number] {
    return [this.#contents[2 * place] ?? 0, this.#contents[2 * place + 1] ?? 0]
  }

  /** Bytes in front that all events share which fit. */
  get head(): number {
    return this.#shared[0]?.end ?? 0
  }

  fits(bytes: Buffer): boolean {
    return this.endOf(bytes, 0) === bytes.length
  }

  /** Where the event ends that begins at `start`, if it fits; -1 if not, or if it is not all there. */
  endOf(bytes: Buffer, start: number): number {
    if (this.#shared.length === 0) return -1
    if (bytes !== this.#bytes) this.#lookAt(bytes)
    const byteOffset = this.#bytesStart
    const limit = byteOffset + bytes.length
    let at = byteOffset + start
    let found = 0
    for (const part of this.#shared) {
      if (part.start > 0) {
        this.#contents[found++] = at - byteOffset
        // Behind the content of a string: its closing quote is the first of what is shared.
        at = skipString(this.#memory, this.#view, at, limit) - 1
        this.#contents[found++] = at - byteOffset
      }
      const length = part.end - part.start
      if (at < 0 || at + length > limit || !this.#isSame(at, part.start, length)) return -1
      at += length
    }
    this.#misses = 0
    return at - byteOffset
  }

  #lookAt(bytes: Buffer): void {
    this.#bytes = bytes
    this.#bytesStart = bytes.byteOffset
    if (bytes.buffer === this.#memory.buffer) return
    this.#memory = new Uint8Array(bytes.buffer)
    this.#view = new DataView(bytes.buffer)
  }

  /**
   * Learns from an event whose data, one line, is known to be JSON: what it has in common with the one learned before. False
   * when it is no use any more; then all is as it was.
   */
  learn(bytes: Buffer): boolean {
    if (++this.#misses > MOST_MISSES) return false
    const known = Buffer.from(bytes)
    const view = viewOf(known)
    this.#shared = sharedParts({ bytes: known, view }, { bytes: this.#known, view: this.#knownView })
    this.#known = known
    this.#knownView = view
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
      if (view.getInt32(at + done, true) !== knownView.getInt32(known + done, true)) return false
    }
    for (; done < length; done++) if (view.getInt8(at + done) !== knownView.getInt8(known + done)) return false
    return true
  }
}

interface Viewed {
  readonly bytes: Buffer
  readonly view: DataView
}

/**
 * The parts of an event around the string values in which another differs from it; none where it differs in anything else.
 * Around its last one where the two are the same.
 */
function sharedParts(one: Viewed, another: Viewed): readonly Span[] {
  const { bytes } = one
  const other = another.bytes
  const first = dataStart(bytes)
  const shared: Span[] = []
  let start = 0
  let last: Span | null = null
  let there = 0
  for (let at = 0; at < bytes.length; at++, there++) {
    if (bytes[at] !== other[there]) return []
    if (bytes[at] !== QUOTE || at < first) continue
    const content = { start: at + 1, end: skipString(bytes, one.view, at + 1, bytes.length) - 1 }
    const otherEnd = skipString(other, another.view, there + 1, other.length) - 1
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
