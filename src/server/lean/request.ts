import type { Socket } from 'node:net'
import { GatewayError } from '../../lib/error.ts'
import { ChunkedBody } from '../../lib/chunked-body.ts'
import type { BodyReceiver, EngineRequest } from '../engine.ts'
import type { Head } from './head.ts'

const NO_BYTES = Buffer.alloc(0)
/** Bodies up to this length get their memory at once. */
const COLLECTED = 1024 * 1024

/** A request and the bytes of its body as they come. */
export class LeanRequest implements EngineRequest {
  readonly head: Head
  readonly socket: Socket
  readonly multiplexed = false
  complete = false
  readonly #chunks: ChunkedBody | null
  #left: number
  #receiver: BodyReceiver | null = null
  /** A body of known length that is not too long, filled as it comes. */
  #body: Buffer | null = null
  readonly #isCollected: boolean
  #filled = 0
  #isUnwanted = false
  /** What came before there was a receiver. */
  readonly #early: Buffer[] = []
  #gone = false

  constructor(head: Head, socket: Socket) {
    this.head = head
    this.socket = socket
    this.#chunks = head.framing.kind === 'chunked' ? new ChunkedBody() : null
    this.#left = head.framing.kind === 'length' ? head.framing.length : 0
    this.#isCollected = this.#left <= COLLECTED
    this.complete = head.framing.kind === 'length' && this.#left === 0
  }

  take(): Buffer | null {
    if (!this.complete) return null
    const body = this.#body
    this.#body = null
    if (body !== null) return body
    return this.#receiver === null && this.#early.length === 0 ? NO_BYTES : null
  }

  receive(receiver: BodyReceiver): void {
    this.#receiver = receiver
    if (receiver.discards === true) {
      this.#isUnwanted = true
      this.#body = null
      this.#early.splice(0)
    }
    for (const chunk of this.#early.splice(0)) receiver.data(chunk)
    if (this.complete) receiver.end()
    else if (this.#gone) receiver.gone()
    else this.socket.resume()
  }

  pause(): void {
    this.socket.pause()
  }

  /** Bytes of the connection; gives the index behind those of this body. Throws GatewayError. */
  feed(bytes: Buffer, from: number): number {
    if (this.complete) return from
    return this.#chunks === null ? this.#feedSized(bytes, from) : this.#feedChunks(this.#chunks, bytes, from)
  }

  connectionGone(): void {
    if (this.complete || this.#gone) return
    this.#gone = true
    this.#receiver?.gone()
  }

  #feedSized(bytes: Buffer, from: number): number {
    const until = Math.min(bytes.length, from + this.#left)
    if (until > from) {
      if (!this.#isUnwanted) this.#keep(bytes, from, until)
      this.#left -= until - from
    }
    if (this.#left === 0) this.#end()
    return until
  }

  #keep(bytes: Buffer, from: number, until: number): void {
    // A client that only announces much gets little memory for it.
    if (this.#isCollected) this.#body ??= Buffer.allocUnsafe(this.#left)
    this.#pass(
      this.#body === null ? Buffer.from(bytes.subarray(from, until)) : this.#fill(this.#body, bytes, from, until),
    )
  }

  #fill(body: Buffer, bytes: Buffer, from: number, until: number): Buffer {
    const start = this.#filled
    this.#filled += bytes.copy(body, start, from, until)
    return body.subarray(start, this.#filled)
  }

  #feedChunks(chunks: ChunkedBody, bytes: Buffer, from: number): number {
    const at = chunks.feed(bytes, from)
    if (chunks.data !== null && !this.#isUnwanted) this.#pass(Buffer.from(chunks.data))
    if (chunks.error !== null) {
      throw chunks.error.kind === 'too-large'
        ? new GatewayError('body_too_large', 'The chunk extensions of the request body are too large.')
        : new GatewayError('invalid_request', 'This is not a valid HTTP/1.1 request.')
    }
    if (chunks.done) this.#end()
    return at
  }

  #pass(chunk: Buffer): void {
    if (this.#receiver === null) this.#early.push(chunk)
    else this.#receiver.data(chunk)
  }

  #end(): void {
    this.complete = true
    this.#receiver?.end()
    this.#receiver = null
  }
}
