import { CallClock, WAITED_FOR } from './call-clock.ts'
import { ContentDecoder } from './content-decoder.ts'
import type { Deadlines } from './deadlines.ts'
import { failureDetail } from './transport-failure.ts'
import type { TransportFailure, UpstreamHandler, UpstreamRequest } from './transport.ts'

/** The engine's part of a call: where the answer comes from. */
export interface DeliverySource {
  /** No more body bytes from now on; until `release`. */
  hold(): void
  release(): void
  /** The answer cannot go on: it came too late, cannot be decoded, or its handler has thrown. */
  broken(kind: TransportFailure['kind'], detail: string): void
}

/** An answer's way to its handler: within the limits of time, decoded, and paused where the handler wants it so. */
export class Delivery {
  readonly clock: CallClock
  readonly #handler: UpstreamHandler
  readonly #source: DeliverySource
  readonly #maxDecodedBytes: number
  #decoder: ContentDecoder | null = null
  #paused = false
  #over = false

  /** Starts to wait for a connection. */
  constructor(
    timeouts: UpstreamRequest['timeouts'],
    deadlines: Deadlines,
    maxDecodedBytes: number,
    handler: UpstreamHandler,
    source: DeliverySource,
  ) {
    this.#handler = handler
    this.#source = source
    this.#maxDecodedBytes = maxDecodedBytes
    this.clock = new CallClock(timeouts, deadlines, (kind, limit) =>
      source.broken(kind, `${WAITED_FOR[kind]} within ${limit} ms`),
    )
  }

  get paused(): boolean {
    return this.#paused
  }

  /** The handler has all that it will get. */
  get over(): boolean {
    return this.#over
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.clock.pause()
    if (this.#decoder === null) this.#source.hold()
    else this.#decoder.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.clock.resume()
    // Whoever resumes from inside a callback is not called again before that has returned; undici's parser can take up one
    // answer only after it has put down the other.
    queueMicrotask(() => this.#flow())
  }

  head(status: number, headers: Record<string, string | undefined>): void {
    if (this.#over) return
    this.clock.answered()
    const encoding = headers['content-encoding']
    if (encoding !== undefined) this.#decode(encoding, headers)
    this.#guard(() => this.#handler.head(status, headers))
  }

  /** A view of memory that may be read into again. */
  body(chunk: Buffer): void {
    if (this.#over) return
    this.clock.active()
    // The decoder works on another thread, later.
    if (this.#decoder === null) this.#data(chunk)
    else this.#decoder.write(Buffer.from(chunk))
  }

  /** The answer is read whole. */
  end(): void {
    if (this.#decoder === null) this.#finish()
    else if (!this.#over) this.#decoder.end()
  }

  /** Nothing goes to the handler any more. */
  close(): void {
    this.#over = true
    this.clock.stop()
    this.#decoder?.destroy()
  }

  #flow(): void {
    if (this.#paused || this.#over) return
    if (this.#decoder === null) this.#source.release()
    else this.#decoder.resume()
  }

  #decode(encoding: string, headers: Record<string, string | undefined>): void {
    const source = this.#source
    const most = this.#maxDecodedBytes
    this.#decoder = ContentDecoder.for(encoding, most, {
      data: (chunk) => this.#data(chunk),
      end: () => this.#finish(),
      invalid: (detail) => source.broken('invalid', `${encoding} data: ${detail}`),
      tooLarge: () => source.broken('too-large', `more than ${most} bytes of ${encoding} data, decoded`),
      full: () => source.hold(),
      ready: () => source.release(),
    })
    if (this.#decoder === null) return
    if (this.#paused) {
      // Asked for before it was known that a decoder stands in between.
      this.#decoder.pause()
      source.release()
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

  #finish(): void {
    this.#guard(() => {
      this.clock.stop()
      this.#handler.end()
      this.#over = true
    })
  }

  /** A bug in a handler fails its own call: it must not be taken for a broken connection, and decoders have nobody to throw to. */
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
    this.#source.broken('invalid', `the answer could not be used: ${detail}`)
  }
}
