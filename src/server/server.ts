import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { GatewayError, toGatewayError } from '../lib/error.ts'
import { parserFailure, refuseConnection, requestPath } from './client-error.ts'
import type { ParserError } from './client-error.ts'
import { Connection } from './connection.ts'
import { drain } from './drain.ts'
import type { Drainable } from './drain.ts'
import { healthRoutes } from './health.ts'
import type { ServerState } from './health.ts'
import { listenOn } from './listen.ts'
import { createNodeServer } from './node-http.ts'
import type { DrainResult, GatewayServer, ServerOptions } from './options.ts'
import { rejection } from './rejection.ts'
import { HttpReply } from './reply.ts'
import { readHead } from './request-head.ts'
import type { RequestHead } from './request-head.ts'
import { ServerRouter } from './router.ts'
import { serveRequest } from './serve-request.ts'
import { Traffic } from './traffic.ts'

/** The listening side on Node's HTTP server. Its interface names nothing of that, so that another engine can stand here. */
export function createServer(options: ServerOptions): GatewayServer {
  return new NodeServer(options)
}

/** Milliseconds between looks for heads that are late. */
const HEAD_CHECK = 500
/** Clients that read nothing are looked for that many times within the limit. */
const STALL_CHECKS = 8

class NodeServer implements GatewayServer, ServerState, Drainable {
  readonly traffic = new Traffic()
  draining = false
  served = 0
  inFlight = 0
  readonly #options: ServerOptions
  readonly #router: ServerRouter
  readonly #listeners: Server[] = []
  /** By socket. */
  readonly #connections = new Map<object, Connection>()
  readonly #onIdle: (() => void)[] = []
  #stallTimer: NodeJS.Timeout | null = null

  constructor(options: ServerOptions) {
    this.#options = options
    this.#router = new ServerRouter(options.protocols, [...healthRoutes(this, options.health), ...options.plainRoutes])
  }

