import type { ServerHttp2Stream } from 'node:http2'
import type { EngineResponse } from '../engine.ts'
import type { Http2Request } from './request.ts'

/** Of https://www.rfc-editor.org/rfc/rfc9113#section-7 */
export const NO_ERROR = 0
export const ENHANCE_YOUR_CALM = 11

/** What a response needs of its connection. */
export interface ResponseOwner {
  /** A frame or two are on their way to the client. */
  sent(): void
  /** The connection is to take no more requests. */
  leave(): void
  /** The client takes nothing of an answer. */
  suspect(): void
}

/** The answer of one stream. The head goes out with the first bytes behind it. */
export class Http2Response implements EngineResponse {
  onFinish: () => void = () => {}
  onDrain: () => void = () => {}
  onGone: () => void = () => {}
  /** Frames show the end. */
  readonly chunked = true
  readonly #stream: ServerHttp2Stream
  readonly #owner: ResponseOwner
  readonly #isHead: boolean
  /** Not sent yet. */
  #pending: Record<string, string | number> | null = null
  #bodiless = false
  #ended = false
  /** It was ended from here before it was whole. */
  isCut = false

  constructor(stream: ServerHttp2Stream, owner: ResponseOwner, request: Http2Request) {
    this.#stream = stream
    this.#owner = owner
    this.#isHead = request.head.method === 'HEAD'
    stream.on('finish', () => this.#finished(request)).on('drain', () => this.onDrain())
  }

  head(status: number, { connection, ...fields }: Readonly<Record<string, string>>): void {
    this.#bodiless = this.#isHead || status === 204 || status === 304
    this.#pending = { ':status': status, ...fields }
    if (connection === 'close') this.#owner.leave()
  }

  flush(): void {
    this.#respond(false)
  }

  write(chunk: Buffer | string): boolean {
    this.#respond(false)
    if (this.#bodiless || !this.#writable) return true
    this.#owner.sent()
    // The memory is its owner's again when this returns.
    return this.#stream.write(typeof chunk === 'string' ? chunk : Buffer.from(chunk))
  }

  end(chunk?: Buffer | string): void {
    if (this.#ended) return
    this.#ended = true
    const bytes = this.#bodiless || chunk === undefined ? '' : chunk
    this.#respond(bytes.length === 0)
    if (!this.#writable) return
    this.#owner.sent()
    if (bytes.length === 0) this.#stream.end()
    else this.#stream.end(typeof bytes === 'string' ? bytes : Buffer.from(bytes))
  }

  proceed(): void {
    if (this.#writable && !this.#stream.headersSent) this.#stream.additionalHeaders({ ':status': 100 })
  }

  cut(): void {
    this.isCut = true
    // `close()` would end the body before the reset, and a client would take what it has for all.
    this.#stream.destroy(new Error('cut'))
  }

  giveUp(): void {
    this.cut()
    this.#owner.suspect()
  }

  /** The stream is over, one way or the other. */
  closed(): void {
    // Node says so while it still gathers the bytes that it then sends.
    const isWhole = this.#ended && !this.isCut && this.#stream.rstCode === NO_ERROR
    if (isWhole) setImmediate(() => this.onFinish())
    else this.onGone()
  }

  /** What the client still sends is not wanted: https://www.rfc-editor.org/rfc/rfc9113#section-8.1-10 */
  #finished(request: Http2Request): void {
    if (this.#ended && !request.complete && !this.#stream.closed) this.#stream.close(NO_ERROR)
  }

  get #writable(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed && this.#stream.writable
  }

  #respond(isWhole: boolean): void {
    const fields = this.#pending
    this.#pending = null
    if (fields === null || this.#stream.destroyed || this.#stream.closed) return
    this.#owner.sent()
    this.#stream.respond(fields, { endStream: isWhole })
  }
}
