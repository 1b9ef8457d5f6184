import type { ClientReply } from '../exchange/client.ts'
import type { GatewayError } from '../lib/error.ts'
import type { Protocol } from '../protocols/protocol.ts'
import { ACCEPTED_ENCODINGS } from './body.ts'
import type { EngineRequest, EngineResponse } from './engine.ts'
import { makeSafe } from './header-text.ts'

export interface ReplyOptions {
  readonly id: string
  readonly request: EngineRequest
  readonly response: EngineResponse
  /** The protocol that errors are rendered in while the route is not known. */
  fallbackProtocol(): Protocol
  /** Sent with every reply on this connection. */
  readonly headers: Readonly<Record<string, string>>
  /** A body follows the request's head. */
  readonly hasBody: boolean
  /** True when the connection is not to be used again. */
  closing(): boolean
  /** A callback of whoever answers has thrown. */
  failed(thrown: unknown): void
  /** The answer has been handed to the operating system, or will never be. */
  over(): void
}

/** How long the rest of an unread request is received and thrown away after its answer. */
const LINGER = 2000

/** A reply over one of an engine's responses. */
export class HttpReply implements ClientReply {
  readonly id: string
  readonly startedAt = performance.now()
  /** Set when the route is known. */
  #protocol: Protocol | null = null
  /** The request is a protocol's, not one about the gateway itself. */
  isExchange = false
  /** 0 while the head is not out. */
  status = 0
  /** The connection was answered in this reply's place: its request turned out not to be HTTP. */
  refusal: GatewayError | null = null
  cutBy: GatewayError | null = null
  #bytes = 0
  readonly #options: ReplyOptions
  readonly #response: EngineResponse
  readonly #onAbort: (() => void)[] = []
  readonly #onDrain: (() => void)[] = []
  #eventStream = false
  #flushed = false
  #ended = false
  #over = false
  /** Since when bytes wait for the client; null when none do. */
  #waitingSince: number | null = null

  constructor(options: ReplyOptions) {
    this.id = options.id
    this.#options = options
    this.#response = options.response
    options.response.onFinish = () => this.#finish()
    options.response.onDrain = () => this.#drained()
    options.response.onGone = () => this.connectionClosed()
  }

  get protocol(): Protocol {
    this.#protocol ??= this.#options.fallbackProtocol()
    return this.#protocol
  }

  set protocol(protocol: Protocol) {
    this.#protocol = protocol
  }

  get committed(): boolean {
    return this.status !== 0
  }

  get closed(): boolean {
    return this.#ended || this.#over
  }

  /** The request's body is still on its way. */
  get receiving(): boolean {
    return !this.committed && this.#unread()
  }

