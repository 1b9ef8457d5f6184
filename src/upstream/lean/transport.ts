import type { DnsCache } from '../dns-cache.ts'
import { Deadlines } from '../deadlines.ts'
import type { HttpTransportOptions } from '../options.ts'
import type { OriginStats, Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.ts'
import { Call } from './call.ts'
import type { Queue } from './call.ts'
import { Pool } from './pool.ts'

const READ_MEMORY = 64 * 1024
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const PATH = /^\/[\x21-\x7e]*$/
/** Names that are remembered as good. */
const MOST_NAMES = 500
const NOWHERE: Queue = { remove: () => {} }

/** HTTP/1.1 directly on Node's sockets, without its streams of requests and answers. */
export class LeanTransport implements Transport {
  readonly #options: HttpTransportOptions
  readonly #dns: DnsCache
  readonly #deadlines = new Deadlines()
  readonly #memory = Buffer.allocUnsafeSlow(READ_MEMORY)
  readonly #pools = new Map<string, Pool>()
  /** Names of header fields that were looked at, and are good. */
  readonly #names = new Set<string>()
  #closed = false

  constructor(options: HttpTransportOptions, dns: DnsCache) {
    this.#options = options
    this.#dns = dns
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const problem = this.#closed ? null : problemOf(request, this.#names)
    const pool = this.#closed || problem !== null ? null : this.#pool(request.origin)
    const { maxDecodedBytes } = this.#options
    const call = new Call(request, handler, maxDecodedBytes, this.#deadlines, pool ?? NOWHERE)
    if (pool !== null) pool.dispatch(call)
    else if (this.#closed) queueMicrotask(() => call.refused('connect', 'the gateway is shutting down'))
    else queueMicrotask(() => call.refused('invalid', problem ?? 'the origin is none'))
    return call
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()))
  }

  stats(): readonly OriginStats[] {
    return [...this.#pools.values()].map((pool) => pool.stats())
  }

  #pool(origin: string): Pool | null {
    const known = this.#pools.get(origin)
    if (known !== undefined) return known
    if (!/^https?:\/\/[^/?#@\s]+$/.test(origin) || !URL.canParse(origin)) return null
    const pool = new Pool(origin, this.#options, this.#dns.lookup, this.#memory)
    this.#pools.set(origin, pool)
    return pool
  }
}

/** What would let one request be read as two, or as one to somebody else; null where nothing is wrong. */
function problemOf({ path, headers }: UpstreamRequest, good: Set<string>): string | null {
  if (!PATH.test(path)) return 'the path holds characters that a path cannot have'
  for (const name in headers) {
    const problem = good.has(name) ? null : problemOfName(name)
    if (problem !== null) return problem
    if (!VALUE.test(headers[name] ?? '')) return `the header field ${name} holds characters that it cannot have`
    // Some come from clients, who could think of any number.
    if (good.size < MOST_NAMES) good.add(name)
  }
  return null
}

function problemOfName(name: string): string | null {
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is no name of a header field`
  return FRAMING.has(name.toLowerCase()) ? `the header field ${name} follows from the request` : null
}

const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection'])
