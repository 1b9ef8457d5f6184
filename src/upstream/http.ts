import type { Pool as UndiciPool } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import { CountingClient } from './counting-client.ts'
import { HttpCall } from './http-call.ts'
import type { OriginStats, Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from './transport.ts'

export interface HttpTransportOptions {
  /** Sockets per origin; requests beyond that wait, within their connect limit. */
  readonly connections: number
  /** Milliseconds that an idle connection is kept where the vendor names no shorter time. */
  readonly keepAlive: number
  /** Bytes of an answer's header fields. */
  readonly maxHeaderBytes: number
  /** Bytes that a compressed answer may become. */
  readonly maxDecodedBytes: number
}

export const DEFAULT_HTTP_TRANSPORT: HttpTransportOptions = {
  connections: 1024,
  keepAlive: 60_000,
  maxHeaderBytes: 64 * 1024,
  maxDecodedBytes: 256 * 1024 * 1024,
}

/**
 * The way to vendors over HTTP/1.1 and TLS, with pooled connections. Redirects are answers like any other: following one
 * would carry a key to an origin that nobody configured.
 */
export function createHttpTransport(options: Partial<HttpTransportOptions> = {}): Transport {
  return new HttpTransport({ ...DEFAULT_HTTP_TRANSPORT, ...options })
}

class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions
  /** By origin and connect limit, which is a property of the pool. */
  readonly #pools = new Map<string, { readonly origin: string; readonly pool: UndiciPool }>()
  #closed = false

  constructor(options: HttpTransportOptions) {
    this.#options = options
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new HttpCall(request.origin, request.timeouts, this.#options.maxDecodedBytes, handler)
    if (this.#closed) {
      call.refused('connect', 'the gateway is shutting down')
      return call
    }
    try {
      const { method, path, body } = request
      this.#pool(request).dispatch({ method, path, headers: checkedHeaders(request), body }, call)
    } catch (thrown) {
      call.refused('invalid', thrown instanceof Error ? thrown.message : 'the request could not be made')
    }
    return call
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.close()))
  }

  stats(): readonly OriginStats[] {
    const byOrigin = new Map<string, OriginStats>()
    for (const { origin, pool } of this.#pools.values()) {
      const { connected, running, pending } = pool.stats
      const sum = byOrigin.get(origin)
      byOrigin.set(origin, {
        origin,
        connected: connected + (sum?.connected ?? 0),
        running: running + (sum?.running ?? 0),
        pending: pending + (sum?.pending ?? 0),
      })
    }
    return [...byOrigin.values()]
  }

  #pool({ origin, timeouts }: UpstreamRequest): UndiciPool {
    const key = `${timeouts.connect} ${origin}`
    const known = this.#pools.get(key)
    if (known !== undefined) return known.pool
    const pool = new Pool(origin, {
      connections: this.#options.connections,
      pipelining: 1,
      allowH2: false,
      // An environment variable would choose undici's experimental parser.
      useMilo: false,
      maxHeaderSize: this.#options.maxHeaderBytes,
      keepAliveTimeout: this.#options.keepAlive,
      connectTimeout: timeouts.connect,
      // The call's own clock knows pauses and the total.
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (url, settings) => new CountingClient(url, settings),
    })
    this.#pools.set(key, { origin, pool })
    return pool
  }
}

/** undici refuses line breaks and NUL in values by itself. */
function checkedHeaders({ headers }: UpstreamRequest): Readonly<Record<string, string>> {
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === 'host') throw new Error('the host header follows from the origin')
  }
  return headers
}
