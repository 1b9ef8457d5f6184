import type { Server, Socket } from 'node:net'
import type { GatewayError } from '../lib/error.ts'
import type { ParsedHead } from './request-head.ts'

/** What reads requests from connections and writes answers: Node's HTTP server, or ours; HTTP/2; one of them under TLS. */
export interface Engine {
  /** Takes connections once somebody has it listen. */
  readonly listener: Server
  /** Closes connections on which nothing is under way. */
  closeIdle(): void
  /** Nothing more is expected of it. */
  close(): void
}

export interface EngineEvents {
  connected(socket: Socket): void
  /** A head has come. `expectsContinue`: the client waits for a word before it sends the body. */
  request(request: EngineRequest, response: EngineResponse, expectsContinue: boolean): void
  /** A client asks for a tunnel. Nobody reads the connection any more. */
  tunnel(socket: Socket): void
  /**
   * The rest of what this client sends is not HTTP; null where there is nobody to tell so. `path` is that of the first line,
   * as far as there is one.
   */
  broken(socket: Socket, failure: GatewayError | null, path: string): void
  /** A client that only makes work is sent away. `why` is for people. */
  sentAway(socket: Socket, why: string): void
}

/** A request from its head on. */
export interface EngineRequest {
  readonly head: ParsedHead
  readonly socket: Socket
  /** Others share the connection at the same time: what goes wrong with this one is not theirs. */
  readonly multiplexed: boolean
  /** The body has come whole. */
  readonly complete: boolean
  /**
   * The body in one piece, once it has come whole, where the engine has it so; else null: then it has to be received. It is
   * the caller's alone: nobody can take it again.
   */
  take(): Buffer | null
  /** Gives the body to this receiver, from its first byte; to nobody who asks for none. */
  receive(receiver: BodyReceiver): void
  pause(): void
}

export interface BodyReceiver {
  /** Only the end is wanted: no memory is spent on the bytes. */
  readonly discards?: true
  data(chunk: Buffer): void
  end(): void
  /** The connection is gone before the body was whole. */
  gone(): void
}

/** The answer to one request. Answers leave in the order of their requests. */
export interface EngineResponse {
  /** The body is sent in chunks, so that its end shows. */
  readonly chunked: boolean
  /** Called when the last byte is with the operating system. */
  onFinish: () => void
  /** Called each time that bytes which waited have left. */
  onDrain: () => void
  /** Called when the client takes this answer back and keeps the connection, or loses both. */
  onGone: () => void
  /** Fields are safe to be sent. */
  head(status: number, fields: Readonly<Record<string, string>>): void
  /** Sends the head now, where no body has taken it along. */
  flush(): void
  /** Sends a copy of the bytes now. False: they wait for the client. */
  write(chunk: Buffer | string): boolean
  end(chunk?: Buffer | string): void
  /** 100 Continue. */
  proceed(): void
  /** Ends an answer that is not whole so that its client can tell. */
  cut(): void
  /** The client takes nothing of it: as good as gone. */
  giveUp(): void
}
