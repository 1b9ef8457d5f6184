import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Headers } from '../../lib/headers.ts'
import type { Deadlines } from '../deadlines.ts'
import { Delivery } from '../delivery.ts'
import type { DeliverySource } from '../delivery.ts'
import type { ConnectionUser, CountingClient } from './counting-client.ts'
import { failureDetail, failureKind } from '../transport-failure.ts'
import type { TransportFailure, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.ts'

/** One request on its way: undici's callbacks on one side, the exchange's on the other. */
export class HttpCall implements UpstreamCall, DeliverySource, Dispatcher.DispatchHandler, ConnectionUser {
  readonly #handler: UpstreamHandler
  readonly #origin: string
  readonly #delivery: Delivery
  #connection: CountingClient | null = null
  /** Null while the request waits for a connection. */
  #controller: Dispatcher.DispatchController | null = null
  /** A byte of the answer arrived. */
  #answering = false
  #aborted = false

  constructor(
    { origin, timeouts }: UpstreamRequest,
    maxDecodedBytes: number,
    deadlines: Deadlines,
    handler: UpstreamHandler,
  ) {
    this.#handler = handler
    this.#origin = origin
    this.#delivery = new Delivery(timeouts, deadlines, maxDecodedBytes, handler, this)
  }

  pause(): void {
    this.#delivery.pause()
  }

  resume(): void {
    this.#delivery.resume()
  }

  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#stop(new Error('aborted'))
  }

  hold(): void {
    this.#controller?.pause()
  }

  release(): void {
    this.#controller?.resume()
  }

  broken(kind: TransportFailure['kind'], detail: string): void {
    const unsent = this.#controller === null
    this.#fail({ kind, detail: `${this.#origin}: ${detail}`, unsent })
    this.#stop(new Error(detail))
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
    if (this.#delivery.over) throw new Error('abandoned')
    this.#controller = controller
    if (this.#delivery.paused) controller.pause()
  }

  onRequestSent(): void {
    const { clock } = this.#delivery
    clock.sent()
    const socket = this.#connection?.socket
    if (socket?.writableNeedDrain === true) socket.once('drain', () => clock.uploaded())
  }

  onResponseStarted(): void {
    this.#answering = true
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, fields: IncomingHttpHeaders): void {
    // Interim answers (103 Early Hints) tell a gateway nothing.
    if (status >= 200) this.#delivery.head(status, joinHeaders(fields))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#delivery.body(chunk)
  }

  onResponseEnd(): void {
    this.#served()
    this.#delivery.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const started = this.#controller !== null
    const kind = failureKind(error, started)
    const stale = kind === 'reset' && !this.#answering && (this.#connection?.answers ?? 0) > 0
    this.#fail({ kind, detail: `${this.#origin}: ${failureDetail(error)}`, unsent: !started, ...(stale && { stale }) })
  }

  #served(): void {
    if (this.#connection === null) return
    this.#connection.answers++
    // Answered before the request had arrived whole (a refusal): the vendor reads the rest for nothing, or not at all.
    const { socket } = this.#connection
    if (socket !== null && socket.writableLength > 0) socket.destroy()
  }

  #fail(failure: TransportFailure): void {
    if (this.#delivery.over) return
    this.#delivery.close()
    // A request that undici refuses fails inside `send`, and nothing may be called back before that returned.
    queueMicrotask(() => {
      if (!this.#aborted) this.#handler.error(failure)
    })
  }

  #stop(reason: Error): void {
    this.#delivery.close()
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
