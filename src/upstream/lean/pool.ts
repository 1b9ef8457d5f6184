import { connect as connectPlain, isIP } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import type { HttpTransportOptions } from '../options.ts'
import type { OriginStats } from '../transport.ts'
import type { Call, Queue } from './call.ts'
import { Connection } from './connection.ts'
import type { ConnectionOwner } from './connection.ts'

/** The connections to one origin, and the calls that wait for one. */
export class Pool implements ConnectionOwner, Queue {
  readonly #origin: string
  readonly #url: URL
  readonly #options: HttpTransportOptions
  readonly #lookup: LookupFunction
  /** Every socket's reads go into this memory: each is used up before the next one is made. */
  readonly #memory: Buffer
  readonly #connections: Connection[] = []
  /** The one that was used last goes first, so that only as many stay open as are needed. */
  readonly #idle: Connection[] = []
  readonly #waiting: Call[] = []
  #session: Buffer | undefined
  #opened = 0
  #closed = 0
  #requests = 0
  #errors = 0
  #sweep: NodeJS.Timeout | null = null
  #onEmpty: (() => void) | null = null

  constructor(origin: string, options: HttpTransportOptions, lookup: LookupFunction, memory: Buffer) {
    this.#origin = origin
    this.#url = new URL(origin)
    this.#options = options
    this.#lookup = lookup
    this.#memory = memory
  }

  stats(): OriginStats {
    const connected = this.#connections.filter((connection) => connection.connected).length
    return {
      origin: this.#origin,
      connected,
      running: this.#connections.length - this.#idle.length,
      pending: this.#waiting.length,
      free: this.#idle.length,
      opened: this.#opened,
      closed: this.#closed,
      requests: this.#requests,
      errors: this.#errors,
    }
  }

  ready(milliseconds: number): void {
    this.#options.waited('connect', this.#origin, milliseconds)
  }

  dispatch(call: Call): void {
    this.#requests++
    const connection = this.#usable()
    if (connection !== null) connection.serve(call)
    else if (this.#connections.length < this.#options.connections) this.#open(call)
    else this.#waiting.push(call)
  }

  remove(call: Call): void {
    const position = this.#waiting.indexOf(call)
    if (position !== -1) this.#waiting.splice(position, 1)
  }

  free(connection: Connection, keepAlive: number): void {
    const next = this.#waiting.shift()
    if (next !== undefined) {
      connection.serve(next)
      return
    }
    if (this.#onEmpty !== null) {
      connection.destroy()
      return
    }
    connection.usableUntil = performance.now() + keepAlive
    this.#idle.push(connection)
    this.#sweep ??= setInterval(() => this.#sweepIdle(), SWEEP).unref()
  }

  gone(connection: Connection): void {
    this.#closed++
    remove(this.#connections, connection)
    remove(this.#idle, connection)
    const next = this.#waiting.shift()
    if (next !== undefined) this.#open(next)
    if (this.#connections.length === 0) this.#onEmpty?.()
  }

  /** Resolves when the calls under way have ended and nothing is open. */
  async close(): Promise<void> {
    if (this.#sweep !== null) clearInterval(this.#sweep)
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve))
    for (const connection of this.#idle.splice(0)) connection.destroy()
    if (this.#connections.length > 0) await empty
  }

  #usable(): Connection | null {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined) return null
      if (connection.usableUntil > performance.now() && connection.socket.writable) return connection
      connection.destroy()
    }
  }

  #open(call: Call): void {
    this.#opened++
    const isSecure = this.#url.protocol === 'https:'
    const open = (read: (bytes: Buffer) => void): Socket => this.#socket(isSecure, read)
    const connection = new Connection(call, this, this.#options, open, isSecure ? 'secureConnect' : 'connect')
    connection.socket.on('error', () => this.#errors++)
    this.#connections.push(connection)
  }

  #socket(isSecure: boolean, read: (bytes: Buffer) => void): Socket {
    const { hostname, port } = this.#url
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const memory = this.#memory
    const options = {
      host,
      port: Number(port === '' ? (isSecure ? 443 : 80) : port),
      noDelay: true,
      keepAlive: true,
      autoSelectFamily: true,
      lookup: this.#lookup,
      onread: {
        buffer: memory,
        callback(length: number): boolean {
          read(memory.subarray(0, length))
          return true
        },
      },
    }
    if (!isSecure) return connectPlain(options)
    const servername = isIP(host) === 0 ? host : ''
    const session = this.#session === undefined ? {} : { session: this.#session }
    return connectSecure({ ...options, ...session, servername, ALPNProtocols: ['http/1.1'] }).on(
      'session',
      (ticket) => {
        this.#session = ticket
      },
    )
  }

  #sweepIdle(): void {
    const now = performance.now()
    for (const connection of this.#idle.filter(({ usableUntil }) => usableUntil <= now)) connection.destroy()
    if (this.#idle.length > 0 || this.#sweep === null) return
    clearInterval(this.#sweep)
    this.#sweep = null
  }
}

/** Milliseconds between looks for connections that have been idle for too long. */
const SWEEP = 1000

function remove<T>(list: T[], member: T): void {
  const position = list.indexOf(member)
  if (position !== -1) list.splice(position, 1)
}
