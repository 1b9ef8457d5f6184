import type { UpstreamCall } from '../upstream/transport.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'
import { streamHeaders } from './reply-headers.ts'

/**
 * The client's side of a streamed answer, over all tries: head, chunks, pings, backpressure. One for each exchange.
 *
 * A silent upstream commits the reply to 200 only when the first ping is due; until an upstream's own bytes went out
 * (`sent`) another deployment can still take over.
 */
export class StreamRelay {
  readonly #exchange: Exchange
  readonly #deps: ExchangeDependencies
  readonly #ping: string
  #call: UpstreamCall | null = null
  #paused = false
  #lastWrite: number
  #timer: NodeJS.Timeout | null = null
  #sent = false

  constructor(exchange: Exchange, deps: ExchangeDependencies) {
    this.#exchange = exchange
    this.#deps = deps
    this.#ping = deps.protocols[exchange.request.protocol].client.ping
    this.#lastWrite = deps.now()
    this.#schedule(deps.settings.pingInterval)
    exchange.reply.onDrain(() => this.#resume())
    exchange.onAbort(() => this.close())
  }

  /** Bytes of an answer reached the client. */
  get sent(): boolean {
    return this.#sent
  }

  /** The client reads too slowly, and the call is held back. */
  get paused(): boolean {
    return this.#paused
  }

  /** The call to hold back while the client reads too slowly. */
  attach(call: UpstreamCall): void {
    this.#call = call
    if (this.#paused) call.pause()
  }

  detach(): void {
    this.#call = null
  }

  /** Sends what one upstream chunk became, in one write. `hasContent`: the answer with these bytes. */
  write(bytes: Buffer | string, plan: Plan, hasContent: boolean): void {
    if (bytes.length === 0 || this.#exchange.reply.closed) return
    this.#begin(plan, hasContent)
    this.#put(bytes)
  }

  /** Sends what an answer's last chunk became and ends the reply, in one write as well. */
  finish(bytes: Buffer | string, plan: Plan, hasContent: boolean): void {
    if (this.#exchange.reply.closed) return
    this.#begin(plan, hasContent)
    this.end(bytes)
  }

  /** Ends the reply, with a last event where there is one. */
  end(bytes: Buffer | string): void {
    this.close()
    const { reply } = this.#exchange
    if (reply.closed) return
    this.#count(bytes)
    reply.end(bytes)
  }

  /** No more pings. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#call = null
  }

  #begin(plan: Plan, hasContent: boolean): void {
    this.#commit(plan)
    if (!this.#sent) this.#letGo(plan)
    this.#sent = true
    if (hasContent) this.#exchange.firstTokenAt ??= this.#deps.now()
  }

  /** Nobody is asked again, unless the vendor pauses, and is asked to go on. */
  #letGo(plan: Plan): void {
    plan.body = ''
    this.#exchange.letGoOfRequest(plan.resume !== null)
  }

  #put(bytes: Buffer | string): void {
    const { reply } = this.#exchange
    this.#lastWrite = this.#deps.now()
    this.#count(bytes)
    if (reply.write(bytes)) return
    this.#paused = true
    this.#call?.pause()
  }

  #count(bytes: Buffer | string): void {
    this.#exchange.replyBytes += typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
  }

  #commit(plan: Plan | null): void {
    const { reply } = this.#exchange
    if (reply.committed) return
    this.#exchange.firstByteAt = this.#deps.now()
    this.#exchange.httpStatus = 200
    reply.head(200, streamHeaders(this.#exchange, plan))
  }

  #resume(): void {
    this.#paused = false
    this.#call?.resume()
  }

  #schedule(delay: number): void {
    this.#timer = setTimeout(() => this.#tick(), delay)
  }

  #tick(): void {
    const interval = this.#deps.settings.pingInterval
    const silence = this.#deps.now() - this.#lastWrite
    // A client that does not read gets no pings: they would only pile up.
    if (silence >= interval && !this.#paused && !this.#exchange.reply.closed) {
      this.#commit(null)
      this.#put(this.#ping)
    }
    this.#schedule(Math.max(1, interval - (this.#deps.now() - this.#lastWrite)))
  }
}
