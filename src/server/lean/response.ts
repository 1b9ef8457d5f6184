import type { Socket } from 'node:net'
import { cutConnection } from '../cut-connection.ts'
import type { EngineResponse } from '../engine.ts'
import { reasonOf } from '../status-line.ts'
import type { Head } from './head.ts'

/** What a response needs of its connection. */
export interface ResponseOwner {
  readonly socket: Socket
  /** What each head ends with: whether the connection stays, `Date`, and the empty line. */
  lastFields(stays: boolean): string
  /** The answer is out, or as good as; with `last` nothing follows it on the connection. */
  answered(response: LeanResponse, last: boolean): void
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const LAST_CHUNK = '0\r\n\r\n'
const CRLF = '\r\n'

/** The answer to one request: each call is one write, and the head goes out with the first bytes behind it. */
export class LeanResponse implements EngineResponse {
  onFinish: () => void = () => {}
  onDrain: () => void = () => {}
  onGone: () => void = () => {}
  chunked = false
  readonly #owner: ResponseOwner
  readonly #head: Head
  /** Not sent yet. */
  #pending = ''
  #bodiless = false
  #last: boolean
  #ended = false

  constructor(owner: ResponseOwner, head: Head) {
    this.#owner = owner
    this.#head = head
    this.#last = head.last
  }

  head(status: number, fields: Readonly<Record<string, string>>): void {
    const { method, version } = this.#head
    this.#bodiless = method === 'HEAD' || status === 204 || status === 304
    const sized = fields['content-length'] !== undefined
    if (fields['connection'] === 'close' || (version === '1.0' && !sized && !this.#bodiless)) this.#last = true
    this.chunked = !sized && !this.#bodiless && version === '1.1'
    let head = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`
    for (const name in fields) if (name !== 'connection') head += `${name}: ${fields[name]}\r\n`
    if (this.chunked) head += 'transfer-encoding: chunked\r\n'
    this.#pending = head + this.#owner.lastFields(!this.#last)
  }

  flush(): void {
    if (this.#pending === '') return
    const head = this.#pending
    this.#pending = ''
    this.#owner.socket.write(head, 'latin1')
  }

  write(chunk: Buffer | string): boolean {
    if (this.#bodiless) return true
    return this.#send(this.#framed(chunk, ''))
  }

  end(chunk?: Buffer | string): void {
    if (this.#ended) return
    this.#ended = true
    const bytes = this.#framed(this.#bodiless ? '' : (chunk ?? ''), this.chunked ? LAST_CHUNK : '')
    const finished = (): void => {
      this.onFinish()
      this.#owner.answered(this, this.#last)
    }
    if (bytes.length === 0) queueMicrotask(finished)
    else this.#owner.socket.write(bytes, finished)
  }

  proceed(): void {
    this.#owner.socket.write(CONTINUE, 'latin1')
  }

  cut(): void {
    cutConnection(this.#owner.socket, this.#head.version)
  }

  giveUp(): void {
    this.#owner.socket.destroy()
  }

  #send(bytes: Buffer): boolean {
    return bytes.length === 0 || this.#owner.socket.write(bytes)
  }

  /** Everything that is to be sent now in one piece of memory: the head if it waits, the chunk in its frame, and what ends it. */
  #framed(chunk: Buffer | string, end: string): Buffer {
    const length = typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length
    const isChunk = this.chunked && length > 0
    const before = isChunk ? `${this.#pending}${length.toString(16)}\r\n` : this.#pending
    const after = isChunk ? CRLF + end : end
    this.#pending = ''
    const bytes = Buffer.allocUnsafe(before.length + length + after.length)
    let at = before === '' ? 0 : bytes.write(before, 0, 'latin1')
    if (typeof chunk === 'string') at += bytes.write(chunk, at, 'utf8')
    else at += chunk.copy(bytes, at)
    if (after !== '') bytes.write(after, at, 'latin1')
    return bytes
  }
}