  async listen(): Promise<readonly string[]> {
    const { host, ports, writeTimeout } = this.#options.settings()
    const urls: string[] = []
    try {
      for (const port of ports) {
        const listener = this.#newListener()
        urls.push(await (this.#options.listenOn ?? listenOn)(listener, host, port))
        listener.on('error', (error) => this.#options.observer.error(null, 'taking connections', error))
        this.#listeners.push(listener)
      }
    } catch (thrown) {
      await this.close()
      throw thrown
    }
    this.#stallTimer = setInterval(() => this.#kickStalled(), Math.ceil(writeTimeout / STALL_CHECKS)).unref()
    return urls
  }

  drain(milliseconds: number): Promise<DrainResult> {
    this.draining = true
    return drain(this, { grace: this.#options.settings().drainGrace, limit: milliseconds })
  }

  async close(): Promise<void> {
    this.draining = true
    if (this.#stallTimer !== null) clearInterval(this.#stallTimer)
    this.stopListening()
    for (const { socket } of this.#connections.values()) socket.destroy()
    await Promise.all(this.#listeners.splice(0).map(closed))
  }

  stopListening(): void {
    // Also closes the connections on which nothing is under way.
    for (const listener of this.#listeners) listener.close()
  }

  cutShort(): void {
    const error = new GatewayError('draining', 'The gateway is shutting down.', { retryAfter: 1 })
    for (const reply of this.#replies()) reply.cutShort(error)
  }

  idle(): Promise<void> {
    return this.inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve))
  }

  #replies(): readonly HttpReply[] {
    return [...this.#connections.values()].flatMap(({ replies }) => replies)
  }

  #newListener(): Server {
    const { headerLimit, headerTimeout, keepAliveTimeout } = this.#options.settings()
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
    return listener
      .on('connection', (socket: Socket) => {
        this.#connected(socket)
        const limits = this.#options.settings()
        listener.headersTimeout = limits.headerTimeout
        listener.keepAliveTimeout = limits.keepAliveTimeout
      })
      .on('request', (request, response) => void this.#serve(request, response, false))
      .on('checkContinue', (request, response) => void this.#serve(request, response, true))
      .on('checkExpectation', (request, response) => void this.#serve(request, response, false))
      .on('connect', (_request, stream) => this.#refuseTunnel(stream))
      .on('clientError', (error: ParserError, stream) => this.#clientError(error, stream))
  }

  #connected(socket: Socket): void {
    this.#connections.set(socket, new Connection(socket))
    socket.once('close', () => this.#connections.delete(socket))
  }

  async #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const connection = this.#connections.get(request.socket)
    // Parsed from the rest of what a refused client had sent: it is not to be trusted, and nobody reads an answer.
    if (connection === undefined || connection.refused) return
    const { method = '', url = '', rawHeaders, httpVersion } = request
    const { head, problem } = this.#read({ method, target: url, version: httpVersion, fields: rawHeaders })
    const cors = this.#options.access.corsHeaders(head.headers)
    const reply = this.#newReply(request, response, connection, head, cors)
    connection.refused = problem !== null
    const errorHeaders = {}
    const peer = request.socket.remoteAddress ?? ''
    const arrival = { request, response, head, cors, reply, peer, errorHeaders, expectsContinue }
    try {
      if (problem !== null) throw problem
      checkExpectation(head, expectsContinue)
      await serveRequest(arrival, this.#router, this.#options)
    } catch (thrown) {
      // By then whatever arrived together with the head has been parsed, so that a small body counts as read.
      await Promise.resolve()
      this.#failed(reply, thrown, errorHeaders)
    }
  }

  /** A head that cannot be used is one without fields, and the problem. */
  #read(parsed: Parameters<typeof readHead>[0]): { head: RequestHead; problem: GatewayError | null } {
    try {
      return { head: readHead(parsed, this.#options.settings().headerCount), problem: null }
    } catch (thrown) {
      const [path = ''] = parsed.target.split('?', 1)
      const head = { method: parsed.method, path, query: '', headers: {}, hasBody: false }
      return { head, problem: toGatewayError(thrown) }
    }
  }

  #newReply(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    head: RequestHead,
    cors: Readonly<Record<string, string>>,
  ): HttpReply {
    const reply: HttpReply = new HttpReply({
      id: this.#options.newId(),
      request,
      response,
      protocol: this.#router.protocolFor(head.path, head.headers),
      headers: cors,
      hasBody: head.hasBody,
      closing: () => this.draining || connection.closing,
      failed: (thrown) => this.#options.observer.error(reply.id, 'a request failed', thrown),
      over: () => {
        connection.remove(reply)
        this.#over(reply)
      },
    })
    this.inFlight++
    connection.add(reply)
    return reply
  }

  #over(reply: HttpReply): void {
    const now = performance.now()
    this.served++
    this.traffic.record(now - reply.startedAt, now)
    this.inFlight--
    if (this.inFlight === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #failed(reply: HttpReply, thrown: unknown, headers: Readonly<Record<string, string>>): void {
    const error = reply.refusal ?? toGatewayError(thrown)
    const { observer } = this.#options
    if (error.code === 'internal') observer.error(reply.id, 'a request failed', error.cause ?? thrown)
    reply.refuse(error, headers)
    observer.exchange(rejection(reply, error))
  }

  #clientError(error: ParserError, stream: Duplex): void {
    const connection = this.#connections.get(stream)
    if (connection?.refused === true) return
    const failure = connection === undefined ? null : parserFailure(error, connection.socket)
    if (failure === null || connection === undefined) stream.destroy()
    else this.#refuse(connection, failure, requestPath(error))
  }

  #refuseTunnel(stream: Duplex): void {
    const connection = this.#connections.get(stream)
    const error = new GatewayError('method_not_allowed', 'This gateway is no forward proxy.')
    if (connection === undefined) stream.destroy()
    else this.#refuse(connection, error, '')
  }

  /** Answers that are under way come first: only what follows them on the connection is wrong. */
  #refuse(connection: Connection, error: GatewayError, path: string): void {
    connection.refused = true
    const reply = connection.current
    if (reply !== null && !reply.receiving) return
    if (reply !== null) reply.refusal = error
    const id = reply?.id ?? this.#options.newId()
    const protocol = reply?.protocol ?? this.#router.protocolFor(path, {})
    const refused = refuseConnection(connection.socket, protocol, error, id)
    if (reply === null) this.#options.observer.exchange(rejection(refused, error))
  }

  #kickStalled(): void {
    const now = performance.now()
    const { writeTimeout } = this.#options.settings()
    for (const reply of this.#replies()) {
      if (reply.stalledFor(now) < writeTimeout) continue
      this.#options.observer.warn(reply.id, 'the client reads nothing of its answer and was cut', { writeTimeout })
      reply.abandon()
    }
  }
}

function checkExpectation({ headers }: RequestHead, expectsContinue: boolean): void {
  if (headers['expect'] === undefined || expectsContinue) return
  throw new GatewayError('invalid_request', 'The only expectation that is understood is 100-continue.', { status: 417 })
}

function closed(listener: Server): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()))
}
