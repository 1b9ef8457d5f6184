import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisConnection } from '../../src/store/redis/connection.ts'
import { RedisKeyStore } from '../../src/store/redis/key-store.ts'
import { describeKeyStore } from '../../src/store/key-store.contract.ts'
import { adminOf } from '../support/admin.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { keyNamed } from '../support/keys.ts'
import { NO_REDIS, RedisServer } from '../support/redis-server.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

describe.skipIf(NO_REDIS !== null)('keys in Redis', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server.close())

  beforeEach(() => server.ask((client) => client.flushall()))

  async function open() {
    const connection = await RedisConnection.open({ url: server.url, what: 'Keys', lost: () => {}, back: () => {} })
    return { store: new RedisKeyStore(connection), close: async () => connection.close() }
  }

  describeKeyStore('RedisKeyStore', open)

  it('are hashes only, and each change is made once however often the server dies in between', async () => {
    const { store, close } = await open()
    const key = keyNamed('me', 'canary-0123456789')
    await store.add({ ...key, metadata: { count: '0' } })
    const state = { changes: 0, over: false }
    const changed = async (count: number): Promise<void> => {
      while (state.changes < count) await new Promise((resolve) => setImmediate(resolve))
    }
    const mishap = (async () => {
      for (let times = 1; times <= 3; times++) {
        await changed(10 * times)
        await server.kill()
        await server.start()
      }
      state.over = true
    })()
    while (!state.over) {
      await store.change(key.id, (present) => ({
        ...present,
        metadata: { count: String(Number(present.metadata['count']) + 1) },
      }))
      state.changes++
    }
    await mishap
    expect((await store.get(key.id))?.metadata).toEqual({ count: String(state.changes) })
    expect(JSON.stringify(await server.ask((client) => client.hgetall('keys')))).not.toContain('canary')
    await close()
  })

  it('of which one is broken are not read as if it allowed more', async () => {
    const { store, close } = await open()
    const key = keyNamed('me', 'my-own-key-1')
    await store.add({ ...key, models: ['fast'] })
    await server.ask(async (client) => {
      const { models: _, ...rest } = JSON.parse((await client.hget('keys', key.id)) ?? '{}') as Record<string, unknown>
      await client.hset('keys', key.id, JSON.stringify(rest))
    })
    await expect(store.list()).rejects.toThrow('cannot be read')
    await close()
  })

  it('that an emptied server has lost are lost, and what comes then is news', async () => {
    const { store, close } = await open()
    await store.add(keyNamed('one', 'my-own-key-1'))
    const { version } = await store.changes(null)
    await server.ask((client) => client.flushall())
    expect(await store.changes(version)).toMatchObject({ isAll: true, keys: [] })
    await store.add(keyNamed('two', 'my-own-key-2'))
    expect(await store.changes(version)).toMatchObject({ isAll: true, keys: [{ name: 'two' }] })
    await close()
  })

  function configOf(url: string, auth: ConfigFile['auth'] = {}): ConfigFile {
    return {
      providers: [provider('far', chat, url)],
      redis: { url: server.url },
      auth: { store: 'redis', failureLimit: { max: 1_000_000 }, ...auth },
    }
  }

  async function gateway(auth: ConfigFile['auth'] = {}): Promise<TestGateway> {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    return install(configOf(upstream.url, auth))
  }

  const askAs = async (one: TestGateway, key: string): Promise<number> =>
    (await generate(one, chat, chat.model, {}, { authorization: `Bearer ${key}` })).status

  async function until(status: number, one: TestGateway, key: string): Promise<void> {
    while ((await askAs(one, key)) !== status) await new Promise((resolve) => setImmediate(resolve))
  }

  it('are good in every gateway that shares the server, and revoked in every one', async () => {
    const [one, two] = [await gateway(), await gateway()]
    expect((await generate(one, chat, chat.model)).status).toBe(401)
    const { key, id } = await adminOf(one).create('laptop')
    expect(await askAs(one, key)).toBe(200)
    await until(200, two, key)
    await adminOf(two).call('DELETE', `/${id}`)
    await until(401, one, key)
  })

  it('go on while the server is away if they are known, for a time; others are told to ask again', async () => {
    const one = await gateway({ storeGrace: '1h' })
    const { key } = await adminOf(one).create('laptop')
    await server.kill()
    await one.logged(({ msg }) => msg === 'the keys that were made before cannot be read')
    expect(await askAs(one, key)).toBe(200)
    expect(await askAs(one, 'unknown-key-0')).toBe(503)
    expect((await generate(one, chat, chat.model)).status).toBe(401)
    expect((await adminOf(one).call('GET', '')).status).toBe(503)
    const late = await gateway()
    expect(await askAs(late, key)).toBe(503)
    await server.start()
    await until(200, late, key)
    await until(401, one, 'unknown-key-0')
  })

  it('are good no longer than they may when they cannot be checked', async () => {
    const one = await gateway({ storeGrace: '1ms', keys: [{ name: 'mine', key: 'config-key-0' }] })
    const { key } = await adminOf(one).create('laptop')
    expect(await askAs(one, key)).toBe(200)
    await server.kill()
    await until(503, one, key)
    expect(await askAs(one, 'config-key-0')).toBe(200)
    await server.start()
    await until(200, one, key)
  })

  it('are made by the command too, where no gateway runs', async () => {
    const machine = await UserMachine.create()
    const upstream = await vendorOf(saying(chat, 'Hello'))
    await machine.writeConfig(configOf(upstream.url))
    const { key } = (await machine.json(['keys', 'create', 'laptop'])) as { key: string }
    const one = await gateway()
    expect(await askAs(one, key)).toBe(200)
    await machine.close()
  })
})
