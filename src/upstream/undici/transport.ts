import type { Pool as UndiciPool } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import { CountingClient } from './counting-client.ts'
import { HttpCall } from './call.ts'
import { Deadlines } from '../deadlines.ts'
import type { DnsCache } from '../dns-cache.ts'
import type { HttpTransportOptions } from '../options.ts'
import type { OriginStats, Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.ts'

/** HTTP by undici: for HTTP/2 and pipelining, and as a second opinion. */
export class UndiciTransport implements Transport {
  readonly #options: HttpTransportOptions
  readonly #dns: DnsCache
  readonly #deadlines = new Deadlines()
  /** By origin and connect limit, which is a property of the pool. */
  readonly #pools = new Map<string, Entry>()
  #closed = false

  constructor(options: HttpTransportOptions, dns: DnsCache) {
    this.#options = options
    this.#dns = dns
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new HttpCall(request, this.#options.maxDecodedBytes, this.#deadlines, handler)
    if (this.#closed) {
      call.refused('connect', 'the gateway is shutting down')
      return call
    }
    try {
      const { method, path, body } = request
      const entry = this.#entry(request)
      entry.requests++
      entry.pool.dispatch({ method, path, headers: checkedHeaders(request), body }, call)
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
    for (const entry of this.#pools.values()) {
      const sum = byOrigin.get(entry.origin)
      byOrigin.set(entry.origin, sum === undefined ? statsOf(entry) : added(sum, statsOf(entry)))
    }
    return [...byOrigin.values()]
  }

  #entry({ origin, timeouts }: UpstreamRequest): Entry {
    const key = `${timeouts.connect} ${origin}`
    const known = this.#pools.get(key)
    if (known !== undefined) return known
    const { connections, pipelining, http2, maxHeaderBytes, keepAlive } = this.#options
    const pool = new Pool(origin, {
      connections,
      pipelining,
      allowH2: http2,
      // An environment variable would choose undici's experimental parser.
      useMilo: false,
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: keepAlive,
      connect: { timeout: timeouts.connect, lookup: this.#dns.lookup, autoSelectFamily: true },
      // The call's own clock knows pauses and the total.
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (url, settings) => new CountingClient(url, settings),
    })
    const entry: Entry = { origin, pool, opened: 0, closed: 0, requests: 0, errors: 0 }
    pool
      .on('connect', () => entry.opened++)
      .on('disconnect', () => entry.closed++)
      .on('connectionError', () => entry.errors++)
    this.#pools.set(key, entry)
    return entry
  }
}

interface Entry {
  readonly origin: string
  readonly pool: UndiciPool
  opened: number
  closed: number
  requests: number
  errors: number
}

function statsOf({ origin, pool, opened, closed, requests, errors }: Entry): OriginStats {
  const { connected, running, pending, free } = pool.stats
  return { origin, connected, running, free, pending, opened, closed, requests, errors }
}

/** Two pools to one origin, which differ in their connect limit. */
function added(one: OriginStats, other: OriginStats): OriginStats {
  return {
    origin: one.origin,
    connected: one.connected + other.connected,
    running: one.running + other.running,
    free: one.free + other.free,
    pending: one.pending + other.pending,
    opened: one.opened + other.opened,
    closed: one.closed + other.closed,
    requests: one.requests + other.requests,
    errors: one.errors + other.errors,
  }
}

/** undici refuses line breaks and NUL in values by itself. */
function checkedHeaders({ headers }: UpstreamRequest): Readonly<Record<string, string>> {
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === 'host') throw new Error('the host header follows from the origin')
  }
  return headers
}