  /** Bytes of the body so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Milliseconds for which the client has taken nothing of what waits for it. */
  stalledFor(now: number): number {
    return this.#waitingSince === null ? 0 : now - this.#waitingSince
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.committed || this.closed) return
    this.status = status
    const options = this.#options
    const fields: Record<string, string> = {
      'request-id': this.id,
      'x-request-id': this.id,
      ...options.headers,
      ...headers,
    }
    makeSafe(fields)
    if (options.closing() || (this.#unread() && !options.request.multiplexed)) fields['connection'] = 'close'
    this.#eventStream = (fields['content-type'] ?? '').startsWith('text/event-stream')
    this.#response.head(status, fields)
    // The first chunk nearly always follows at once, and then both go out in one packet.
    queueMicrotask(() => this.#flush())
  }

  write(chunk: Buffer | string): boolean {
    if (this.closed || chunk.length === 0) return true
    this.#flushed = true
    this.#count(chunk)
    if (this.#response.write(chunk)) return true
    this.#wait()
    return false
  }

  end(chunk?: Buffer | string): void {
    if (this.closed) return
    this.#ended = true
    this.#flushed = true
    this.#waitingSince ??= performance.now()
    if (chunk !== undefined) this.#count(chunk)
    if (!this.#unread() || this.#options.request.multiplexed) {
      this.#response.end(chunk)
      return
    }
    if (chunk !== undefined && chunk.length > 0) this.#response.write(chunk)
    this.#linger()
  }

  destroy(): void {
    if (this.#over) return
    this.#finish()
    this.#response.cut()
  }

  /** The client is as good as gone. */
  abandon(): void {
    this.#response.giveUp()
  }

  onDrain(callback: () => void): void {
    this.#onDrain.push(callback)
  }

  onAbort(callback: () => void): void {
    if (this.#over && !this.#ended) callback()
    else this.#onAbort.push(callback)
  }

  /** Answers with an error, in the client's protocol. A reply that has begun is cut instead. */
  refuse(error: GatewayError, headers: Readonly<Record<string, string>> = {}): void {
    if (this.closed) return
    if (this.committed) {
      this.destroy()
      return
    }
    const encoded = this.protocol.client.encodeError(error, { requestId: this.id })
    this.head(encoded.status, {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(encoded.body)),
      ...errorHeaders(error),
      ...encoded.headers,
      ...headers,
    })
    this.end(encoded.body)
  }

  /** Ends the reply from outside with an error: as its status, as the last event of its stream, or by a cut. */
  cutShort(error: GatewayError): void {
    if (this.closed) return
    this.cutBy = error
    if (this.committed && this.#eventStream) {
      this.end(this.protocol.client.encodeStreamError(error, { requestId: this.id }))
    } else {
      this.refuse(error)
    }
    this.#abort()
  }

  /** The connection is gone. */
  connectionClosed(): void {
    if (this.#over) return
    const complete = this.#ended
    this.#finish()
    if (!complete) this.#abort()
  }

  /**
   * Sends a byte or more that mean nothing, so that a connection which the client has closed answers with a reset.
   * False where HTTP has no such bytes now.
   */
  probe(): boolean {
    const { request } = this.#options
    if (this.#over || request.head.version !== '1.1') return false
    if (!this.committed) {
      this.#response.proceed()
      return true
    }
    // The size of a chunk may have leading zeros, so this one belongs to whichever chunk comes next, the last one too.
    if (!this.#response.chunked || this.#ended) return false
    return request.socket.write('0')
  }

  #flush(): void {
    if (this.#flushed || this.#over) return
    this.#flushed = true
    this.#response.flush()
  }

  #count(chunk: Buffer | string): void {
    this.#bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length
  }

  #wait(): void {
    this.#waitingSince ??= performance.now()
  }

  #drained(): void {
    if (this.#ended) return
    this.#waitingSince = null
    for (const callback of this.#onDrain) this.#run(callback)
  }

  #unread(): boolean {
    return this.#options.hasBody && !this.#options.request.complete
  }

  /**
   * Receives what the client still sends before the connection is closed: closing it with bytes unread resets it, and a
   * client in the middle of an upload would never see why it was refused.
   */
  #linger(): void {
    const { request } = this.#options
    const end = (): void => {
      clearTimeout(timer)
      this.#response.end()
    }
    const timer = setTimeout(end, LINGER).unref()
    request.receive({ discards: true, data: () => {}, end, gone: end })
  }

  /** Runs on the socket's events, where a throw would end the process. */
  #run(callback: () => void): void {
    try {
      callback()
    } catch (thrown) {
      this.#options.failed(thrown)
      this.destroy()
    }
  }

  #abort(): void {
    for (const callback of this.#onAbort.splice(0)) this.#run(callback)
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#waitingSince = null
    this.#options.over()
  }
}

function errorHeaders(error: GatewayError): Record<string, string> {
  const headers: Record<string, string> = { 'x-ucr-error': error.code }
  if (error.code === 'unauthorized') headers['www-authenticate'] = 'Bearer'
  if (error.code === 'unsupported_encoding') headers['accept-encoding'] = ACCEPTED_ENCODINGS
  return headers
}
