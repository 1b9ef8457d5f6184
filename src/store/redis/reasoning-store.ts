import type { KeptReasoning, ReasoningBounds, ReasoningStore, ReasoningUse } from '../../reasoning/reasoning-store.ts'
import type { RedisConnection } from './connection.ts'

/**
 * `reasoning:<name>` holds a content and ends by itself. `reasoning` is the sorted set of names by their end,
 * `reasoning:sizes` the hash of their bytes, with all together under `total`.
 */
const LIBRARY = `
local function drop(name)
  redis.call('DEL', 'reasoning:' .. name)
  redis.call('ZREM', 'reasoning', name)
  local bytes = redis.call('HGET', 'reasoning:sizes', name)
  if bytes then
    redis.call('HDEL', 'reasoning:sizes', name)
    redis.call('HINCRBY', 'reasoning:sizes', 'total', -tonumber(bytes))
  end
end
`

/** name, content, now, end, the most, the most bytes. */
const PUT = `${LIBRARY}
local name, content, now, expires, max, maxBytes = unpack(ARGV)
drop(name)
redis.call('SET', 'reasoning:' .. name, content)
redis.call('PEXPIREAT', 'reasoning:' .. name, expires)
redis.call('ZADD', 'reasoning', expires, name)
redis.call('HSET', 'reasoning:sizes', name, #content)
redis.call('HINCRBY', 'reasoning:sizes', 'total', #content)
for _, over in ipairs(redis.call('ZRANGEBYSCORE', 'reasoning', '-inf', now, 'LIMIT', 0, 100)) do drop(over) end
while redis.call('ZCARD', 'reasoning') > tonumber(max)
  or tonumber(redis.call('HGET', 'reasoning:sizes', 'total')) > tonumber(maxBytes) do
  local oldest = redis.call('ZRANGE', 'reasoning', 0, 0)[1]
  if not oldest then return end
  drop(oldest)
end`

const DROP = `${LIBRARY}
drop(ARGV[1])`

/** The end from which on nothing is extended, the end of what is, names. Contents in their order. */
const FIND = `
local soon, expires = tonumber(ARGV[1]), ARGV[2]
local found = {}
for index = 3, #ARGV do
  local name = ARGV[index]
  local content = redis.call('GET', 'reasoning:' .. name)
  found[index - 2] = content
  if content then
    local ends = tonumber(redis.call('ZSCORE', 'reasoning', name) or 0)
    if ends < soon then
      redis.call('PEXPIREAT', 'reasoning:' .. name, expires)
      redis.call('ZADD', 'reasoning', 'XX', expires, name)
    end
  end
end
return found`

/** Keeps reasoning in Redis or Valkey, where all gateways that share the server and their secret find it. */
export class RedisReasoningStore implements ReasoningStore {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  prepare(): void {}

  async put({ name, content }: KeptReasoning, use: ReasoningUse, { max, maxBytes }: ReasoningBounds): Promise<void> {
    const { now, ttl } = use
    await this.#connection.run(PUT, [name, content, String(now), String(now + ttl), max, maxBytes])
  }

  async drop(name: string): Promise<void> {
    await this.#connection.run(DROP, [name])
  }

  /** Once: a request does not wait for a server that is away. */
  async find(names: readonly string[], { now, ttl }: ReasoningUse): Promise<ReadonlyMap<string, Buffer>> {
    const reply = await this.#connection.once(FIND, [String(now + ttl / 2), String(now + ttl), ...names])
    const contents: readonly unknown[] = Array.isArray(reply) ? reply : []
    const found = new Map<string, Buffer>()
    for (const [index, name] of names.entries()) {
      const content = contents[index]
      if (Buffer.isBuffer(content)) found.set(name, content)
    }
    return found
  }

  close(): void {
    this.#connection.close()
  }
}
