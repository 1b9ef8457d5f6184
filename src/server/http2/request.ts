import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { BodyReceiver, EngineRequest } from '../engine.ts'
import type { ParsedHead } from '../request-head.ts'

const NO_BYTES = Buffer.alloc(0)

/** A request of one stream. */
export class Http2Request implements EngineRequest {
  readonly head: ParsedHead
  readonly socket: Socket
  readonly multiplexed = true
  complete: boolean
  readonly #stream: ServerHttp2Stream
  readonly #hasBody: boolean
  #receiver: BodyReceiver | null = null
  #gone = false

  /** `counted` is told of the bytes of the body as they come. */
  constructor(head: ParsedHead, socket: Socket, stream: ServerHttp2Stream, counted: (bytes: number) => void) {
    this.head = head
    this.socket = socket
    this.#stream = stream
    this.#hasBody = head.hasBody === true
    this.complete = !this.#hasBody
    if (!this.#hasBody) {
      // A stream whose end nobody reads is never over.
      stream.resume()
      return
    }
    stream.once('end', () => this.#end())
    this.#counted = counted
  }

  readonly #counted: (bytes: number) => void = () => {}

  take(): Buffer | null {
    return this.#hasBody ? null : NO_BYTES
  }

  receive(receiver: BodyReceiver): void {
    const first = this.#receiver === null
    this.#receiver = receiver
    if (this.complete) return receiver.end()
    if (this.#gone) return receiver.gone()
    if (first) this.#stream.on('data', (chunk: Buffer) => this.#data(chunk))
    this.#stream.resume()
  }

  pause(): void {
    this.#stream.pause()
  }

  /** The stream is over. */
  streamGone(): void {
    if (this.complete || this.#gone) return
    this.#gone = true
    this.#receiver?.gone()
  }

  #data(chunk: Buffer): void {
    this.#counted(chunk.length)
    // A small piece must not keep everything that was read together with it.
    this.#receiver?.data(chunk.length * 2 < chunk.buffer.byteLength ? Buffer.from(chunk) : chunk)
  }

  #end(): void {
    this.complete = true
    this.#receiver?.end()
    this.#receiver = null
  }
}
