import { GatewayError } from './error.ts'

const LF = 10
const CR = 13
const SPACE = 32
const EMPTY = Buffer.alloc(0)
const LINE_END = Buffer.from('\n')
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** One event of an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), its fields read when asked for. */
export class SseFrame {
  /** The event as it came, from any blank lines before it to the blank line that ends it. A view: copy it to keep it. */
  readonly bytes: Buffer
  #parsed = false
  #event = ''
  #data = ''

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Value of the `event:` field, `""` where there is none. */
  get event(): string {
    if (!this.#parsed) this.#parse()
    return this.#event
  }

  /** The `data:` lines joined by newlines, `""` for comments. */
  get data(): string {
    if (!this.#parsed) this.#parse()
    return this.#data
  }

  #parse(): void {
    this.#parsed = true
    const text = this.bytes.toString('utf8')
    const lines = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
    let hasData = false
    for (let start = 0; start < lines.length;) {
      const newline = lines.indexOf('\n', start)
      const end = newline === -1 ? lines.length : newline
      if (lines.startsWith('event', start)) this.#event = fieldValue(lines, start + 5, end) ?? this.#event
      else if (lines.startsWith('data', start)) {
        const value = fieldValue(lines, start + 4, end)
        if (value !== null) this.#data = hasData ? `${this.#data}\n${value}` : value
        hasData ||= value !== null
      }
      start = end + 1
    }
  }
}

/** What follows a field's name in its line, or null when the name goes on (`database: x`). A line may be the bare name. */
function fieldValue(text: string, nameEnd: number, lineEnd: number): string | null {
  if (nameEnd === lineEnd) return ''
  if (text[nameEnd] !== ':') return null
  const start = text.charCodeAt(nameEnd + 1) === SPACE ? nameEnd + 2 : nameEnd + 1
  return text.slice(Math.min(start, lineEnd), lineEnd)
}

/** Whoever knows events again takes them without a search for their end and an object for each. */
export interface KnownEvents {
  /** Where the event that begins at `start` ends, if it is one of them and complete; else -1. */
  endOf(buffer: Buffer, start: number): number
  take(buffer: Buffer, start: number, end: number): void
}

/**
 * Cuts a byte stream into events wherever the network cut it. Accepts LF and CRLF line ends and a byte order mark. The
 * frames' bytes, one after the other, are the stream's bytes: nothing between them is lost.
 */
export class SseFramer {
  readonly #maxEventBytes: number
  /** The start of an unfinished event: our own copy with room to grow, so that neither chunks nor time are wasted on long events. */
  #pending: Buffer = EMPTY
  #length = 0
  /** How far into `#pending` no blank line can begin, so that a long event is not searched again for each chunk. */
  #searched = 0
  #first = true

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes
  }

  /** Calls `onFrame` for each event that is complete now. Throws `upstream_too_large` when one outgrows the limit. */
  feed(chunk: Buffer, onFrame: (frame: SseFrame) => void, known: KnownEvents | null = null): void {
    const buffer = this.#length === 0 ? chunk : this.#append(chunk)
    let start = 0
    if (this.#first) {
      if (buffer.length < 3 && BYTE_ORDER_MARK.subarray(0, buffer.length).equals(buffer)) {
        this.#keep(buffer, 0)
        return
      }
      this.#first = false
      if (buffer.subarray(0, 3).equals(BYTE_ORDER_MARK)) start = 3
    }
    for (let from = this.#searched; ; from = start) {
      const knownEnd = known === null ? -1 : known.endOf(buffer, start)
      const end = knownEnd === -1 ? frameEnd(buffer, start, from) : knownEnd
      if (end === -1) break
      if (end - start > this.#maxEventBytes) throw this.#tooLarge()
      if (known !== null && knownEnd !== -1) known.take(buffer, start, end)
      else onFrame(new SseFrame(buffer.subarray(start, end)))
      start = end
    }
    this.#keep(buffer, start)
    if (this.#length > this.#maxEventBytes) throw this.#tooLarge()
  }

  /** At the end of the stream: an event that lacks only its blank line still counts (many servers leave it out). */
  end(onFrame: (frame: SseFrame) => void): void {
    const rest = this.#pending.subarray(0, this.#length)
    this.#length = 0
    if (rest.at(-1) === LF && contentStart(rest, 0) < rest.length) {
      onFrame(new SseFrame(Buffer.concat([rest, LINE_END])))
    }
  }

  /** Bytes of an event that is not complete yet. */
  get pendingBytes(): number {
    return this.#length
  }

  #append(chunk: Buffer): Buffer {
    const length = this.#length + chunk.length
    if (length > this.#pending.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#pending.length))
      this.#pending.copy(grown, 0, 0, this.#length)
      this.#pending = grown
    }
    chunk.copy(this.#pending, this.#length)
    return this.#pending.subarray(0, length)
  }

  /** Keeps `buffer` from `start` on. Frames that were handed out are views, so their buffer is never written to again. */
  #keep(buffer: Buffer, start: number): void {
    const rest = buffer.length - start
    const isPending = this.#length > 0 && start === 0
    if (!isPending) this.#pending = rest === 0 ? EMPTY : Buffer.from(buffer.subarray(start))
    this.#length = rest
    this.#searched = Math.max(0, rest - 2)
  }

  #tooLarge(): GatewayError {
    return new GatewayError(
      'upstream_too_large',
      `The upstream sent an event larger than ${this.#maxEventBytes} bytes.`,
    )
  }
}

/** Index behind the blank line that ends the event which starts at `start`, or -1. Before `from` there is none. */
function frameEnd(buffer: Buffer, start: number, from: number): number {
  let at = buffer.indexOf(LF, Math.max(from, contentStart(buffer, start)))
  while (at !== -1) {
    if (buffer[at + 1] === LF) return at + 2
    if (buffer[at + 1] === CR && buffer[at + 2] === LF) return at + 3
    at = buffer.indexOf(LF, at + 1)
  }
  return -1
}

/** Index of the first byte at or behind `start` that is not a line end. */
function contentStart(buffer: Buffer, start: number): number {
  let at = start
  while (buffer[at] === LF || buffer[at] === CR) at++
  return at
}
