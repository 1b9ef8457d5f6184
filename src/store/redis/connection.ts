import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { GatewayError } from '../../lib/error.ts'

export interface RedisOptions {
  readonly url: string
  /** What is kept there, for errors: "Sessions". */
  readonly what: string
  /** Milliseconds for one command. */
  readonly timeout?: number
  /** The server went away. `why` holds no secret. */
  readonly lost: (why: string) => void
  /** It is there again. */
  readonly back: () => void
}

/** Milliseconds for one command, and for all tries of one together. */
const COMMAND_TIMEOUT = 2000
const PATIENCE = 4000
/** Milliseconds between two tries. */
const PAUSE = 50
const LONGEST_RECONNECT = 500

/** What a server says that cannot answer yet. */
const NOT_NOW = /^(?:LOADING|BUSY|TRYAGAIN|MASTERDOWN|READONLY|CLUSTERDOWN)\b/

/** A server of Redis or Valkey, which may go away and come back at any time. */
export class RedisConnection {
  readonly #redis: Redis
  readonly #what: string
  readonly #hashes = new Map<string, string>()
  #closed = false

  private constructor(redis: Redis, what: string) {
    this.#redis = redis
    this.#what = what
  }

  /** Connects behind the scenes: a server that is not there yet keeps nobody from starting. */
  static async open({ url, what, timeout = COMMAND_TIMEOUT, lost, back }: RedisOptions): Promise<RedisConnection> {
    // Loaded here only: most gateways keep nothing in Redis.
    const { Redis } = await import('ioredis')
    const redis = new Redis(url, {
      protocol: 2,
      connectionName: 'ucr',
      connectTimeout: COMMAND_TIMEOUT,
      commandTimeout: timeout,
      // Whether a command that got no answer may be sent again is for `run` to know.
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(times * PAUSE, LONGEST_RECONNECT),
    })
    const connection = new RedisConnection(redis, what)
    let why = ''
    let isAway = false
    redis.on('error', (error: Error) => (why = error.message))
    redis.on('close', () => {
      if (!isAway && !connection.#closed) lost(why)
      isAway = true
    })
    redis.on('ready', () => {
      if (isAway) back()
      isAway = false
    })
    return connection
  }

  /**
   * Runs a script; strings come as bytes. It must be one that may run twice: whether one ran that got no answer, nobody
   * knows, and it is sent again. Throws GatewayError `store_unavailable` where the server is away for too long.
   */
  async run(script: string, args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const end = performance.now() + PATIENCE
    for (;;) {
      try {
        return await this.once(script, args)
      } catch (error) {
        if (this.#closed || !isPassing(error)) throw error
        if (performance.now() > end) throw this.#unavailable(error)
      }
      await delay(PAUSE)
    }
  }

  /** Resolves when the server takes commands, or after so many milliseconds. */
  async ready(milliseconds: number): Promise<void> {
    if (this.#redis.status === 'ready') return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#redis.once('ready', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  close(): void {
    this.#closed = true
    this.#redis.disconnect()
  }

  /** Runs a script once, or rejects: whether it ran, nobody knows then. */
  async once(script: string, args: readonly (string | number | Buffer)[]): Promise<unknown> {
    // By its hash; whole where the server does not know it (any more).
    const digest = this.#hashes.get(script) ?? hash('sha1', script)
    this.#hashes.set(script, digest)
    try {
      return await this.#redis.callBuffer('EVALSHA', digest, 0, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.#redis.callBuffer('EVAL', script, 0, ...args)
    }
  }

  #unavailable(cause: unknown): GatewayError {
    const message = `${this.#what} cannot be reached at the moment.`
    return new GatewayError('store_unavailable', message, { retryAfter: 1, cause })
  }
}

/** The server, or the way to it, and not what was asked of it. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name !== 'ReplyError' || NOT_NOW.test(error.message)
}
