import { performServerHandshake } from 'node:http2'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { EngineEvents } from '../engine.ts'
import { Allowance } from './allowance.ts'
import { parseFields } from './head.ts'
import { Http2Request } from './request.ts'
import { ENHANCE_YOUR_CALM, Http2Response, NO_ERROR } from './response.ts'
import type { ResponseOwner } from './response.ts'

/** What all connections of an engine share. */
export interface ConnectionContext {
  readonly events: EngineEvents
  /** Characters of a head. */
  readonly headerLimit: number
  /** Fields of a head. */
  readonly headerCount: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

const MOST_STREAMS = 250
/** Bytes that a client may send ahead: on one stream, and on all of a connection. */
const STREAM_WINDOW = 256 * 1024
const CONNECTION_WINDOW = 1024 * 1024

/** Streams taken back, or in such disorder that they had to be: https://www.cve.org/CVERecord?id=CVE-2023-44487 */
const RESETS = { burst: 200, perSecond: 50 }
/** Pings and settings, each of which has to be answered. One for each frame of ours is nobody's flood: so clients measure. */
const CONTROLS = { burst: 100, perSecond: 10 }
/** Bytes that are neither fields nor body: of frames without content, which a client can send for ever. */
const OVERHEAD = { burst: 256 * 1024, perSecond: 32 * 1024 }
/** Bytes of frames that a client may send for each of ours: it opens its windows again. */
const OVERHEAD_FOR_SENT = 64
const OVERHEAD_FOR_STREAM = 64
/** Of a body's bytes, one in so many may be more than what the frames around them take. */
const OVERHEAD_OF_BODY = 32

/** What Node is told to bear, where it counts by itself; ours come first, as they say more to the client. */
const NODE_LIMITS = {
  maxSettings: 32,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 2,
  streamResetBurst: 2 * RESETS.burst,
  streamResetRate: 2 * RESETS.perSecond,
} as const

/** How long a client that was sent away may take to read so. */
const CLOSE_AFTER = 500

/** The requests that come on one connection, all at the same time. */
export class Http2Connection implements ResponseOwner {
  readonly socket: Socket
  /** Since when there is no stream. Null: there is one. Monotonic milliseconds. */
  idleSince: number | null
  /** Since when it has to show that it still reads. Null: nobody doubts it. */
  suspectSince: number | null = null
  readonly #context: ConnectionContext
  readonly #session: ServerHttp2Session
  readonly #resets: Allowance
  readonly #controls: Allowance
  readonly #overhead: Allowance
  #streams = 0
  #served = 0
  #isAway = false
  /** Bytes read at the last look, and bytes since then that are accounted for. */
  #bytesRead = 0
  #earned = 0
  /** Frames sent since the last ping or settings. */
  #sent = 0

  constructor(socket: Socket, context: ConnectionContext) {
    const now = context.now()
    this.socket = socket
    this.#context = context
    this.idleSince = now
    this.#resets = new Allowance(RESETS.burst, RESETS.perSecond, now)
    this.#controls = new Allowance(CONTROLS.burst, CONTROLS.perSecond, now)
    this.#overhead = new Allowance(OVERHEAD.burst, OVERHEAD.perSecond, now)
    const { headerCount, headerLimit } = context
    // A bit more than is taken, so that who sends little too much is told so, and who sends much is cut.
    const session = performServerHandshake(socket, {
      ...NODE_LIMITS,
      maxHeaderListPairs: 2 * headerCount,
      settings: {
        enablePush: false,
        maxConcurrentStreams: MOST_STREAMS,
        initialWindowSize: STREAM_WINDOW,
        maxHeaderListSize: 2 * headerLimit,
      },
    })
    this.#session = session
    session
      .on('stream', (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, flags: number, fields: string[]) =>
        this.#stream(stream, (flags & 1) === 1, fields),
      )
      .on('ping', () => this.#control('too many pings'))
      .on('remoteSettings', () => this.#control('too many settings'))
      .on('error', () => {})
      .on('close', () => socket.destroy())
    session.setLocalWindowSize(CONNECTION_WINDOW)
    // HTTP/2 knows no clients that only send no more, and Node's sessions do not notice those that leave.
    socket.on('error', () => socket.destroy()).on('end', () => socket.destroy())
  }

  /** There never was a request. */
  get unused(): boolean {
    return this.#served === 0
  }

  /** Takes no more requests, and closes when those under way are answered. */
  leave(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close()
  }

  sent(): void {
    this.#earned += OVERHEAD_FOR_SENT
    this.#sent++
  }

  suspect(): void {
    if (this.suspectSince !== null || this.#session.destroyed) return
    this.suspectSince = this.#context.now()
    this.#session.ping((error) => {
      if (error === null) this.suspectSince = null
    })
  }

  /** Sends a client away that sent much and meant little since the last look. */
  look(now: number): void {
    const { bytesRead } = this.socket
    const overhead = bytesRead - this.#bytesRead - this.#earned
    this.#bytesRead = bytesRead
    this.#earned = 0
    if (!this.#overhead.spend(overhead, now)) this.#sendAway('too many frames that say nothing')
  }

  #stream(stream: ServerHttp2Stream, ends: boolean, fields: string[]): void {
    stream.on('error', () => {})
    if (this.#isAway) return stream.close(ENHANCE_YOUR_CALM)
    this.idleSince = null
    this.#streams++
    this.#served++
    this.#earned += fields.reduce((sum, text) => sum + text.length, OVERHEAD_FOR_STREAM)
    const head = parseFields({ fields, ends }, this.#context.headerLimit)
    const request = new Http2Request(head, this.socket, stream, (bytes) => this.#body(bytes))
    const response = new Http2Response(stream, this, request)
    stream.on('close', () => this.#over(stream, request, response))
    const expects = head.fields.findIndex((text, position) => position % 2 === 0 && text === 'expect')
    const expectsContinue = expects !== -1 && head.fields[expects + 1]?.toLowerCase() === '100-continue'
    this.#context.events.request(request, response, expectsContinue)
  }

  #body(bytes: number): void {
    this.#earned += bytes + bytes / OVERHEAD_OF_BODY
  }

  #over(stream: ServerHttp2Stream, request: Http2Request, response: Http2Response): void {
    this.#streams--
    if (this.#streams === 0) this.idleSince = this.#context.now()
    const isReset = stream.rstCode !== NO_ERROR && !response.isCut
    request.streamGone()
    response.closed()
    if (isReset && !this.#resets.spend(1, this.#context.now())) this.#sendAway('too many streams taken back')
  }

  #control(why: string): void {
    const amount = 1 - this.#sent
    this.#sent = 0
    if (!this.#controls.spend(amount, this.#context.now())) this.#sendAway(why)
  }

  #sendAway(why: string): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#context.events.sentAway(this.socket, why)
    // Not while Node is in the middle of what it has read, or the client would not be told why.
    setImmediate(() => {
      if (!this.#session.destroyed) this.#session.destroy(new Error(why), ENHANCE_YOUR_CALM)
    })
    setTimeout(() => this.socket.destroy(), CLOSE_AFTER).unref()
  }
}
