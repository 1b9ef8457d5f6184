import type { Deadlines } from '../deadlines.ts'
import { Delivery } from '../delivery.ts'
import type { DeliverySource } from '../delivery.ts'
import { failureDetail, failureKind } from '../transport-failure.ts'
import type { TransportFailure, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.ts'

/** The connection that serves a call. */
export interface Line {
  /** Body bytes wait from now on; until `release`. */
  hold(): void
  release(): void
  destroy(): void
}

/** Where a call waits for its turn. */
export interface Queue {
  remove(call: Call): void
}

/** One request on its way: a connection's events on one side, the exchange's on the other. */
export class Call implements UpstreamCall, DeliverySource {
  readonly #origin: string
  /** Null once it is with the connection. */
  #request: UpstreamRequest | null
  readonly #handler: UpstreamHandler
  readonly #delivery: Delivery
  readonly #queue: Queue
  #connection: Line | null = null
  #sent = false

  constructor(
    request: UpstreamRequest,
    handler: UpstreamHandler,
    maxDecodedBytes: number,
    deadlines: Deadlines,
    queue: Queue,
  ) {
    this.#origin = request.origin
    this.#request = request
    this.#handler = handler
    this.#delivery = new Delivery(request.timeouts, deadlines, maxDecodedBytes, handler, this)
    this.#queue = queue
  }

  get over(): boolean {
    return this.#delivery.over
  }

  pause(): void {
    this.#delivery.pause()
  }

  resume(): void {
    this.#delivery.resume()
  }

  abort(): void {
    this.#close()
  }

  hold(): void {
    this.#connection?.hold()
  }

  release(): void {
    this.#connection?.release()
  }

  broken(kind: TransportFailure['kind'], detail: string): void {
    this.#fail({ kind, detail: `${this.#origin}: ${detail}`, unsent: !this.#sent })
  }

  /** The request never got as far as a connection. */
  refused(kind: TransportFailure['kind'], detail: string): void {
    this.#fail({ kind, detail: `${this.#origin}: ${detail}`, unsent: true })
  }

  /** This connection is being made for it, or has just become free. */
  connecting(connection: Line): void {
    this.#connection = connection
  }

  /** It goes out now. Null where it has before. */
  send(): UpstreamRequest | null {
    const request = this.#request
    this.#request = null
    this.#sent = true
    this.#delivery.clock.sent()
    if (this.#delivery.paused) this.#connection?.hold()
    return request
  }

  uploaded(): void {
    this.#delivery.clock.uploaded()
  }

  head(status: number, headers: Record<string, string | undefined>): void {
    this.#delivery.head(status, headers)
  }

  body(chunk: Buffer): void {
    this.#delivery.body(chunk)
  }

  /** The answer is read whole; the connection is no longer this call's. */
  end(): void {
    this.#connection = null
    this.#delivery.end()
  }

  /** The connection failed. `answering`: a byte of the answer had come. `served`: other answers had come before. */
  failed(error: Error, answering: boolean, served: boolean): void {
    this.#connection = null
    const kind = failureKind(error, this.#sent)
    const stale = kind === 'reset' && !answering && served
    const detail = `${this.#origin}: ${failureDetail(error)}`
    this.#fail({ kind, detail, unsent: !this.#sent, ...(stale && { stale }) })
  }

  #fail(failure: TransportFailure): void {
    if (this.over) return
    this.#close()
    this.#handler.error(failure)
  }

  #close(): void {
    if (this.over) return
    this.#delivery.close()
    const connection = this.#connection
    this.#connection = null
    if (connection === null) this.#queue.remove(this)
    else connection.destroy()
  }
}
