import { ChunkedBody } from '../../lib/chunked-body.ts'
import { lowerName } from '../../lib/field-name.ts'
import { hasTab, listMembers, withoutBlanks } from '../../lib/field-value.ts'
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

type State = 'head' | 'sized' | 'until-close' | 'chunked' | 'done'

const HEAD_END = Buffer.from('\r\n\r\n')

/** One status line and field lines; a name is a token, a value has no control characters, and nothing is folded. */
const HEAD =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/

/**
 * Reads answers of HTTP/1.1 strictly, one after the other: what two readers could read differently is an error.
 * https://www.rfc-editor.org/rfc/rfc9112
 */
export class ResponseParser {
  readonly #events: ResponseEvents
  readonly #maxHeaderBytes: number
  #state: State = 'head'
  /** The begin of a head that has not come whole. */
  #begun: Buffer | null = null
  /** Bytes of the body that are still to come. */
  #left = 0
  readonly #chunks = new ChunkedBody()
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
    // The reader of the last answer may have stopped at its last byte.
    this.#holding = false
    this.#held = null
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
    if (status < 200) {
      if (text.startsWith(OLD)) throw new ResponseError('invalid', 'an interim answer comes in HTTP/1.0')
      return false
    }
    const headers = fieldsOf(text)
    this.#frame(status, headers, text.startsWith(OLD))
    this.#events.head(status, headers)
    return true
  }

  #frame(status: number, headers: Headers, isOld: boolean): void {
    const coding = headers['transfer-encoding']
    const length = headers['content-length']
    const options = headers['connection']
    const connection = options === undefined ? NO_OPTIONS : listMembers(options)
    this.lastAnswer = connection.includes('close') || (isOld && !connection.includes('keep-alive'))
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
    const isBare = status === 204 || status === 304
    if (isBare) {
      // A body that was announced all the same would be taken for the answer to the next request.
      if (coding !== undefined || this.#left > 0) this.lastAnswer = true
      this.#left = 0
    }
    this.#state = isBare || length !== undefined ? 'sized' : coding === undefined ? 'until-close' : 'chunked'
    if (this.#state === 'until-close') this.lastAnswer = true
    if (this.#state === 'chunked') this.#chunks.reset()
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

  #chunked(bytes: Buffer, from: number): void {
    const chunks = this.#chunks
    const at = chunks.feed(bytes, from)
    if (chunks.data !== null) this.#events.body(chunks.data)
    if (chunks.error !== null)
      throw new ResponseError(chunks.error.kind, `the answer is broken: ${chunks.error.message}`)
    if (chunks.done) this.#end(bytes, at)
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

const NO_OPTIONS: readonly string[] = []
const OLD = 'HTTP/1.0'
const HTTP = Buffer.from('HTTP/1.')
const CR = 13
const LF = 10

/** What is no HTTP is known by its first bytes, or by how its lines end: its sender may never send an empty line of ours. */
function checkBegin(bytes: Buffer, at: number): void {
  const length = Math.min(bytes.length - at, HTTP.length)
  const lineEnd = bytes.indexOf(LF, at)
  const isBareEnd = lineEnd !== -1 && bytes[lineEnd - 1] !== CR
  if (isBareEnd || bytes.compare(HTTP, 0, length, at, at + length) !== 0)
    throw new ResponseError('invalid', 'the answer is not HTTP/1.1')
}

function fieldsOf(text: string): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {}
  let start = text.indexOf('\r\n')
  while (start !== -1) {
    const next = text.indexOf('\r\n', start + 2)
    const end = next === -1 ? text.length : next
    const colon = text.indexOf(':', start + 2)
    const name = lowerName(text.slice(start + 2, colon))
    const isFraming = name === 'content-length' || name === 'transfer-encoding'
    if (isFraming && hasTab(text, colon + 1, end)) {
      throw new ResponseError('invalid', `the ${name} of the answer has a tab`)
    }
    const value = withoutBlanks(text, colon + 1, end)
    const before = headers[name]
    // `constructor` and the like are there before any field is.
    headers[name] = typeof before === 'string' ? `${before}, ${value}` : value
    start = next
  }
  return headers
}

function keepAliveOf(field: string | undefined): number | null {
  if (field === undefined) return null
  const seconds = /timeout=(\d{1,9})/i.exec(field)?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}
