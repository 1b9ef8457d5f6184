import { describe, expect, it } from 'vitest'
import { adminOf } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS
const COLD: Json = { temperature: 0 }

interface Stats {
  readonly manager: Json
  readonly response: Json
  readonly metadata: Json
  readonly coalescing: Json
  readonly plans: Json
}

async function stats({ url }: TestGateway, headers: Readonly<Record<string, string>> = {}): Promise<Stats> {
  const answer = await ask(`${url}/cache/stats`, { headers })
  expect(answer.status).toBe(200)
  expect(answer.headers['cache-control']).toBe('no-store')
  return JSON.parse(answer.text) as Stats
}

/** Two vendors, an answer of each in the cache, and what their names there are. */
async function filled(): Promise<{
  readonly gateway: TestGateway
  readonly keys: readonly (string | undefined)[]
  readonly share: (which: 0 | 1) => Promise<string | undefined>
  readonly forget: (query: string) => Promise<Json>
}> {
  const one = await vendorOf(saying(messages, 'One.'))
  const two = await vendorOf(saying(chat, 'Two.'))
  const gateway = await install({
    providers: [provider('one', messages, one.url), provider('two', chat, two.url)],
    models: { first: `one/${messages.model}`, second: `two/${chat.model}` },
  })
  const asked = async (which: 0 | 1) => generate(gateway, messages, which === 0 ? 'first' : 'second', COLD)
  const answers = [await asked(0), await asked(1)]
  return {
    gateway,
    keys: answers.map(({ headers }) => headers['x-ucr-cache-key']),
    share: async (which) => (await asked(which)).headers['x-ucr-cache'],
    forget: async (query) => {
      const answer = await ask(`${gateway.url}/cache${query}`, { method: 'DELETE' })
      return { status: answer.status, ...answer.json() }
    },
  }
}

describe('DELETE /cache', () => {
  it('forgets everything', async () => {
    const { share, forget } = await filled()
    expect([await share(0), await share(1)]).toEqual(['hit', 'hit'])
    expect(await forget('')).toEqual({ status: 200, deleted: 2 })
    expect([await share(0), await share(1)]).toEqual(['miss', 'miss'])
  })

  it('forgets the answer of a name, and nothing else', async () => {
    const { keys, share, forget } = await filled()
    expect(await forget(`?key=${keys[0]}`)).toEqual({ status: 200, deleted: 1 })
    expect([await share(0), await share(1)]).toEqual(['miss', 'hit'])
    expect(await forget('?key=unknown')).toEqual({ status: 200, deleted: 0 })
  })

  it('forgets the answers of a model, by each of its names', async () => {
    const { share, forget } = await filled()
    for (const name of ['second', chat.model, `two/${chat.model}`]) {
      expect(await forget(`?model=${encodeURIComponent(name)}`)).toEqual({ status: 200, deleted: 1 })
      expect([await share(0), await share(1)]).toEqual(['hit', 'miss'])
    }
  })

  it('refuses what it does not know, instead of forgetting everything', async () => {
    const { share, forget } = await filled()
    for (const query of ['?modell=first', '?key=', '?key=a&model=b']) {
      expect(await forget(query)).toMatchObject({ status: 400 })
    }
    expect([await share(0), await share(1)]).toEqual(['hit', 'hit'])
  })

  it('forgets what is kept for the caller, and nothing of another key; the admin forgets it all', async () => {
    const keys = ['key-of-the-first-0123456789', 'key-of-the-second-0123456789'] as const
    const upstream = await vendorOf(saying(messages, 'Hello.'))
    const gateway = await install({
      providers: [provider('far', messages, upstream.url)],
      auth: { keys: keys.map((key, at) => ({ name: `${at}`, key })) },
    })
    const shares = (): Promise<readonly (string | undefined)[]> =>
      Promise.all(
        keys.map(async (key) => {
          const answer = await generate(gateway, messages, messages.model, COLD, { 'x-api-key': key })
          return answer.headers['x-ucr-cache']
        }),
      )
    const forget = async (path: string, key: string): Promise<Json> =>
      (await ask(gateway.url + path, { method: 'DELETE', headers: { 'x-api-key': key } })).json()
    await shares()
    const theirs = await generate(gateway, messages, messages.model, COLD, { 'x-api-key': keys[0] })
    expect(await forget(`/cache?key=${theirs.headers['x-ucr-cache-key']}`, keys[1])).toEqual({ deleted: 0 })
    expect(await forget(`/cache?model=${messages.model}`, keys[1])).toEqual({ deleted: 1 })
    expect(await shares()).toEqual(['hit', 'miss'])
    expect(await forget('/cache', keys[1])).toEqual({ deleted: 1 })
    expect(await shares()).toEqual(['hit', 'miss'])
    expect(await forget('/admin/cache', adminOf(gateway).token)).toEqual({ deleted: 2 })
    expect(await shares()).toEqual(['miss', 'miss'])
  })

  it('is for those who have a key', async () => {
    const key = 'key-of-somebody-0123456789'
    const gateway = await install({ auth: { keys: [{ name: 'somebody', key }] } })
    for (const [method, path] of [
      ['GET', '/cache/stats'],
      ['DELETE', '/cache'],
    ] as const) {
      expect((await ask(`${gateway.url}${path}`, { method })).status).toBe(401)
      expect((await ask(`${gateway.url}${path}`, { method, headers: { 'x-api-key': key } })).status).toBe(200)
    }
  })
})

