import type { DnsCacheSettings } from './dns-cache.ts'

export interface HttpTransportOptions {
  /** `undici` also where HTTP/2 or pipelining is asked for. */
  readonly engine: 'lean' | 'undici'
  /** Sockets per origin; requests beyond that wait, within their connect limit. */
  readonly connections: number
  /** Requests on their way on one connection at a time. */
  readonly pipelining: number
  /** Milliseconds that an idle connection is kept where the vendor names no shorter time. */
  readonly keepAlive: number
  /** HTTP/2 where the vendor offers it. */
  readonly http2: boolean
  readonly dns: DnsCacheSettings
  /** Bytes of an answer's header fields. */
  readonly maxHeaderBytes: number
  /** Bytes that a compressed answer may become. */
  readonly maxDecodedBytes: number
  /** Told how long each look-up of a name, and each new connection, took: milliseconds. */
  readonly waited: (what: 'lookup' | 'connect', where: string, milliseconds: number) => void
}

export const DEFAULT_HTTP_TRANSPORT: HttpTransportOptions = {
  engine: 'lean',
  connections: 1024,
  pipelining: 1,
  keepAlive: 60_000,
  http2: false,
  dns: { max: 500, ttl: 300_000 },
  maxHeaderBytes: 64 * 1024,
  maxDecodedBytes: 256 * 1024 * 1024,
  waited: () => {},
}
