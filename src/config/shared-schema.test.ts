import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'

const URL = 'redis://redis.example:6380'

describe('what several processes share, in the config', () => {
  it('is kept by this machine where nothing is said of it', async () => {
    const { config, problems } = await loadText({})
    expect(problems).toEqual([])
    expect(config.server).toMatchObject({
      secret: null,
      counters: { store: 'memory', onStoreFailure: 'local', timeout: 500 },
    })
    expect(config.auth).toMatchObject({
      required: false,
      store: 'sqlite',
      storeGrace: 600_000,
      failureLimit: { max: 20, timeWindow: 60_000 },
    })
    expect(config.reasoning).toEqual({ store: 'sqlite', ttl: 3_600_000, max: 10_000, maxBytes: 64 * 1024 * 1024 })
    expect(config.redis).toEqual({ url: 'redis://127.0.0.1:6379' })
  })

  it('has one place for Redis, and sessions may have another', async () => {
    const { config } = await loadText({ redis: { url: URL } })
    expect([config.redis.url, config.sessions.redis.url]).toEqual([URL, URL])
    const both = await loadText({ redis: { url: URL }, sessions: { redis: { url: 'redis://other.example' } } })
    expect([both.config.redis.url, both.config.sessions.redis.url]).toEqual([URL, 'redis://other.example'])
    const { config: set } = await loadText({}, { environment: { UCR_REDIS_URL: URL, UCR_SECRET: 's'.repeat(32) } })
    expect(set).toMatchObject({
      redis: { url: URL },
      sessions: { redis: { url: URL } },
      server: { secret: 's'.repeat(32) },
    })
  })

  it('opens nothing to everybody where the keys are in Redis', async () => {
    expect((await loadText({ auth: { store: 'redis' } })).config.auth.required).toBe(true)
  })

  it('is warned of where machines could not read what others keep', async () => {
    const reasoning = { store: 'redis' }
    expect(await problemsOf({ reasoning })).toMatchObject([{ severity: 'warning', field: 'reasoning.store' }])
    expect(await problemsOf({ reasoning, server: { secret: 's'.repeat(32) } })).toEqual([])
  })

  it.each([
    ['a short secret', { server: { secret: 'short' } }, 'server.secret'],
    ['no time for Redis', { server: { counters: { timeout: 0 } } }, 'server.counters.timeout'],
    ['reasoning without a lifetime', { reasoning: { ttl: 0 } }, 'reasoning.ttl'],
    ['wrong keys without a window', { auth: { failureLimit: { timeWindow: 0 } } }, 'auth.failureLimit.timeWindow'],
    ['another kind of database', { redis: { url: 'https://redis.example' } }, 'redis.url'],
  ])('refuses %s', async (_, config, field) => {
    expect(await problemsOf(config)).toMatchObject([{ severity: 'error', field }])
  })
})
