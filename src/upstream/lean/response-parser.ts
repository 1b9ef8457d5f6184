import type { Headers } from '../../lib/headers.ts'

/** What stands between the bytes of a connection and a call. */
export interface ResponseEvents {
  /** Of the final answer; interim ones are skipped. */
  head(status: number, headers: Record<string, string | undefined>): void
  /** Body bytes: a view of the bytes that were fed, good until the callback returns. */
  body(chunk: Buffer): void
  end(): void
}

/** The vendor sent something that is not HTTP/1.1, or too much of it. */
export class ResponseError extends Error {
  readonly kind: 'invalid' | 'too-large'

  constructor(kind: 'invalid' | 'too-large', message: string) {
    super(message)
    this.name = 'ResponseError'
    this.kind = kind
  }
}

type State =
  | 'head'
  | 'sized'
  | 'until-close'
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'chunk'
  | 'chunk-cr'
  | 'chunk-lf'
  | 'trailer'
  | 'done'

const CR = 13
const LF = 10
const HEAD_END = Buffer.from('\r\n\r\n')

/** One status line and field lines; a name is a token, a value has no control characters, and nothing is folded. */
const HEAD =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/

/** Of the chunk sizes, with their extensions, and of the trailer. */
const MAX_EXTENSION = 16 * 1024
const MAX_CHUNK = 2 ** 48

/**
 * Reads answers of HTTP/1.1 strictly, one after the other: what two readers could read differently is an error.
 * https://www.rfc-editor.org/rfc/rfc9112
 *
 * The pieces of a chunked body that came in one read are moved together in the memory they were read into, so that they
 * go on as one.
 */
export class ResponseParser {
  readonly #events: ResponseEvents
  readonly #maxHeaderBytes: number
  #state: State = 'head'
  /** The begin of a head that has not come whole. */
  #begun: Buffer | null = null
  /** Bytes of the body, or of its present chunk, that are still to come. */
  #left = 0
  #digits = 0
  #extension = 0
  #lineLength = 0
  #held: Buffer | null = null
  #holding = false
  #feeding = false
  /** The answer says that the connection ends with it. */
  lastAnswer = false
  /** Milliseconds for which the vendor says it keeps the connection; null: it says nothing. */
  keepAlive: number | null = null

  constructor(events: ResponseEvents, maxHeaderBytes: number) {
    this.#events = events
    this.#maxHeaderBytes = maxHeaderBytes
  }

