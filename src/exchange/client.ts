import type { Grant } from '../admission/grant.ts'
import type { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { Operation, ProtocolRoute } from '../protocols/protocol.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'

/** A client's request as the server hands it over: read whole, decompressed, within all limits. */
export interface ClientRequest {
  /** Unique, `[A-Za-z0-9]{20,}`. Sent back as `request-id` (Anthropic) or `x-request-id`. */
  readonly id: string
  readonly protocol: ProtocolId
  readonly operation: Operation
  readonly route: ProtocolRoute
  readonly path: string
  readonly query: string
  /** Values of the names in braces of the route's path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: Headers
  /** Nothing any more once the answer has begun, and nobody can ask for another. */
  body: Buffer
  readonly principal: Principal
}

/** Whoever made the request. */
export interface Principal {
  /** Scope of everything that is kept: carriers, affinity. `local` when the gateway runs open. */
  readonly tenant: string
  /** Name of the key, or of a token's bearer; null when open. */
  readonly keyName: string | null
  /** What it may do; null: everything. */
  readonly grant: Grant | null
}

/** Where the answer goes. Implemented by the server; the exchange knows no socket. */
export interface ClientReply {
  /** Sends status and header fields now. Once. */
  head(status: number, headers: Readonly<Record<string, string>>): void
  /**
   * Sends bytes now. False: the client reads too slowly; wait for `onDrain`. The chunk is the caller's again on return:
   * what cannot be sent at once is copied.
   */
  write(chunk: Buffer | string): boolean
  end(chunk?: Buffer | string): void
  /** Cuts the connection, so that the client sees that the answer is not whole. */
  destroy(): void
  /** Status and header fields are out. */
  readonly committed: boolean
  /** The client is gone, or the answer is complete. */
  readonly closed: boolean
  /** Why the server itself ended the answer before it was complete; null where it has not. */
  readonly cutBy: GatewayError | null
  /** Called each time the client has caught up. */
  onDrain(callback: () => void): void
  /** Called once when the client leaves before the answer is complete, or the server cuts it. */
  onAbort(callback: () => void): void
}
