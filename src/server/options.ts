import type { Server } from 'node:net'
import type { Caller } from '../admission/admission.ts'
import type { ClientReply, ClientRequest, Principal } from '../exchange/client.ts'
import type { Headers } from '../lib/headers.ts'
import type { Observer } from '../observe/observer.ts'
import type { Protocol } from '../protocols/protocol.ts'
import type { Compression } from './compression.ts'
import type { HealthOptions } from './health.ts'
import type { PlainRoute } from './plain-route.ts'
import type { DeclaredRoute } from './router.ts'
import type { ServerSettings } from './settings.ts'
import type { WorkerHealth } from './worker-health.ts'

export interface ServerOptions {
  /** Read for each request, so that a reload applies at once. */
  settings(): ServerSettings
  /** In the order in which they claim requests on shared paths; the last one gets what nobody claims. */
  readonly protocols: readonly Protocol[]
  /** Besides the health routes, which the server has of its own. */
  readonly plainRoutes: readonly PlainRoute[]
  readonly access: AccessChecks
  readonly health: HealthOptions
  /** Answers one request of a protocol. Settles when nothing more will be written. */
  exchange(request: ClientRequest, reply: ClientReply): Promise<void>
  readonly observer: Observer
  readonly compression: Compression
  /** Opens one listener and gives its URL; left out: a socket of this process. Throws ListenError. */
  listenOn?(listener: Server, host: string, port: number): Promise<string>
  /** Unique, `[A-Za-z0-9]{20,}`. */
  newId(): string
}

/** Who may come in. Each throws GatewayError. */
export interface AccessChecks {
  checkHost(headers: Headers): void
  /** Runs after `checkHost`. */
  checkOrigin(method: string, headers: Headers): void
  /** The fields that let a browser hand the answer to a page of another origin; none unless it is allowed. */
  corsHeaders(headers: Headers): Readonly<Record<string, string>>
  /** A promise only where it takes time to know. */
  authenticate(headers: Headers): Principal | Promise<Principal>
  /** For routes of access `admin`. */
  checkAdmin(headers: Headers): void
  /** `path`: as the route is declared. */
  permit(principal: Principal, path: string): void
  /**
   * Runs for everything that a protocol owns, and for every caller without a valid key who needs one. A promise only where
   * somebody else counts.
   */
  admit(caller: Caller): void | Promise<void>
  /** A key or a token was sent that is not good. The admin token is no guess. */
  failed(caller: Caller): void | Promise<void>
  /** The body of a request that a protocol owns, and that was admitted, has come, or never will. */
  received(caller: Caller): void
}

export interface GatewayServer {
  /** Starts to take requests; gives the URLs. Throws ListenError, and then listens nowhere. */
  listen(): Promise<readonly string[]>
  /**
   * Shuts down: says no to readiness checks, stops listening after the grace, lets requests under way finish for up to
   * `milliseconds`, ends what is left with an error in the client's protocol, and closes.
   */
  drain(milliseconds: number): Promise<DrainResult>
  /** Cuts everything now. */
  close(): Promise<void>
  /** Requests under way. */
  readonly inFlight: number
  /** Those of them that ask a model something: what is asked of the gateway itself is not among them. */
  readonly exchanging: number
  /** How this worker is. */
  health(): WorkerHealth
  /** All that there are. */
  readonly routes: readonly DeclaredRoute[]
}

/** Requests that were under way when the shutdown began, and those taken during the grace. */
export interface DrainResult {
  readonly finished: number
  readonly cut: number
}
