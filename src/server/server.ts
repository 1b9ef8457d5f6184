import type { Socket } from 'node:net'
import { GatewayError, toGatewayError } from '../lib/error.ts'
import { Connection } from './connection.ts'
import { drain } from './drain.ts'
import type { Engine, EngineEvents, EngineRequest, EngineResponse } from './engine.ts'
import type { Drainable } from './drain.ts'
import { healthRoutes } from './health.ts'
import { listenOn } from './listen.ts'
import { createLeanEngine } from './lean/engine.ts'
import { createNodeEngine } from './node/engine.ts'
import type { DrainResult, GatewayServer, ServerOptions } from './options.ts'
import { refuseConnection } from './refuse-connection.ts'
import { rejection } from './rejection.ts'
import { HttpReply } from './reply.ts'
import { readHead } from './request-head.ts'
import type { RequestHead } from './request-head.ts'
import { ServerRouter } from './router.ts'
import type { DeclaredRoute } from './router.ts'
import { serveRequest } from './serve-request.ts'
import type { ServerSettings } from './settings.ts'
import { Traffic } from './traffic.ts'
import { ownHealth } from './worker-health.ts'
import type { ServerState, WorkerHealth } from './worker-health.ts'

/** The listening side: what every request meets, whichever engine reads and writes it. */
export function createServer(options: ServerOptions): GatewayServer {
  return new HttpServer(options)
}

/** Clients that read nothing are looked for that many times within the limit. */
const STALL_CHECKS = 8

class HttpServer implements GatewayServer, ServerState, Drainable, EngineEvents {
  readonly traffic = new Traffic()
  draining = false
  served = 0
  inFlight = 0
  readonly #options: ServerOptions
  readonly #router: ServerRouter
  readonly #engines: Engine[] = []
  /** By socket. */
  readonly #connections = new Map<Socket, Connection>()
  readonly #onIdle: (() => void)[] = []
  #stallTimer: NodeJS.Timeout | null = null

  constructor(options: ServerOptions) {
    this.#options = options
    this.#router = new ServerRouter(options.protocols, [...healthRoutes(this, options.health), ...options.plainRoutes])
  }

  get exchanging(): number {
    return this.#replies().filter(({ isExchange }) => isExchange).length
  }

  get routes(): readonly DeclaredRoute[] {
    return this.#router.routes
  }

  health(): WorkerHealth {
    return ownHealth(this, this.#options.health.deployments())
  }

  async listen(): Promise<readonly string[]> {
    const { host, ports, writeTimeout } = this.#options.settings()
    const urls: string[] = []
    try {
      for (const port of ports) {
        const engine = await this.#newEngine()
        urls.push(await this.#listenOn(engine, host, port))
        engine.listener.on('error', (error) => this.#options.observer.error(null, 'taking connections', error))
        this.#engines.push(engine)
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
    await Promise.all(this.#engines.splice(0).map(closed))
  }

  stopListening(): void {
    for (const engine of this.#engines) {
      engine.listener.close()
      engine.closeIdle()
    }
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

  #listenOn({ listener }: Engine, host: string, port: number): Promise<string> {
    const scheme = this.#options.settings().tls === null ? 'http' : 'https'
    return this.#options.listenOn?.(listener, host, port) ?? listenOn(listener, host, port, scheme)
  }

  async #newEngine(): Promise<Engine> {
    const settings = (): ServerSettings => this.#options.settings()
    const { engine, tls } = settings()
    const http1 = (engine === 'node' ? createNodeEngine : createLeanEngine)(settings, this)
    if (tls === null) return http1
    const { createTlsEngine } = await import('./tls/engine.ts')
    return createTlsEngine({ settings, tls, events: this, http1 })
  }

  connected(socket: Socket): void {
    this.#connections.set(socket, new Connection(socket))
    socket.once('close', () => this.#connections.delete(socket))
  }

  request(request: EngineRequest, response: EngineResponse, expectsContinue: boolean): void {
    void this.#serve(request, response, expectsContinue)
  }

  tunnel(socket: Socket): void {
    const connection = this.#connections.get(socket)
    const error = new GatewayError('method_not_allowed', 'This gateway is no forward proxy.')
    if (connection === undefined) socket.destroy()
    else this.#refuse(connection, error, '')
  }

  broken(socket: Socket, failure: GatewayError | null, path: string): void {
    const connection = this.#connections.get(socket)
    if (connection?.refused === true) return
    if (failure === null || connection === undefined) socket.destroy()
    else this.#refuse(connection, failure, path)
  }

  sentAway(socket: Socket, why: string): void {
    this.#options.observer.warn(null, 'a client was sent away', { why, peer: socket.remoteAddress ?? '' })
  }

  async #serve(request: EngineRequest, response: EngineResponse, expectsContinue: boolean): Promise<void> {
    const connection = this.#connections.get(request.socket)
    // Parsed from the rest of what a refused client had sent: it is not to be trusted, and nobody reads an answer.
    if (connection === undefined || connection.refused) return
    const { head, problem } = this.#read(request.head)
    const cors = this.#options.access.corsHeaders(head.headers)
    const reply = this.#newReply(request, response, connection, head, cors)
    connection.refused = problem !== null && !request.multiplexed
    const errorHeaders = {}
    const peer = request.socket.remoteAddress ?? ''
    const arrival = { request, response, head, cors, reply, peer, errorHeaders, expectsContinue }
    try {
      if (problem !== null) throw problem
      if (request.head.version !== '1.0') checkExpectation(head, expectsContinue)
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
    request: EngineRequest,
    response: EngineResponse,
    connection: Connection,
    head: RequestHead,
    cors: Readonly<Record<string, string>>,
  ): HttpReply {
    const reply: HttpReply = new HttpReply({
      id: this.#options.newId(),
      request,
      response,
      fallbackProtocol: () => this.#router.protocolFor(head.path, head.headers),
      headers: cors,
      hasBody: head.hasBody,
      closing: () => this.draining || connection.closing,
      failed: (thrown) => this.#options.observer.error(reply.id, 'a request failed', thrown),
      over: () => {
        connection.remove(reply)
        this.#over(reply, head)
      },
    })
    this.inFlight++
    connection.add(reply)
    return reply
  }

  #over(reply: HttpReply, { method, path }: RequestHead): void {
    const now = performance.now()
    const { tracer } = this.#options.observer
    if (tracer.on.http) {
      const duration = Math.round(now - reply.startedAt)
      tracer.write('http', reply.id, 'answered', { method, path, status: reply.status, bytes: reply.bytes, duration })
    }
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

/** HTTP/1.0 knows no expectations: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1 */
function checkExpectation({ headers }: RequestHead, expectsContinue: boolean): void {
  if (headers['expect'] === undefined || expectsContinue) return
  throw new GatewayError('invalid_request', 'The only expectation that is understood is 100-continue.', { status: 417 })
}

function closed(engine: Engine): Promise<void> {
  engine.close()
  return new Promise((resolve) => engine.listener.close(() => resolve()))
}
