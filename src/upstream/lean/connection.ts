import type { Socket } from 'node:net'
import type { Call, Line } from './call.ts'
import type { UpstreamRequest } from '../transport.ts'
import { ResponseError, ResponseParser } from './response-parser.ts'
import type { ResponseEvents } from './response-parser.ts'

/** What a connection tells its pool. */
export interface ConnectionOwner {
  /** It stands, after so many milliseconds. */
  ready(milliseconds: number): void
  /** It can be used for another request, for so many milliseconds. */
  free(connection: Connection, keepAlive: number): void
  /** It is gone. */
  gone(connection: Connection): void
}

/** How long before the vendor closes an idle connection it is no longer used. */
const MARGIN = 1500
/** Bodies up to this size go out in one piece with the head: copying them is cheaper than a second buffer for the kernel. */
const JOINED = 16 * 1024

/** One connection to a vendor and the call that it serves at the moment. */
export class Connection implements ResponseEvents, Line {
  readonly socket: Socket
  /** Monotonic milliseconds until which it may be used while idle. */
  usableUntil = Infinity
  readonly #owner: ConnectionOwner
  readonly #keepAlive: number
  readonly #parser: ResponseParser
  readonly #begun = performance.now()
  #call: Call | null
  #answers = 0
  #answering = false
  #connected = false
  #error: Error | null = null

  /** `open` makes the socket, which gives what it reads to the callback. */
  constructor(
    call: Call,
    owner: ConnectionOwner,
    limits: { readonly maxHeaderBytes: number; readonly keepAlive: number },
    open: (read: (bytes: Buffer) => void) => Socket,
    ready: 'connect' | 'secureConnect',
  ) {
    this.#call = call
    this.#owner = owner
    this.#keepAlive = limits.keepAlive
    this.#parser = new ResponseParser(this, limits.maxHeaderBytes)
    call.connecting(this)
    this.socket = open((bytes) => this.#read(bytes))
    this.socket
      .once(ready, () => this.#ready())
      .on('error', (error) => (this.#error ??= error))
      .on('end', () => this.#ended())
      .on('close', () => this.#closed())
  }

  get connected(): boolean {
    return this.#connected
  }

  get busy(): boolean {
    return this.#call !== null
  }

  /** Sends the request of a call that it is free for. */
  serve(call: Call): void {
    this.#call = call
    call.connecting(this)
    this.#send(call)
  }

  hold(): void {
    this.#parser.hold()
  }

  release(): void {
    if (this.#call === null || !this.#parser.holding) return
    this.#guard(() => this.#parser.release())
    if (!this.#parser.holding && !this.socket.destroyed) this.socket.resume()
  }

  destroy(): void {
    this.#call = null
    this.socket.destroy()
  }

  head(status: number, headers: Record<string, string | undefined>): void {
    this.#call?.head(status, headers)
  }

  body(chunk: Buffer): void {
    this.#call?.body(chunk)
  }

  end(): void {
    const call = this.#call
    this.#call = null
    this.#answers++
    const { lastAnswer, keepAlive } = this.#parser
    // Answered before the request had arrived whole (a refusal): the vendor reads the rest for nothing, or not at all.
    const usable = !lastAnswer && this.socket.writableLength === 0 && !this.socket.destroyed && call !== null
    const time = keepAlive === null ? this.#keepAlive : Math.min(this.#keepAlive, keepAlive - MARGIN)
    if (usable && time > 0) {
      this.#parser.reset()
      this.#answering = false
      this.#owner.free(this, time)
    } else {
      this.socket.destroy()
    }
    call?.end()
  }

  #ready(): void {
    this.#connected = true
    this.#owner.ready(performance.now() - this.#begun)
    const call = this.#call
    if (call !== null) this.#send(call)
  }

  #send(call: Call): void {
    const { socket } = this
    const request = call.send()
    if (request === null) return
    const { body } = request
    const length = body === null ? 0 : Buffer.byteLength(body)
    const head = headOf(request, length)
    const flushed =
      body !== null && typeof body !== 'string' && length > JOINED
        ? writeBoth(socket, head, body)
        : socket.write(joined(head, body, length))
    if (!flushed) socket.once('drain', () => call.uploaded())
  }

  #read(bytes: Buffer): void {
    if (this.#call === null) {
      // Nobody asked. A connection that says something unasked, like "408 Request Timeout", is about to be closed.
      this.socket.destroy()
      return
    }
    this.#answering = true
    this.#guard(() => this.#parser.feed(bytes))
    if (this.#parser.holding && this.#call !== null) this.socket.pause()
  }

  #ended(): void {
    if (this.#call !== null) this.#guard(() => this.#parser.finish())
    this.socket.destroy()
  }

  #closed(): void {
    const call = this.#call
    this.#call = null
    this.#owner.gone(this)
    call?.failed(this.#error ?? closedEarly(), this.#answering, this.#answers > 0)
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (thrown) {
      this.#error ??= thrown instanceof Error ? thrown : new ResponseError('invalid', String(thrown))
      const call = this.#call
      this.#call = null
      this.socket.destroy()
      call?.failed(this.#error, true, false)
    }
  }
}

function closedEarly(): Error {
  return Object.assign(new Error('the vendor closed the connection'), { code: 'ECONNRESET' })
}

function writeBoth(socket: Socket, head: string, body: Buffer): boolean {
  socket.cork()
  socket.write(head, 'latin1')
  const flushed = socket.write(body)
  socket.uncork()
  return flushed
}

function joined(head: string, body: Buffer | string | null, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + length)
  bytes.write(head, 'latin1')
  if (typeof body === 'string') bytes.write(body, head.length)
  else body?.copy(bytes, head.length)
  return bytes
}

/** A request's head. Its parts were checked when it came. */
function headOf({ method, path, headers, body, origin }: UpstreamRequest, length: number): string {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${hostOf(origin)}\r\nconnection: keep-alive\r\n`
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`
  return body === null ? `${head}\r\n` : `${head}content-length: ${length}\r\n\r\n`
}

function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('//') + 2)
}
