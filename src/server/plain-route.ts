import type { Readable } from 'node:stream'
import type { Principal } from '../exchange/client.ts'
import type { Headers } from '../lib/headers.ts'
import type { RouteDescription } from '../protocols/route-description.ts'

/** Who may call a route. `key`: whoever has a key or a token, where one is needed. `admin`: whoever has the admin token. */
export type Access = 'public' | 'key' | 'admin'

/** A path that belongs to no wire protocol: health, explanations. */
export interface PlainRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As in `ProtocolRoute`. */
  readonly path: string
  readonly access: Access
  /** For the documentation. Loaded when somebody reads that: no start waits for it. */
  readonly describe?: () => Promise<RouteDescription>
  /** May throw GatewayError. */
  answer(request: PlainRequest): Promise<PlainAnswer | StreamedAnswer>
}

export interface PlainRequest {
  readonly id: string
  readonly path: string
  readonly query: string
  /** Percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: Headers
  readonly body: Buffer
  /** Null for a caller of a public route without a valid key. */
  readonly principal: Principal | null
}

export interface PlainAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

/** An answer that is too large to be held: it goes out as fast as the client takes it. */
export interface StreamedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Of the whole stream, in bytes. */
  readonly length: number
  /** Destroyed when nobody wants the rest of it. */
  readonly stream: Readable
}

/** An answer of JSON text that nobody may keep. */
export function jsonAnswer(status: number, body: string): PlainAnswer {
  return { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body }
}
