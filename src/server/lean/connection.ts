import type { Socket } from 'node:net'
import { GatewayError, toGatewayError } from '../../lib/error.ts'
import type { EngineEvents } from '../engine.ts'
import { adopt } from './adopt.ts'
import { canBegin, parseHead, pathOf } from './head.ts'
import { LeanRequest } from './request.ts'
import { LeanResponse } from './response.ts'
import type { ResponseOwner } from './response.ts'

/** What all connections of an engine share. */
export interface ConnectionContext {
  readonly events: EngineEvents
  /** All sockets read into it: what is kept is copied. */
  readonly memory: Buffer
  readonly headerLimit: () => number
  /** Monotonic milliseconds, of the last look at the clock. */
  readonly now: () => number
  lastFields(stays: boolean): string
}

const HEAD_END = Buffer.from('\r\n\r\n')
const CR = 13
const LF = 10
/** Bytes of later requests that are taken before the present one is answered. */
const MOST_AHEAD = 64 * 1024

/**
 * Reads one request after the other from a client. The next one is read when the present one is answered; until then its
 * bytes wait, so that the end of the connection still shows.
 */
export class LeanConnection implements ResponseOwner {
  readonly socket: Socket
  readonly #context: ConnectionContext
  /** Since when it waits for a head, or the rest of one; null while a request is under way. Monotonic milliseconds. */
  waitingSince: number | null
  #request: LeanRequest | null = null
  #response: LeanResponse | null = null
  #pending: Buffer | null = null
  #served = 0
  #broken = false
  #reading = false
  #ended = false

  constructor(accepted: Socket, context: ConnectionContext) {
    const socket = adopt(accepted, context.memory, (bytes) => this.#data(bytes))
    this.socket = socket
    this.#context = context
    this.waitingSince = context.now()
    socket
      .on('drain', () => this.#response?.onDrain())
      .on('end', () => this.#end())
      .on('error', () => socket.destroy())
      .on('close', () => this.#request?.connectionGone())
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.#request === null && this.#pending === null
  }

  /** A head has begun, or never did on this connection. */
  get late(): boolean {
    return this.#pending !== null || this.#served === 0
  }

  /** The head took too long. */
  tooLate(): void {
    if (this.#broken) return
    // A connection opened ahead of its use and never used needs no answer.
    if (this.#pending === null) this.socket.destroy()
    else this.#break(new GatewayError('request_timeout', 'The request head took too long.'))
  }

  lastFields(stays: boolean): string {
    return this.#context.lastFields(stays)
  }

  answered(response: LeanResponse, last: boolean): void {
    if (response !== this.#response) return
    this.#request = null
    this.#response = null
    if (last || this.#broken || this.#ended) {
      this.#broken = true
      this.socket.destroySoon()
      return
    }
    this.waitingSince = this.#context.now()
    const pending = this.#pending
    if (pending === null || this.#reading) return
    this.#pending = null
    this.#data(pending)
    if (this.socket.isPaused()) this.socket.resume()
  }

  #data(bytes: Buffer): void {
    if (this.#broken) return
    this.#reading = true
    let at = 0
    try {
      while (at < bytes.length && !this.#broken) {
        if (this.#request !== null && !this.#request.complete) {
          at = this.#request.feed(bytes, at)
          continue
        }
        if (this.#request !== null) {
          this.#ahead(bytes, at)
          break
        }
        const from = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes.subarray(at)])
        if (from !== bytes) at = 0
        this.#pending = null
        bytes = from
        at = this.#head(bytes, at)
      }
    } catch (thrown) {
      this.#break(toGatewayError(thrown), bytes.toString('latin1', at, Math.min(bytes.length, at + 1024)))
    } finally {
      this.#reading = false
    }
  }

  /** Reads a head; gives the index behind it and behind what has come of its body. */
  #head(bytes: Buffer, from: number): number {
    let start = from
    // Some clients end a body with a line break too many. https://www.rfc-editor.org/rfc/rfc9112#section-2.2-6
    while (bytes[start] === CR && bytes[start + 1] === LF) start += 2
    const end = bytes.indexOf(HEAD_END, start)
    const limit = this.#context.headerLimit()
    if ((end === -1 ? bytes.length : end) - start > limit) {
      throw new GatewayError('headers_too_large', 'The request head is too large.')
    }
    if (end === -1) {
      this.#wait(bytes, start)
      return bytes.length
    }
    const head = parseHead(bytes.toString('latin1', start, end))
    this.waitingSince = null
    this.#served++
    const request = new LeanRequest(head, this.socket)
    const response = new LeanResponse(this, head)
    const at = request.feed(bytes, end + HEAD_END.length)
    if (head.method === 'CONNECT') {
      this.#broken = true
      this.#context.events.tunnel(this.socket)
      return bytes.length
    }
    this.#request = request
    this.#response = response
    this.#context.events.request(request, response, head.expectsContinue)
    return at
  }

  #wait(bytes: Buffer, start: number): void {
    if (start === bytes.length || (start === bytes.length - 1 && bytes[start] === CR)) {
      this.#pending = start === bytes.length ? null : Buffer.from(bytes.subarray(start))
      return
    }
    if (!canBegin(bytes.toString('latin1', start))) {
      throw new GatewayError('invalid_request', 'This is not a valid HTTP/1.1 request.')
    }
    if (this.#served > 0 && this.#pending === null) this.waitingSince = this.#context.now()
    this.#pending = Buffer.from(bytes.subarray(start))
  }

  /** The client is a request ahead. */
  #ahead(bytes: Buffer, at: number): void {
    const rest = bytes.subarray(at)
    this.#pending = this.#pending === null ? Buffer.from(rest) : Buffer.concat([this.#pending, rest])
    // What is no request would be found only behind the answer, whose head says whether the connection stays.
    if (!canBegin(this.#pending.toString('latin1', 0, 64).replace(/^(?:\r\n)+/, ''))) {
      this.#break(new GatewayError('invalid_request', 'This is not a valid HTTP/1.1 request.'))
    } else if (this.#pending.length > MOST_AHEAD) {
      this.socket.pause()
    }
  }

  #break(error: GatewayError, text = ''): void {
    if (this.#broken) return
    this.#broken = true
    const begun = text === '' && this.#pending !== null ? this.#pending.toString('latin1', 0, 1024) : text
    this.#pending = null
    const { socket } = this
    const reachable = socket.writable && !socket.destroyed
    this.#context.events.broken(socket, reachable ? error : null, pathOf(begun))
  }

  #end(): void {
    this.#ended = true
    if (this.#request?.complete === true) return
    if (this.idle) this.socket.end()
    else this.#break(new GatewayError('invalid_request', 'The request ends in the middle.'))
  }
}
