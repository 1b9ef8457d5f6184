import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { cutConnection } from '../cut-connection.ts'
import type { BodyReceiver, Engine, EngineEvents, EngineRequest, EngineResponse } from '../engine.ts'
import type { ParsedHead } from '../request-head.ts'
import type { ServerSettings } from '../settings.ts'
import { createNodeServer } from './http.ts'
import { parserFailure, requestPath } from './parser-error.ts'
import type { ParserError } from './parser-error.ts'

/** Milliseconds between looks for heads that are late. */
const HEAD_CHECK = 500

/** Node's HTTP server. */
export function createNodeEngine(settings: () => ServerSettings, events: EngineEvents): Engine {
  const { headerLimit, headerTimeout, keepAliveTimeout } = settings()
  const listener = createNodeServer({
    noDelay: true,
    keepAlive: true,
    insecureHTTPParser: false,
    // Refused in the client's protocol, and not with an empty page.
    requireHostHeader: false,
    maxHeaderSize: headerLimit,
    headersTimeout: headerTimeout,
    connectionsCheckingInterval: HEAD_CHECK,
    keepAliveTimeout,
    // Bodies have limits of their own, which answer in the client's protocol.
    requestTimeout: 0,
  })
  // By default Node silently drops header fields beyond the 2000th; ours are counted and refused.
  listener.maxHeadersCount = 0
  // Not in Node's documentation, but as old as its HTTP server: without it a client that shuts down its sending side
  // loses its answer.
  Object.assign(listener, { httpAllowHalfOpen: true })
  connect(listener, settings, events)
  return { listener, closeIdle: () => listener.closeIdleConnections(), close: () => {} }
}

function connect(listener: Server, settings: () => ServerSettings, events: EngineEvents): void {
  const sockets = new WeakMap<Duplex, Socket>()
  const request = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void =>
    events.request(new NodeRequest(message), new NodeResponse(response, message), expectsContinue)
  listener
    .on('connection', (socket: Socket) => {
      sockets.set(socket, socket)
      events.connected(socket)
      const limits = settings()
      listener.headersTimeout = limits.headerTimeout
      listener.keepAliveTimeout = limits.keepAliveTimeout
    })
    .on('request', (message, response) => request(message, response, false))
    .on('checkContinue', (message, response) => request(message, response, true))
    .on('checkExpectation', (message, response) => request(message, response, false))
    .on('connect', (_message, stream) => {
      // Node's server takes its listeners off, and a reset that nobody hears of ends the process.
      stream.on('error', () => stream.destroy())
      const socket = sockets.get(stream)
      if (socket === undefined) stream.destroy()
      else events.tunnel(socket)
    })
    .on('clientError', (error: ParserError, stream) => {
      const socket = sockets.get(stream)
      if (socket === undefined) stream.destroy()
      else events.broken(socket, parserFailure(error, socket), requestPath(error))
    })
}

class NodeRequest implements EngineRequest {
  readonly head: ParsedHead
  readonly socket: Socket
  readonly multiplexed = false
  readonly #message: IncomingMessage
  #receiver: BodyReceiver | null = null

  constructor(message: IncomingMessage) {
    this.#message = message
    const { method = '', url = '', rawHeaders, httpVersion, socket } = message
    this.head = { method, target: url, version: httpVersion, fields: rawHeaders }
    this.socket = socket
  }

  get complete(): boolean {
    return this.#message.complete
  }

  receive(receiver: BodyReceiver): void {
    const first = this.#receiver === null
    this.#receiver = receiver
    if (first) {
      const gone = (): void => this.#receiver?.gone()
      this.#message
        .on('data', (chunk) => this.#receiver?.data(chunk))
        .on('end', () => this.#receiver?.end())
        .on('error', gone)
        .on('close', gone)
    }
    this.#message.resume()
  }

  take(): null {
    return null
  }

  pause(): void {
    this.#message.pause()
  }
}

class NodeResponse implements EngineResponse {
  onFinish: () => void = () => {}
  onDrain: () => void = () => {}
  onGone: () => void = () => {}
  readonly #response: ServerResponse
  readonly #message: IncomingMessage
  #waiting = false

  constructor(response: ServerResponse, message: IncomingMessage) {
    this.#response = response
    this.#message = message
    // Node reports writes that came too late as errors of the response; by then the reply knows.
    response.on('finish', () => this.onFinish()).on('error', () => {})
  }

  get chunked(): boolean {
    return this.#response.chunkedEncoding
  }

  head(status: number, fields: Readonly<Record<string, string>>): void {
    this.#response.writeHead(status, fields)
  }

  flush(): void {
    this.#response.flushHeaders()
  }

  write(chunk: Buffer | string): boolean {
    // The memory is its owner's again when this returns, and Node may keep what it is given.
    if (this.#response.write(typeof chunk === 'string' ? chunk : Buffer.from(chunk))) return true
    if (this.#waiting) return false
    this.#waiting = true
    this.#response.once('drain', () => {
      this.#waiting = false
      this.onDrain()
    })
    return false
  }

  end(chunk?: Buffer | string): void {
    this.#response.end(typeof chunk === 'object' ? Buffer.from(chunk) : chunk)
  }

  proceed(): void {
    this.#response.writeContinue()
  }

  cut(): void {
    cutConnection(this.#message.socket, this.#message.httpVersion)
  }

  giveUp(): void {
    this.#message.socket.destroy()
  }
}
