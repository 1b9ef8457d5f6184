import { GatewayError } from './error.ts'

const LF = 10
const CR = 13
const EMPTY = Buffer.alloc(0)
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** One event of an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), its fields read when asked for. */
export class SseFrame {
  /** The event as it came, with the blank line that ends it. A view: copy it to keep it. */
  readonly bytes: Buffer
  #event: string | null = null
  #data: string | null = null

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Value of the `event:` field, `""` where there is none. */
  get event(): string {
    if (this.#event === null) this.#parse()
    return this.#event ?? ''
  }

  /** The `data:` lines joined by newlines, `""` for comments. */
  get data(): string {
    if (this.#data === null) this.#parse()
    return this.#data ?? ''
  }

  #parse(): void {
    let event = ''
    let data: string | null = null
    for (const line of this.bytes.toString('utf8').split(/\r\n|\n|\r/)) {
      const colon = line.indexOf(':')
      if (colon === 0 || line === '') continue
      const name = colon === -1 ? line : line.slice(0, colon)
      const value = colon === -1 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1)
      if (name === 'event') event = value
      else if (name === 'data') data = data === null ? value : `${data}\n${value}`
    }
    this.#event = event
    this.#data = data ?? ''
  }
}

/** Cuts a byte stream into events wherever the network cut it. Accepts LF and CRLF line ends and a byte order mark. */
export class SseFramer {
  readonly #maxEventBytes: number
  #pending: Buffer = EMPTY
  /** How far into `#pending` no blank line can begin, so that a long event is not searched again for each chunk. */
  #searched = 0
  #first = true

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes
  }

  /** Calls `onFrame` for each event that is complete now. Throws `upstream_too_large` when one outgrows the limit. */
  feed(chunk: Buffer, onFrame: (frame: SseFrame) => void): void {
    let buffer = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    if (this.#first) {
      if (buffer.length < 3 && BYTE_ORDER_MARK.subarray(0, buffer.length).equals(buffer)) {
        this.#pending = buffer
        return
      }
      this.#first = false
      if (buffer.subarray(0, 3).equals(BYTE_ORDER_MARK)) buffer = buffer.subarray(3)
    }
    let start = 0
    let from = this.#searched
    for (;;) {
      const end = frameEnd(buffer, Math.max(from, start))
      if (end === -1) break
      if (!isBlank(buffer, start, end)) onFrame(new SseFrame(buffer.subarray(start, end)))
      start = end
      from = end
    }
    this.#pending = start === buffer.length ? EMPTY : buffer.subarray(start)
    this.#searched = Math.max(0, this.#pending.length - 3)
    if (this.#pending.length > this.#maxEventBytes) {
      throw new GatewayError(
        'upstream_too_large',
        `The upstream sent an event larger than ${this.#maxEventBytes} bytes.`,
      )
    }
  }

  /** At the end of the stream: an event that lacks only its blank line still counts (many servers leave it out). */
  end(onFrame: (frame: SseFrame) => void): void {
    const rest = this.#pending
    this.#pending = EMPTY
    if (rest.length > 0 && rest[rest.length - 1] === LF && !isBlank(rest, 0, rest.length)) onFrame(new SseFrame(rest))
  }

  /** Bytes of an event that is not complete yet. */
  get pendingBytes(): number {
    return this.#pending.length
  }
}

/** Index behind the blank line that ends the event, or -1. */
function frameEnd(buffer: Buffer, from: number): number {
  let at = buffer.indexOf(LF, from)
  while (at !== -1) {
    if (buffer[at + 1] === LF) return at + 2
    if (buffer[at + 1] === CR && buffer[at + 2] === LF) return at + 3
    at = buffer.indexOf(LF, at + 1)
  }
  return -1
}

function isBlank(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (buffer[at] !== LF && buffer[at] !== CR) return false
  }
  return true
}
