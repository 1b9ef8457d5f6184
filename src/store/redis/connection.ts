import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { GatewayError } from '../../lib/error.ts'

export interface RedisOptions {
  readonly url: string
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
  readonly #hashes = new Map<string, string>()
  #closed = false

  private constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Connects behind the scenes: a server that is not there yet keeps nobody from starting. */
  static async open({ url, lost, back }: RedisOptions): Promise<RedisConnection> {
    // Loaded here only: most gateways keep nothing in Redis.
    const { Redis } = await import('ioredis')
    const redis = new Redis(url, {
      protocol: 2,
      connectionName: 'ucr',
      connectTimeout: COMMAND_TIMEOUT,
      commandTimeout: COMMAND_TIMEOUT,
      // Whether a command that got no answer may be sent again is for `run` to know.
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(times * PAUSE, LONGEST_RECONNECT),
    })
    const connection = new RedisConnection(redis)
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
        return await this.#once(script, args)
      } catch (error) {
        if (this.#closed || !isPassing(error)) throw error
        if (performance.now() > end) throw unavailable(error)
      }
      await delay(PAUSE)
    }
  }

  close(): void {
    this.#closed = true
    this.#redis.disconnect()
  }

  /** By its hash; whole where the server does not know it (any more). */
  async #once(script: string, args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const digest = this.#hashes.get(script) ?? hash('sha1', script)
    this.#hashes.set(script, digest)
    try {
      return await this.#redis.callBuffer('EVALSHA', digest, 0, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.#redis.callBuffer('EVAL', script, 0, ...args)
    }
  }
}

/** The server, or the way to it, and not what was asked of it. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name !== 'ReplyError' || NOT_NOW.test(error.message)
}

function unavailable(cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', 'Sessions cannot be reached at the moment.', { retryAfter: 1, cause })
}