  /** Between two answers. */
  get idle(): boolean {
    return this.#state === 'head' && this.#begun === null
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  /** Body bytes wait from now on, the head does not. */
  hold(): void {
    this.#holding = true
  }

  /** Gives out what waited. Throws ResponseError. */
  release(): void {
    this.#holding = false
    const held = this.#held
    if (held === null || this.#feeding) return
    this.#held = null
    this.feed(held)
  }

  get holding(): boolean {
    return this.#holding
  }

  /** Ready for the next answer on this connection. */
  reset(): void {
    this.#state = 'head'
    this.lastAnswer = false
    this.keepAlive = null
  }

  /** Throws ResponseError, after whatever came before the mistake was given out. Bytes behind the answer are one. */
  feed(bytes: Buffer): void {
    if (this.#held !== null) {
      this.#held = Buffer.concat([this.#held, bytes])
      return
    }
    this.#feeding = true
    try {
      const at = this.#state === 'head' ? this.#head(bytes) : 0
      if (at !== -1) this.#body(bytes, at)
    } finally {
      this.#feeding = false
    }
  }

  /** The vendor closed its side. True where the answer is complete with that. */
  finish(): boolean {
    if (this.#state !== 'until-close' || this.#held !== null) return false
    this.#complete()
    return true
  }

  /** Index behind the head in these bytes, or -1 where it is not complete. */
  #head(bytes: Buffer): number {
    let from = bytes
    let at = 0
    if (this.#begun !== null) {
      from = Buffer.concat([this.#begun, bytes])
      this.#begun = null
    }
    for (;;) {
      const end = from.indexOf(HEAD_END, at)
      if ((end === -1 ? from.length : end) - at > this.#maxHeaderBytes) {
        throw new ResponseError('too-large', 'the head of the answer is too large')
      }
      if (end === -1) {
        checkBegin(from, at)
        if (from.length > at) this.#begun = Buffer.from(from.subarray(at))
        return -1
      }
      const isFinal = this.#readHead(from.toString('latin1', at, end))
      at = end + HEAD_END.length
      if (!isFinal) continue
      if (from === bytes) return at
      // Rarely: the rest stands in the joined copy.
      this.#body(from, at)
      return -1
    }
  }

  /** False for an interim answer. */
  #readHead(text: string): boolean {
    if (!HEAD.test(text)) throw new ResponseError('invalid', 'the answer is not HTTP/1.1')
    const status = Number(text.slice(9, 12))
    if (status === 101) throw new ResponseError('invalid', 'the answer switches to a protocol that nobody asked for')
    if (status < 200) return false
    const headers = fieldsOf(text)
    this.#frame(status, headers, text.startsWith('HTTP/1.0'))
    this.#events.head(status, headers)
    return true
  }

  #frame(status: number, headers: Headers, isOld: boolean): void {
    const coding = headers['transfer-encoding']
    const length = headers['content-length']
    const connection = headers['connection']?.toLowerCase() ?? ''
    this.lastAnswer = isOld ? !connection.includes('keep-alive') : connection.includes('close')
    this.keepAlive = keepAliveOf(headers['keep-alive'])
    if (coding !== undefined && length !== undefined) {
      throw new ResponseError('invalid', 'the answer has both content-length and transfer-encoding')
    }
    if (length !== undefined && !/^\d{1,15}$/.test(length)) {
      throw new ResponseError('invalid', 'the content-length of the answer is no number')
    }
    if (coding !== undefined && (isOld || coding.toLowerCase() !== 'chunked')) {
      throw new ResponseError('invalid', 'the answer has a transfer-encoding other than chunked')
    }
    this.#left = Number(length ?? 0)
    if (status === 204 || status === 304) this.#left = 0
    this.#state =
      status === 204 || status === 304 || length !== undefined ? 'sized' : coding === undefined ? 'until-close' : 'size'
    if (this.#state === 'until-close') this.lastAnswer = true
    this.#digits = 0
    this.#extension = 0
  }

  #body(bytes: Buffer, from: number): void {
    if (this.#state === 'sized' && this.#left === 0) return this.#end(bytes, from)
    if (from === bytes.length) return
    if (this.#holding) {
      this.#held = Buffer.from(bytes.subarray(from))
      return
    }
    if (this.#state === 'sized') return this.#sized(bytes, from)
    if (this.#state === 'until-close') return this.#events.body(from === 0 ? bytes : bytes.subarray(from))
    this.#chunked(bytes, from)
  }

  #sized(bytes: Buffer, from: number): void {
    const until = Math.min(bytes.length, from + this.#left)
    this.#left -= until - from
    this.#events.body(from === 0 && until === bytes.length ? bytes : bytes.subarray(from, until))
    if (this.#left === 0) this.#end(bytes, until)
  }

  /** Moves the pieces together behind each other, and gives them out as one. */
  #chunked(bytes: Buffer, from: number): void {
    let at = from
    let start = -1
    let filled = -1
    let failure: unknown = null
    try {
      while (at < bytes.length && this.#state !== 'done') {
        if (this.#state !== 'chunk') {
          at = this.#between(bytes, at)
          continue
        }
        const until = Math.min(bytes.length, at + this.#left)
        if (start === -1) start = filled = at
        if (filled !== at) bytes.copyWithin(filled, at, until)
        filled += until - at
        this.#left -= until - at
        if (this.#left === 0) this.#state = 'chunk-cr'
        at = until
      }
    } catch (thrown) {
      failure = thrown
    }
    if (start !== -1) this.#events.body(bytes.subarray(start, filled))
    if (failure !== null) throw failure
    if (this.#state === 'done') this.#end(bytes, at)
  }

  /** Takes bytes that are not data; the index behind them. */
  #between(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0
    switch (this.#state) {
      case 'size':
        return this.#size(byte, at)
      case 'extension':
        return this.#skipExtension(bytes, at)
      case 'size-lf':
        this.#expect(byte, LF)
        this.#digits = 0
        this.#lineLength = 0
        this.#state = this.#left === 0 ? 'trailer' : 'chunk'
        return at + 1
      case 'chunk-cr':
        this.#expect(byte, CR)
        this.#state = 'chunk-lf'
        return at + 1
      case 'chunk-lf':
        this.#expect(byte, LF)
        this.#state = 'size'
        return at + 1
      default:
        return this.#trailer(bytes, at)
    }
  }

  #size(byte: number, at: number): number {
    const digit = hexDigit(byte)
    if (digit !== -1) {
      this.#left = (this.#digits === 0 ? 0 : this.#left * 16) + digit
      this.#digits++
      if (this.#left > MAX_CHUNK || this.#digits > 32)
        throw new ResponseError('invalid', 'a chunk of the answer is too long')
      return at + 1
    }
    if (this.#digits === 0) throw new ResponseError('invalid', 'a chunk of the answer has no size')
    if (byte === CR) this.#state = 'size-lf'
    // A semicolon, or the white space that some put before it.
    else if (byte === 59 || byte === 32 || byte === 9) this.#state = 'extension'
    else throw new ResponseError('invalid', 'the size of a chunk of the answer is no number')
    return at + 1
  }

  #skipExtension(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte === CR) {
        this.#state = 'size-lf'
        return at + 1
      }
      this.#count(byte)
    }
    return bytes.length
  }

  /** Its fields mean nothing here, and end with an empty line. */
  #trailer(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (this.#lineLength === -1) {
        this.#expect(byte, LF)
        this.#state = 'done'
        return at + 1
      }
      if (this.#lineLength === -2) {
        this.#expect(byte, LF)
        this.#lineLength = 0
      } else if (byte === CR) {
        this.#lineLength = this.#lineLength === 0 ? -1 : -2
      } else {
        this.#count(byte)
        this.#lineLength++
      }
    }
    return bytes.length
  }

  #count(byte: number): void {
    if ((byte < 32 && byte !== 9) || byte === 127)
      throw new ResponseError('invalid', 'a chunk of the answer has a control character')
    if (++this.#extension > MAX_EXTENSION)
      throw new ResponseError('too-large', 'the chunks of the answer have too much around them')
  }

  #expect(byte: number, expected: number): void {
    if (byte !== expected) throw new ResponseError('invalid', 'a chunk of the answer does not end where it should')
  }

  #end(bytes: Buffer, at: number): void {
    // Nothing was asked that this could answer.
    if (at < bytes.length) this.lastAnswer = true
    this.#complete()
  }

  #complete(): void {
    this.#state = 'done'
    this.#events.end()
  }
}

const HTTP = Buffer.from('HTTP/1.')

/** What is no HTTP is known by its first bytes: its sender may never send an empty line. */
function checkBegin(bytes: Buffer, at: number): void {
  const length = Math.min(bytes.length - at, HTTP.length)
  if (bytes.compare(HTTP, 0, length, at, at + length) !== 0)
    throw new ResponseError('invalid', 'the answer is not HTTP/1.1')
}

function fieldsOf(text: string): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {}
  let start = text.indexOf('\r\n')
  while (start !== -1) {
    const end = text.indexOf('\r\n', start + 2)
    const colon = text.indexOf(':', start + 2)
    const name = text.slice(start + 2, colon).toLowerCase()
    const value = text.slice(colon + 1, end === -1 ? undefined : end).trim()
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before}, ${value}`
    start = end
  }
  return headers
}

function keepAliveOf(field: string | undefined): number | null {
  if (field === undefined) return null
  const seconds = /timeout=(\d{1,9})/i.exec(field)?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
