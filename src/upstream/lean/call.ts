import { CallClock, WAITED_FOR } from '../call-clock.ts'
import type { TimeoutKind } from '../call-clock.ts'
import { ContentDecoder } from '../content-decoder.ts'
import type { Deadlines } from '../deadlines.ts'
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
export class Call implements UpstreamCall {
  readonly request: UpstreamRequest
  readonly #handler: UpstreamHandler
  readonly #maxDecodedBytes: number
  readonly #clock: CallClock
  readonly #queue: Queue
  #connection: Line | null = null
  #decoder: ContentDecoder | null = null
  #sent = false
  #paused = false
  #over = false

  constructor(
    request: UpstreamRequest,
    handler: UpstreamHandler,
    maxDecodedBytes: number,
    deadlines: Deadlines,
    queue: Queue,
  ) {
    this.request = request
    this.#handler = handler
    this.#maxDecodedBytes = maxDecodedBytes
    this.#queue = queue
    this.#clock = new CallClock(request.timeouts, deadlines, (kind, limit) => this.#expired(kind, limit))
  }

  get over(): boolean {
    return this.#over
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#clock.pause()
    if (this.#decoder === null) this.#connection?.hold()
    else this.#decoder.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#clock.resume()
    // Whoever resumes from inside a callback is not called again before that has returned.
    queueMicrotask(() => this.#flow())
  }

  abort(): void {
    this.#close()
  }

  /** The request never got as far as a connection. */
  refused(kind: TransportFailure['kind'], detail: string): void {
    this.#fail({ kind, detail: `${this.request.origin}: ${detail}`, unsent: true })
  }

  /** This connection is being made for it, or has just become free. */
  connecting(connection: Line): void {
    this.#connection = connection
  }

  sent(): void {
    this.#sent = true
    this.#clock.sent()
    if (this.#paused) this.#connection?.hold()
  }

  uploaded(): void {
    this.#clock.uploaded()
  }

  head(status: number, headers: Record<string, string | undefined>): void {
    if (this.#over) return
    this.#clock.answered()
    const encoding = headers['content-encoding']
    if (encoding !== undefined) this.#decode(encoding, headers)
    this.#guard(() => this.#handler.head(status, headers))
  }

  body(chunk: Buffer): void {
    if (this.#over) return
    this.#clock.active()
    // The decoder works on another thread, when this memory has been read into again.
    if (this.#decoder === null) this.#data(chunk)
    else this.#decoder.write(Buffer.from(chunk))
  }

  /** The answer is read whole; the connection is no longer this call's. */
  end(): void {
    this.#connection = null
    if (this.#over) return
    if (this.#decoder === null) this.#guard(() => this.#finish())
    else this.#decoder.end()
  }

  /** The connection failed. `answering`: a byte of the answer had come. `served`: other answers had come before. */
  failed(error: Error, answering: boolean, served: boolean): void {
    this.#connection = null
    const kind = failureKind(error, this.#sent)
    const stale = kind === 'reset' && !answering && served
    const detail = `${this.request.origin}: ${failureDetail(error)}`
    this.#fail({ kind, detail, unsent: !this.#sent, ...(stale && { stale }) })
  }

  #flow(): void {
    if (this.#paused || this.#over) return
    if (this.#decoder === null) this.#connection?.release()
    else this.#decoder.resume()
  }

  #decode(encoding: string, headers: Record<string, string | undefined>): void {
    this.#decoder = ContentDecoder.for(encoding, this.#maxDecodedBytes, {
      data: (chunk) => this.#data(chunk),
      end: () => this.#guard(() => this.#finish()),
      invalid: (detail) => this.#break('invalid', `${encoding} data: ${detail}`),
      tooLarge: () => this.#break('too-large', `more than ${this.#maxDecodedBytes} bytes of ${encoding} data, decoded`),
      full: () => this.#connection?.hold(),
      ready: () => this.#connection?.release(),
    })
    if (this.#decoder === null) return
    if (this.#paused) {
      // Asked for before it was known that a decoder stands in between.
      this.#decoder.pause()
      this.#connection?.release()
    }
    delete headers['content-encoding']
    delete headers['content-length']
  }

  #data(chunk: Buffer): void {
    if (this.#over) return
    try {
      this.#handler.data(chunk)
    } catch (thrown) {
      this.#unusable(thrown)
    }
  }

  /** A bug in a handler fails its own call: it must not be taken for a broken connection. */
  #guard(step: () => void): void {
    if (this.#over) return
    try {
      step()
    } catch (thrown) {
      this.#unusable(thrown)
    }
  }

  #unusable(thrown: unknown): void {
    const detail = thrown instanceof Error ? failureDetail(thrown) : String(thrown)
    this.#break('invalid', `the answer could not be used: ${detail}`)
  }

  #finish(): void {
    this.#clock.stop()
    this.#handler.end()
    this.#over = true
  }

  #expired(kind: TimeoutKind, limit: number): void {
    this.#break(kind, `${WAITED_FOR[kind]} within ${limit} ms`)
  }

  /** Gives the call up on our side. */
  #break(kind: TransportFailure['kind'], detail: string): void {
    if (this.#over) return
    const sent = this.#sent
    this.#close()
    this.#handler.error({ kind, detail: `${this.request.origin}: ${detail}`, unsent: !sent })
  }

  #fail(failure: TransportFailure): void {
    if (this.#over) return
    this.#close()
    this.#handler.error(failure)
  }

  #close(): void {
    if (this.#over) return
    this.#over = true
    this.#clock.stop()
    this.#decoder?.destroy()
    const connection = this.#connection
    this.#connection = null
    if (connection === null) this.#queue.remove(this)
    else connection.destroy()
  }
}
