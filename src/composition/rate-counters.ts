import { SlidingCounter } from '../admission/rate-counter.ts'
import type { RateCounter, RateLimitSettings } from '../admission/rate-counter.ts'
import type { RateStore } from '../admission/rate-store.ts'
import { RemoteCounter } from '../admission/remote-counter.ts'
import type { Config } from '../config/config.ts'
import type { Log } from '../observe/log.ts'
import { RedisConnection } from '../store/redis/connection.ts'
import { RedisRateStore } from '../store/redis/rate-store.ts'
import type { WorkerBus } from '../workers/bus.ts'
import { SharedCounter } from './share-rates.ts'

/** Milliseconds that a start waits for Redis. */
const PATIENCE = 1000

/** Makes the counters that the config asks for. */
export class RateCounters {
  readonly #settings: Config['server']['counters']
  readonly #connection: RedisConnection | null
  readonly #store: RateStore | null
  #alone = 0

  private constructor(settings: Config['server']['counters'], connection: RedisConnection | null, log: Log) {
    this.#settings = settings
    this.#connection = connection
    this.#store =
      connection === null
        ? null
        : new RedisRateStore({ connection, now, failed: (cause) => log.warn(null, NOT_ASKED, { why: textOf(cause) }) })
  }

  static async open(
    { server: { counters }, redis }: Pick<Config, 'server' | 'redis'>,
    log: Log,
  ): Promise<RateCounters> {
    if (counters.store === 'memory') return new RateCounters(counters, null, log)
    const connection = await RedisConnection.open({
      url: redis.url,
      what: 'Counts of requests',
      timeout: counters.timeout,
      lost: (why) =>
        log.warn(null, 'the store of rate limits is away', { why, onStoreFailure: counters.onStoreFailure }),
      back: () => log.info('the store of rate limits is there again'),
    })
    await connection.ready(PATIENCE)
    return new RateCounters(counters, connection, log)
  }

  /** Requests that were judged without the store that should have. */
  get alone(): number {
    return this.#alone
  }

  /** `prefix` goes before the names that other workers are told. */
  make(limit: RateLimitSettings, bus: WorkerBus, prefix = ''): RateCounter {
    const own = new SharedCounter(new SlidingCounter(limit.max, limit.timeWindow, now), bus, prefix)
    if (this.#store === null) return own
    const alone = (): void => void this.#alone++
    return new RemoteCounter({ store: this.#store, limit, own, onFailure: this.#settings.onStoreFailure, alone, now })
  }

  close(): void {
    this.#connection?.close()
  }
}

const NOT_ASKED = 'the store of rate limits cannot be asked for a moment'

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function now(): number {
  return performance.now()
}