describe('GET /cache/stats', () => {
  it('has the figures of all caches', async () => {
    const { gateway, share } = await filled()
    await share(0)
    expect(await stats(gateway)).toEqual({
      manager: {
        hits: 1,
        misses: expect.any(Number),
        hitRate: expect.any(Number),
        l1Size: 2,
        l2Size: 2,
        evictions: 0,
        bytes: expect.any(Number),
      },
      response: {
        size: 2,
        calculatedSize: expect.any(Number),
        maxSize: 50 * 1024 * 1024,
        hits: 1,
        misses: 2,
        hitRate: 1 / 3,
        evictions: 0,
      },
      metadata: { tokenCountCacheSize: 0 },
      coalescing: { inFlight: 0, leaders: 2, followers: 0 },
      plans: { fastPath: expect.any(Number), total: 2 },
    })
  })

  it('counts how many answers came without translation', async () => {
    const upstream = await vendorOf(saying(chat, 'Hello.'))
    const gateway = await install({ providers: [provider('far', chat, upstream.url)] })
    for (let time = 0; time < 3; time++) await generate(gateway, chat, `far/${chat.model}`)
    await generate(gateway, messages, `far/${chat.model}`)
    expect((await stats(gateway)).plans).toEqual({ fastPath: 3, total: 4 })
  })
})

describe('token counts', () => {
  const count = async ({ url }: TestGateway, more: Json = {}, headers: Readonly<Record<string, string>> = {}) => {
    const { max_tokens: _limit, ...body } = messages.request(`far/${messages.model}`, more)
    return ask(`${url}/v1/messages/count_tokens`, { headers: { ...messages.headers, ...headers }, body })
  }

  async function counting(config: ConfigFile = {}): Promise<{ gateway: TestGateway; upstream: Upstream }> {
    let counts = 0
    const upstream = await vendorOf((_asked, reply) => reply.answer(200, JSON.stringify({ input_tokens: ++counts })))
    return { upstream, gateway: await install({ providers: [provider('far', messages, upstream.url)], ...config }) }
  }

  it('are asked for once', async () => {
    const { gateway, upstream } = await counting()
    for (let time = 0; time < 3; time++) expect((await count(gateway)).json()).toEqual({ input_tokens: 1 })
    expect((await count(gateway, { system: 'Be brief.' })).json()).toEqual({ input_tokens: 2 })
    expect(upstream.requests).toHaveLength(2)
    expect((await stats(gateway)).metadata).toEqual({ tokenCountCacheSize: 2 })
  })

  it('are counted again for another tenant', async () => {
    const keys = ['key-of-the-first-0123456789', 'key-of-the-second-0123456789']
    const { gateway, upstream } = await counting({ auth: { keys: keys.map((key, at) => ({ name: `${at}`, key })) } })
    for (const key of keys) await count(gateway, {}, { 'x-api-key': key })
    expect(upstream.requests).toHaveLength(2)
  })

  it('that stand in for a vendor that did not answer are not kept', async () => {
    let asked = 0
    const upstream = await vendorOf((_asked, reply) =>
      ++asked === 1
        ? reply.answer(500, JSON.stringify(messages.error('Broken.')))
        : reply.answer(200, JSON.stringify({ input_tokens: 4711 })),
    )
    const gateway = await install({ providers: [provider('far', messages, upstream.url)] })
    expect((await count(gateway)).json()).not.toEqual({ input_tokens: 4711 })
    expect((await count(gateway)).json()).toEqual({ input_tokens: 4711 })
  })

  it('are not kept where the config leaves no room for them', async () => {
    const { gateway, upstream } = await counting({ cache: { l1: { max: 0 }, l2: { max: 0 } } })
    for (let time = 0; time < 2; time++) await count(gateway)
    expect(upstream.requests).toHaveLength(2)
  })
})

describe('lists of models', () => {
  it('follow the config, and the key', async () => {
    const keys = ['key-of-the-first-0123456789', 'key-of-the-second-0123456789'] as const
    const providers = [provider('far', messages, 'http://127.0.0.1:9')]
    const auth = (allowed: string): NonNullable<ConfigFile['auth']> => ({
      keys: [
        { name: 'all', key: keys[0] },
        { name: 'few', key: keys[1], models: [allowed] },
      ],
    })
    const models = { a: `far/${messages.model}`, b: `far/${messages.model}` }
    const gateway = await install({ providers, models, auth: auth('a') })
    const listed = async (key: string): Promise<string[]> => {
      const answer = await ask(`${gateway.url}/v1/models`, { headers: { 'x-api-key': key } })
      return (answer.json()['data'] as { id: string }[]).map(({ id }) => id)
    }
    for (let time = 0; time < 2; time++) {
      expect(await listed(keys[0])).toEqual(['a', 'b'])
      expect(await listed(keys[1])).toEqual(['a'])
    }
    expect((await stats(gateway, { 'x-api-key': keys[0] })).manager).toMatchObject({ hits: 2, misses: 2 })
    await gateway.rewrite({ providers, models, auth: auth('b') })
    expect(await listed(keys[1])).toEqual(['b'])
    await gateway.rewrite({ providers, models: { c: `far/${messages.model}` }, auth: auth('*') })
    expect(await listed(keys[0])).toEqual(['c'])
  })
})
