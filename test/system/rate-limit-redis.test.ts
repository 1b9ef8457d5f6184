import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisConnection } from '../../src/store/redis/connection.ts'
import { RedisRateStore } from '../../src/store/redis/rate-store.ts'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { NO_REDIS, RedisServer } from '../support/redis-server.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat, messages } = SPEAKERS

const MODEL = `far/${chat.model}`
const HOUR = '1 hour'
const KEYS = [{ name: 'one', key: 'client-key-one-0123456789' }]
const RIGHT = { authorization: `Bearer ${KEYS[0]!.key}` }
/** Longer than any pause of a busy machine. */
const PATIENT = '30s'

describe.skipIf(NO_REDIS !== null)('rate limits in Redis', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await RedisServer.start({ durable: false })
  })
  afterAll(() => server.close())

  beforeEach(() => server.ask((client) => client.flushall()))

  type Counters = NonNullable<NonNullable<ConfigFile['server']>['counters']>

  function configOf(url: string, max: number, counters: Counters = {}, more: ConfigFile = {}): ConfigFile {
    return {
      providers: [provider('far', chat, url)],
      redis: { url: server.url },
      server: {
        port: 0,
        rateLimit: { max, timeWindow: HOUR },
        counters: { store: 'redis', timeout: PATIENT, ...counters },
      },
      ...more,
    }
  }

  async function installed(max: number, counters: Counters = {}, more: ConfigFile = {}): Promise<TestGateway> {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    return install(configOf(upstream.url, max, counters, more))
  }

  const statusesOf = async (asking: readonly Promise<Answer>[]): Promise<readonly number[]> =>
    (await Promise.all(asking)).map(({ status }) => status)

  describe('of two gateways as processes', () => {
    let machines: readonly UserMachine[]

    beforeEach(async () => {
      machines = [await UserMachine.create(), await UserMachine.create()]
    })
    afterEach(() => Promise.all(machines.map((machine) => machine.close())))

    it('let in exactly as many as they say, of many at once', async () => {
      const upstream = await vendorOf(saying(chat, 'Hello'))
      const urls = await Promise.all(
        machines.map(async (machine) => {
          await machine.writeConfig(configOf(upstream.url, 25))
          const running = machine.start(['start'])
          return (await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/))[1] ?? ''
        }),
      )
      const questions = Array.from({ length: 60 }, (_, index) =>
        ask(`${urls[index % 2]}${chat.path}`, { body: chat.request(MODEL) }),
      )
      const seen = await statusesOf(questions)
      expect(seen.filter((status) => status === 200)).toHaveLength(25)
      expect(seen.filter((status) => status === 429)).toHaveLength(35)
      expect(upstream.requests).toHaveLength(25)
    })
  })

  it('are for each key, by its own limit, in all gateways', async () => {
    const auth = { keys: [{ ...KEYS[0]!, rateLimit: { max: 5, timeWindow: HOUR } }] }
    const gateways = [await installed(100, {}, { auth }), await installed(100, {}, { auth })]
    const seen = await statusesOf(
      Array.from({ length: 12 }, (_, index) => generate(gateways[index % 2]!, chat, MODEL, {}, RIGHT)),
    )
    expect(seen.filter((status) => status === 200)).toHaveLength(5)
  })

  it('hold for wrong keys in all gateways', async () => {
    const auth = { keys: KEYS, failureLimit: { max: 4, timeWindow: HOUR } }
    const gateways = [await installed(100, {}, { auth }), await installed(100, {}, { auth })]
    const seen = await statusesOf(
      Array.from({ length: 10 }, (_, index) =>
        generate(gateways[index % 2]!, chat, MODEL, {}, { 'x-api-key': 'guess' }),
      ),
    )
    expect(seen.filter((status) => status === 401)).toHaveLength(4)
    expect(seen.filter((status) => status === 429)).toHaveLength(6)
    expect((await generate(gateways[0]!, chat, MODEL, {}, RIGHT)).status).toBe(200)
  })

  it('are told to clients as ever', async () => {
    const gateway = await installed(1)
    await generate(gateway, messages, MODEL)
    const refused = await generate(gateway, messages, MODEL)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(3600)
    expect(refused.headers).toMatchObject({
      'anthropic-ratelimit-requests-limit': '1',
      'anthropic-ratelimit-requests-remaining': '0',
    })
  })

  it('ask for whoever is over them once, and tell no address to who lists the keys', async () => {
    const gateway = await installed(2)
    const calls = async (): Promise<number> =>
      server.ask(async (client) => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]))
    for (let count = 0; count < 3; count++) await generate(gateway, chat, MODEL)
    const before = await calls()
    for (let count = 0; count < 10; count++) expect((await generate(gateway, chat, MODEL)).status).toBe(429)
    expect(await calls()).toBe(before)
    const keys = await server.ask((client) => client.keys('*'))
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatch(/^rate:[\w-]{43}$/)
    // It ends with the window after the one that it counts in.
    expect(await server.ask((client) => client.pttl(keys[0] ?? ''))).toBeLessThanOrEqual(2 * 3_600_000)
  })

  it.each([
    ['local', [200, 429]],
    ['allow', [200, 200]],
    ['refuse', [503, 503]],
  ] as const)('go on with %s while the server is away, and come back with it', async (onStoreFailure, expected) => {
    const gateway = await installed(3, { onStoreFailure })
    for (let count = 0; count < 2; count++) expect((await generate(gateway, chat, MODEL)).status).toBe(200)
    await server.kill()
    await gateway.logged(({ msg }) => msg === 'the store of rate limits is away')
    const seen = [(await generate(gateway, chat, MODEL)).status, (await generate(gateway, chat, MODEL)).status]
    expect(seen).toEqual(expected)
    const { admission } = (await ask(`${gateway.url}/debug/metrics`)).json() as { admission: Record<string, number> }
    expect(admission).toMatchObject({ uncounted: 2 })
    await server.start()
    await gateway.logged(({ msg }) => msg === 'the store of rate limits is there again')
    // It has forgotten everything, and is asked again within a second.
    const counted = async (): Promise<number> => {
      await generate(gateway, chat, MODEL)
      return server.ask((client) => client.dbsize())
    }
    while ((await counted()) === 0) await new Promise((resolve) => setImmediate(resolve))
  })

  it('count the window before for as much of it as still counts', async () => {
    const connection = await RedisConnection.open({ url: server.url, what: '', lost: () => {}, back: () => {} })
    await connection.ready(60_000)
    const store = new RedisRateStore({ connection, failed: () => {}, now: () => performance.now() })
    const limit = { max: 10, timeWindow: 3_600_000 }
    await store.take(limit, 'a')
    const left = await server.ask(async (client) => {
      const [key = ''] = await client.keys('rate:*')
      const [seconds] = await client.time()
      const now = Number(seconds) * 1000
      await client.hset(key, 'w', Math.floor(now / limit.timeWindow) - 1, 'c', 8, 'p', 99)
      return limit.timeWindow - (now % limit.timeWindow)
    })
    let allowed = 0
    let verdict = await store.take(limit, 'a')
    for (; verdict.allowed; verdict = await store.take(limit, 'a')) allowed++
    connection.close()
    expect(allowed).toBe(Math.ceil(limit.max - (8 * left) / limit.timeWindow))
    expect(verdict).toMatchObject({ limit: 10, remaining: 0 })
    expect(verdict.retryAfter).toBeGreaterThan(0)
    expect(verdict.retryAfter).toBeLessThanOrEqual(verdict.reset)
  })
})
