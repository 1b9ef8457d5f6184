import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Headers } from '../../lib/headers.ts'
import { CallClock, WAITED_FOR } from '../call-clock.ts'
import type { TimeoutKind } from '../call-clock.ts'
import { ContentDecoder } from '../content-decoder.ts'
import type { Deadlines } from '../deadlines.ts'
import type { ConnectionUser, CountingClient } from './counting-client.ts'
import { failureDetail, failureKind } from '../transport-failure.ts'
import type { TransportFailure, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.ts'

/** One request on its way: undici's callbacks on one side, the exchange's on the other. */
export class HttpCall implements UpstreamCall, Dispatcher.DispatchHandler, ConnectionUser {
  readonly #handler: UpstreamHandler
  readonly #origin: string
  readonly #maxDecodedBytes: number
  readonly #clock: CallClock
  #connection: CountingClient | null = null
  /** Null while the request waits for a connection. */
  #controller: Dispatcher.DispatchController | null = null
  #decoder: ContentDecoder | null = null
  /** A byte of the answer arrived. */
  #answering = false
  #paused = false
  #over = false
  #aborted = false

  constructor(
    { origin, timeouts }: UpstreamRequest,
    maxDecodedBytes: number,
    deadlines: Deadlines,
    handler: UpstreamHandler,
  ) {
    this.#handler = handler
    this.#origin = origin
    this.#maxDecodedBytes = maxDecodedBytes
    this.#clock = new CallClock(timeouts, deadlines, (kind, limit) => this.#expired(kind, limit))
  }

  pause(): void {
    this.#paused = true
    this.#clock.pause()
    if (this.#decoder === null) this.#controller?.pause()
    else this.#decoder.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#clock.resume()
    // undici's parser can take up one answer only after it has put down the other: not from inside a callback.
    queueMicrotask(() => this.#flow())
  }

  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#stop(new Error('aborted'))
  }

  /** The request never got as far as a connection. */
  refused(kind: TransportFailure['kind'], detail: string): void {
    this.#fail({ kind, detail: `${this.#origin}: ${detail}`, unsent: true })
  }

  useConnection(connection: CountingClient): void {
    this.#connection = connection
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // There is no way to take a request out of undici's queue. Thrown here, it is dropped before a byte of it is written,
    // and the connection stays usable.
    if (this.#over) throw new Error('abandoned')
    this.#controller = controller
    if (this.#paused) controller.pause()
  }

  onRequestSent(): void {
    this.#clock.sent()
    const socket = this.#connection?.socket
    if (socket?.writableNeedDrain === true) socket.once('drain', () => this.#clock.uploaded())
  }

  onResponseStarted(): void {
    this.#answering = true
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, fields: IncomingHttpHeaders): void {
    // Interim answers (103 Early Hints) tell a gateway nothing.
    if (this.#over || status < 200) return
    this.#clock.answered()
    const headers = joinHeaders(fields)
    const encoding = headers['content-encoding']
    if (encoding !== undefined) this.#decode(controller, encoding, headers)
    this.#guard(() => this.#handler.head(status, headers))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    this.#clock.active()
    if (this.#decoder === null) this.#guard(() => this.#handler.data(chunk))
    else this.#decoder.write(chunk)
  }

  onResponseEnd(): void {
    this.#served()
    if (this.#over) return
    if (this.#decoder === null) this.#guard(() => this.#end())
    else this.#decoder.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const started = this.#controller !== null
    const kind = failureKind(error, started)
    const stale = kind === 'reset' && !this.#answering && (this.#connection?.answers ?? 0) > 0
    this.#fail({ kind, detail: `${this.#origin}: ${failureDetail(error)}`, unsent: !started, ...(stale && { stale }) })
  }

  #flow(): void {
    if (this.#paused || this.#over) return
    if (this.#decoder === null) this.#controller?.resume()
    else this.#decoder.resume()
  }

  #served(): void {
    if (this.#connection === null) return
    this.#connection.answers++
    // Answered before the request had arrived whole (a refusal): the vendor reads the rest for nothing, or not at all.
    const { socket } = this.#connection
    if (socket !== null && socket.writableLength > 0) socket.destroy()
  }

  #decode(
    controller: Dispatcher.DispatchController,
    encoding: string,
    headers: Record<string, string | undefined>,
  ): void {
    this.#decoder = ContentDecoder.for(encoding, this.#maxDecodedBytes, {
      data: (chunk) => this.#guard(() => this.#handler.data(chunk)),
      end: () => this.#guard(() => this.#end()),
      invalid: (detail) => this.#break('invalid', `${encoding} data: ${detail}`),
      tooLarge: () => this.#break('too-large', `more than ${this.#maxDecodedBytes} bytes of ${encoding} data, decoded`),
      full: () => controller.pause(),
      ready: () => controller.resume(),
    })
    if (this.#decoder === null) return
    if (this.#paused) {
      // Asked for before it was known that a decoder stands in between.
      this.#decoder.pause()
      controller.resume()
    }
    delete headers['content-encoding']
    delete headers['content-length']
  }

  /** A bug in a handler fails its own call: undici would take it for a broken connection, and decoders have nobody to throw to. */
  #guard(step: () => void): void {
    if (this.#over) return
    try {
      step()
    } catch (thrown) {
      const detail = thrown instanceof Error ? failureDetail(thrown) : String(thrown)
      this.#break('invalid', `the answer could not be used: ${detail}`)
    }
  }

  #end(): void {
    this.#clock.stop()
    this.#handler.end()
    this.#over = true
  }

  #expired(kind: TimeoutKind, limit: number): void {
    this.#break(kind, `${WAITED_FOR[kind]} within ${limit} ms`)
  }

  /** Gives the call up on our side. */
  #break(kind: TransportFailure['kind'], detail: string): void {
    const unsent = this.#controller === null
    this.#fail({ kind, detail: `${this.#origin}: ${detail}`, unsent })
    this.#stop(new Error(detail))
  }

  #fail(failure: TransportFailure): void {
    if (this.#over) return
    this.#over = true
    this.#clock.stop()
    this.#decoder?.destroy()
    // A request that undici refuses fails inside `send`, and nothing may be called back before that returned.
    queueMicrotask(() => {
      if (!this.#aborted) this.#handler.error(failure)
    })
  }

  #stop(reason: Error): void {
    this.#over = true
    this.#clock.stop()
    this.#decoder?.destroy()
    this.#controller?.abort(reason)
  }
}

function joinHeaders(fields: IncomingHttpHeaders): Record<string, string | undefined> & Headers {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(fields)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
