import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/sessions/session-store.ts'
import { describeSessionStore } from '../../src/store/session-store.contract.ts'
import { RedisConnection } from '../../src/store/redis/connection.ts'
import { RedisSessionStore } from '../../src/store/redis/session-store.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { NO_REDIS, RedisServer } from '../support/redis-server.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'

const { chat } = SPEAKERS
const HOUR = 3_600_000

describe.skipIf(NO_REDIS !== null)('sessions in Redis', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server.close())

  beforeEach(() => server.ask((client) => client.flushall()))

  async function open(): Promise<SessionStore> {
    return new RedisSessionStore(
      await RedisConnection.open({ url: server.url, what: 'Sessions', lost: () => {}, back: () => {} }),
    )
  }

  /** Kills and restarts the server so often, each time after so many more successes. */
  function restarting(times: number, every: number, successes: () => number) {
    const mishap = { over: false, ended: Promise.resolve() }
    mishap.ended = (async () => {
      for (let count = 1; count <= times; count++) {
        while (successes() < count * every) await new Promise((resolve) => setImmediate(resolve))
        await server.kill()
        await server.start()
      }
      mishap.over = true
    })()
    return mishap
  }

  describeSessionStore('RedisSessionStore', async () => {
    const store = await open()
    return { store, close: () => store.close() }
  })

  it('are under names with their tenant in them, and end there by themselves', async () => {
    const store = await open()
    const session = {
      details: '{}',
      opening: Buffer.alloc(0),
      turns: [{ messages: 1, bytes: 1, content: Buffer.from('a') }],
    }
    await store.create({ tenant: 'key_a', id: 'a:b' }, session, { now: Date.now(), ttl: HOUR }, 10)
    const ends = await server.ask(async (client) => [
      await client.pttl('session:key_a:a%3Ab'),
      await client.pttl('session:key_a:a%3Ab:turns'),
    ])
    for (const left of ends) expect(left).toSatisfy((value: number) => value > HOUR - 60_000 && value <= HOUR)
    await store.close()
  })

  it('have each change once, however often the server dies in between', async () => {
    const store = await open()
    const key = { tenant: 'key_a', id: 'talk' }
    const use = () => ({ now: Date.now(), ttl: HOUR })
    await store.create(key, { details: '{}', opening: Buffer.alloc(0), turns: [] }, use(), 10)
    const written: string[] = []
    const mishap = restarting(4, 20, () => written.length)
    for (let version = 1; !mishap.over; version++) {
      const content = Buffer.from(`turn ${version}`)
      const result = await store.change(key, { version, turn: { messages: 1, bytes: 1, content } }, use())
      expect(result).toBe('changed')
      written.push(content.toString())
    }
    await mishap.ended
    const other = await open()
    for (const each of [store, other]) {
      const read = await each.read(key, use())
      expect(read?.turns.map(({ content }) => content.toString())).toEqual(written)
      expect(read?.record).toMatchObject({ version: written.length + 1, messages: written.length })
    }
    await store.close()
    await other.close()
  })

  it('sends a history once, as long as nobody changes it', async () => {
    const [one, other] = [await open(), await open()]
    const key = { tenant: 'key_a', id: 'talk' }
    const use = () => ({ now: Date.now(), ttl: HOUR })
    const turn = (content: string) => ({ messages: 1, bytes: 1, content: Buffer.from(content.repeat(100_000)) })
    await one.create(key, { details: '{}', opening: Buffer.from('o'), turns: [turn('a')] }, use(), 10)
    const sent = async (step: () => Promise<unknown>): Promise<number> => {
      const bytes = async () =>
        Number(/total_net_output_bytes:(\d+)/.exec(await server.ask((client) => client.info('stats')))?.[1])
      const before = await bytes()
      await step()
      return (await bytes()) - before
    }
    expect(await sent(() => one.read(key, use()))).toBeGreaterThan(100_000)
    expect(await sent(() => one.read(key, use()))).toBeLessThan(50_000)
    await one.change(key, { version: 1, turn: turn('b'), opening: Buffer.from('p') }, use())
    expect(await sent(() => one.read(key, use()))).toBeLessThan(50_000)
    await other.change(key, { version: 2, turn: turn('c'), drop: 1 }, use())
    expect(await sent(() => one.read(key, use()))).toBeGreaterThan(200_000)
    // And a new session of the same name is another one.
    await other.delete(key, Date.now())
    await other.create(key, { details: '{}', opening: Buffer.from('q'), turns: [] }, use(), 10)
    expect(await one.read(key, use())).toMatchObject({ opening: Buffer.from('q'), turns: [] })
    await one.close()
    await other.close()
  })

  /** A gateway that keeps its sessions there. */
  async function gatewayWith(upstream: { readonly url: string }): Promise<TestGateway> {
    return install({
      providers: [provider('far', chat, upstream.url)],
      sessions: { store: 'redis', redis: { url: server.url } },
    })
  }

  const say = (gateway: TestGateway, content: string, more: Json = { session_id: 'talk' }): Promise<Answer> =>
    generate(gateway, chat, chat.model, { ...more, messages: [{ role: 'user', content }] })

  async function wordsOf({ url }: TestGateway): Promise<readonly unknown[]> {
    const { messages } = (await ask(`${url}/v1/sessions/talk`)).json() as { messages: Json[] }
    return messages.map(({ content }) => content)
  }

  it('go on in another gateway, and at once in both', async () => {
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    const gateways = [await gatewayWith(upstream), await gatewayWith(upstream)]
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => say(gateways[index % 2] ?? gateways[0]!, `word ${index}`)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const lengths = upstream.requests.map((asked) => (asked.json() as { messages: unknown[] }).messages.length)
    expect(lengths).toEqual(answers.map((_, index) => 2 * index + 1))
    for (const gateway of gateways) expect(await wordsOf(gateway)).toHaveLength(20)
  })

  it('survive a server that is killed and restarted in the middle of it all', async () => {
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    const gateway = await gatewayWith(upstream)
    const asked: string[] = []
    const mishap = restarting(3, 5, () => asked.length)
    while (!mishap.over) {
      const word = `word ${asked.length}`
      const answer = await say(gateway, word, { session_id: 'talk', stream: asked.length % 2 === 0 })
      expect(answer.status, answer.text).toBe(200)
      asked.push(word)
    }
    await mishap.ended
    expect(await wordsOf(gateway)).toEqual(asked.flatMap((word) => [word, 'Yes.']))
  })

  it('are refused while the server is away, and nothing else is', async () => {
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    const gateway = await gatewayWith(upstream)
    await say(gateway, 'one')
    await server.kill()
    await gateway.logged(({ msg }) => msg === 'the store of sessions is away')
    const [refused, listed, served] = await Promise.all([
      say(gateway, 'two'),
      ask(`${gateway.url}/v1/sessions`),
      say(gateway, 'three', {}),
    ])
    expect(refused.status).toBe(503)
    expect(refused.headers).toMatchObject({
      'x-ucr-error': 'store_unavailable',
      'retry-after': '1',
      'x-session-id': 'talk',
    })
    expect(listed.status).toBe(503)
    expect(served.status).toBe(200)
    expect((await ask(`${gateway.url}/health`)).status).toBe(200)
    await server.start()
    await gateway.logged(({ msg }) => msg === 'the store of sessions is there again')
    expect((await say(gateway, 'four')).status).toBe(200)
    expect(await wordsOf(gateway)).toEqual(['one', 'Yes.', 'four', 'Yes.'])
    expect(upstream.requests).toHaveLength(3)
  })
})
