import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adminOf } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { NO_REDIS, RedisServer } from '../support/redis-server.ts'
import { SlowWay } from '../support/slow-way.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'

const { chat } = SPEAKERS

describe.skipIf(NO_REDIS !== null)('a Redis in which everything is kept, and', () => {
  let server: RedisServer
  let way: SlowWay
  let gateway: TestGateway
  let key: string

  beforeEach(async () => {
    server = await RedisServer.start()
    way = await SlowWay.to(Number(new URL(server.url).port))
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    gateway = await install({
      providers: [provider('far', chat, upstream.url)],
      redis: { url: `redis://127.0.0.1:${way.port}` },
      server: { port: 0, rateLimit: { max: 1_000_000, timeWindow: '1 hour' }, counters: { store: 'redis' } },
      auth: { store: 'redis' },
      sessions: { store: 'redis' },
      reasoning: { store: 'redis' },
    })
    key = (await adminOf(gateway).create('laptop')).key
    expect((await talk('one')).status).toBe(200)
  })
  afterEach(async () => {
    await gateway.close()
    await way.close()
    await server.close()
  })

  const asks = (content: string, more: Json = {}): Promise<Answer> =>
    generate(
      gateway,
      chat,
      chat.model,
      { ...more, messages: [{ role: 'user', content }] },
      { authorization: `Bearer ${key}` },
    )
  const talk = (content: string): Promise<Answer> => asks(content, { session_id: 'talk' })

  async function wordsOf(): Promise<readonly unknown[]> {
    const headers = { authorization: `Bearer ${key}` }
    const { messages } = (await ask(`${gateway.url}/v1/sessions/talk`, { headers })).json() as { messages: Json[] }
    return messages.map(({ content }) => content)
  }

  /** Requests by themselves are served while one in a session waits, which is served when the fault is over. */
  async function expectPatience(end: () => Promise<unknown>): Promise<void> {
    let isOver = false
    const waiting = talk('two').finally(() => (isOver = true))
    for (let count = 0; count < 3; count++) expect((await asks('by itself')).status).toBe(200)
    expect(isOver).toBe(false)
    await end()
    expect((await waiting).status).toBe(200)
    expect(await wordsOf()).toEqual(['one', 'Yes.', 'two', 'Yes.'])
  }

  it('that takes half a second for each answer, keeps every session and lets all be served', async () => {
    way.milliseconds = 500
    const [inSession, ...others] = await Promise.all([talk('two'), asks('a'), asks('b')])
    expect(inSession.status).toBe(200)
    expect(others.map(({ status }) => status)).toEqual([200, 200])
    expect(await wordsOf()).toEqual(['one', 'Yes.', 'two', 'Yes.'])
  })

  it('that never answers, is waited for by nobody who can do without', async () => {
    way.milliseconds = 1_000_000
    const order: string[] = []
    const refused = talk('two').finally(() => order.push('in a session'))
    const served = asks('by itself').finally(() => order.push('by itself'))
    expect((await served).status).toBe(200)
    expect((await refused).status).toBe(503)
    expect((await refused).headers).toMatchObject({ 'x-ucr-error': 'store_unavailable', 'retry-after': '1' })
    expect(order).toEqual(['by itself', 'in a session'])
  })

  it('that reads what it had written, is waited for', async () => {
    // While it reads, it answers after each 1024 commands.
    await server.ask((client) => {
      const commands = client.pipeline()
      for (let index = 0; index < 3000; index++) commands.set(`filler:${index}`, 'x')
      return commands.exec()
    })
    await server.kill()
    const started = server.start({ loadDelay: 700 })
    const client = new Redis(server.url, { enableReadyCheck: false }).on('error', () => {})
    await expect(client.ping()).rejects.toThrow('LOADING')
    client.disconnect()
    const [inSession, ...others] = await Promise.all([talk('two'), asks('a'), asks('b')])
    expect([inSession, ...others].map(({ status }) => status)).toEqual([200, 200, 200])
    await started
    expect(await wordsOf()).toEqual(['one', 'Yes.', 'two', 'Yes.'])
  })

  it('that has become another one’s replica, is waited for until it is its own again', async () => {
    await server.ask((client) => client.replicaof('127.0.0.1', 1))
    await expectPatience(() => server.ask((client) => client.replicaof('NO', 'ONE')))
  })

  it('that has forgotten all scripts, is told them again', async () => {
    await server.ask((client) => client.script('FLUSH'))
    expect((await talk('two')).status).toBe(200)
    expect(await wordsOf()).toEqual(['one', 'Yes.', 'two', 'Yes.'])
  })
})
