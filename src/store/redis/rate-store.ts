import { hash } from 'node:crypto'
import type { RateLimitSettings, RateVerdict } from '../../admission/rate-counter.ts'
import type { RateStore } from '../../admission/rate-store.ts'
import type { RedisConnection } from './connection.ts'

/**
 * The same two numbers a name as in memory, by the server's own clock, in one step: `rate:<hash>` holds which window it is
 * (`w`), its count (`c`) and that of the one before (`p`), and ends by itself when neither counts any more. Gives whether it
 * is allowed, what was counted before, and milliseconds until there is room and until nothing counts, rounded up.
 */
const TAKE = `
local max, window, key = tonumber(ARGV[1]), tonumber(ARGV[2]), 'rate:' .. ARGV[3]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at = math.floor(now / window)
local left = window - (now % window)
local held = redis.call('HMGET', key, 'w', 'c', 'p')
local current, previous = 0, 0
if held[1] then
  local age = at - tonumber(held[1])
  -- A clock that was set back is taken as one that stands.
  if age <= 0 then current, previous = tonumber(held[2]), tonumber(held[3])
  elseif age == 1 then previous = tonumber(held[2]) end
end
local used = current + previous * left / window
if used < max then
  redis.call('HSET', key, 'w', at, 'c', current + 1, 'p', previous)
  redis.call('PEXPIRE', key, left + window)
  return {1, math.floor(used), 0, left + window}
end
local wait
if current >= max then wait = left + window * math.max(0, 1 - max / current)
else wait = left - window * (max - current) / previous end
return {0, math.floor(used), math.ceil(wait), left + (current > 0 and window or 0)}
`

export interface RedisRateStoreOptions {
  readonly connection: RedisConnection
  /** It cannot be asked, or not in time; for some time it is not. */
  readonly failed: (cause: unknown) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Milliseconds after a failure for which nobody waits for it. */
const PAUSE = 1000

/** Counts in Redis or Valkey. Names are hashed: a list of its keys tells no address. */
export class RedisRateStore implements RateStore {
  readonly #options: RedisRateStoreOptions
  #awayUntil = -Infinity

  constructor(options: RedisRateStoreOptions) {
    this.#options = options
  }

  get away(): boolean {
    return this.#options.now() < this.#awayUntil
  }

  async take({ max, timeWindow }: RateLimitSettings, name: string): Promise<RateVerdict> {
    const key = hash('sha256', `${max}/${timeWindow} ${name}`, 'base64url')
    try {
      return verdictOf(await this.#options.connection.once(TAKE, [max, timeWindow, key]), max)
    } catch (error) {
      if (!this.away) this.#options.failed(error)
      this.#awayUntil = this.#options.now() + PAUSE
      throw error
    }
  }
}

function verdictOf(reply: unknown, limit: number): RateVerdict {
  const [allowed, used, retryAfter, reset] = Array.isArray(reply) ? reply.map(Number) : []
  if (allowed === undefined || used === undefined || retryAfter === undefined || reset === undefined) {
    throw new Error('Redis has said nothing about a count.')
  }
  return { allowed: allowed === 1, limit, remaining: Math.max(0, limit - used - allowed), retryAfter, reset }
}
