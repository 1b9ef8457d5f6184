import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway.ts'
import { install, provider, recordOf, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { foundTown } from '../support/town.ts'
import type { UpstreamReply, UpstreamRequest } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const RESIDENTS = {
  work: { type: 'anthropic', models: ['claude-sonnet-5', 'claude-opus-5-5'] },
  router: { type: 'openrouter', models: ['deepseek/deepseek-v4:free', 'ümlaut/größe', 'a?b=c&d'] },
}

const IDS = [
  'claude-sonnet-5',
  'claude-opus-5-5',
  'deepseek/deepseek-v4:free',
  'ümlaut/größe',
  'a?b=c&d',
  'work/claude-sonnet-5',
  'work/claude-opus-5-5',
  'router/deepseek/deepseek-v4:free',
  'router/ümlaut/größe',
  'router/a?b=c&d',
]

const get = ({ url }: TestGateway, path: string, { headers }: Speaker): Promise<Answer> =>
  ask(`${url}${path}`, { headers })

const idsOf = (answer: Answer): unknown[] => (answer.json()['data'] as Json[]).map(({ id }) => id)

describe('GET /v1/models', () => {
  it('is in the shape of Messages clients', async () => {
    const { gateway } = await foundTown(RESIDENTS)
    const answer = await get(gateway, '/v1/models', messages)
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ has_more: false, first_id: IDS[0], last_id: IDS.at(-1) })
    expect(idsOf(answer)).toEqual(IDS)
    expect((answer.json()['data'] as Json[])[0]).toMatchObject({
      type: 'model',
      id: 'claude-sonnet-5',
      display_name: 'claude-sonnet-5',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    })
    expect(answer.headers['request-id']).toMatch(/^[0-9a-f]{32}$/)
    expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({
      operation: 'list-models',
      status: 'complete',
      httpStatus: 200,
    })
  })

  it('is in the shape of Chat clients', async () => {
    const { gateway } = await foundTown(RESIDENTS)
    const answer = await get(gateway, '/v1/models', chat)
    expect(answer.json()).toMatchObject({ object: 'list' })
    expect(idsOf(answer)).toEqual(IDS)
    expect((answer.json()['data'] as Json[])[0]).toMatchObject({
      id: 'claude-sonnet-5',
      object: 'model',
      created: expect.any(Number),
      owned_by: 'work',
    })
  })

  it.each([1, 2, 3, 7, 100])('comes in pages of %i, forwards and backwards', async (limit) => {
    const { gateway } = await foundTown(RESIDENTS)
    const forwards: unknown[] = []
    let after = ''
    for (let more = true; more;) {
      const page = await get(gateway, `/v1/models?limit=${limit}${after}`, messages)
      expect(idsOf(page).length).toBeLessThanOrEqual(limit)
      forwards.push(...idsOf(page))
      more = page.json()['has_more'] === true
      after = `&after_id=${encodeURIComponent(String(page.json()['last_id']))}`
    }
    expect(forwards).toEqual(IDS)
    const backwards: unknown[] = []
    let before = `&before_id=${encodeURIComponent(IDS.at(-1) ?? '')}`
    for (let more = true; more;) {
      const page = await get(gateway, `/v1/models?limit=${limit}${before}`, messages)
      backwards.unshift(...idsOf(page))
      more = page.json()['has_more'] === true
      before = `&before_id=${encodeURIComponent(String(page.json()['first_id']))}`
    }
    expect(backwards).toEqual(IDS.slice(0, -1))
  })

  it.each(['limit=0', 'limit=-1', 'limit=many', 'limit=1e9', 'limit=', 'after_id=unknown', 'limit=%00'])(
    'makes the best of ?%s',
    async (query) => {
      const { gateway } = await foundTown(RESIDENTS)
      const answer = await get(gateway, `/v1/models?${query}`, messages)
      expect(answer.status).toBe(200)
      expect(idsOf(answer)).toEqual(IDS)
    },
  )

  it('lists the names of a table, and no patterns', async () => {
    const { gateway } = await foundTown(RESIDENTS, {
      models: { fast: 'work', 'claude-*': 'work/*', 'a/b/c': 'router' },
    })
    for (const client of EVERY_SPEAKER)
      expect(idsOf(await get(gateway, '/v1/models', client))).toEqual(['fast', 'a/b/c'])
  })

  it('answers HEAD with the same head', async () => {
    const { gateway } = await foundTown(RESIDENTS)
    const whole = await get(gateway, '/v1/models', chat)
    const head = await ask(`${gateway.url}/v1/models`, { method: 'HEAD' })
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', whole.headers['content-length']])
  })
})

describe('GET /v1/models/{id}', () => {
  it.each(EVERY_SPEAKER)(
    'finds every listed model, however its name is written into the path ($type)',
    async (client) => {
      const { gateway } = await foundTown(RESIDENTS)
      for (const id of IDS) {
        const ways = [encodeURIComponent(id), id.split('/').map(encodeURIComponent).join('/')]
        for (const way of ways) {
          const answer = await get(gateway, `/v1/models/${way}`, client)
          expect(answer.status, way).toBe(200)
          expect(answer.json()['id']).toBe(id)
        }
      }
    },
  )

  it.each(EVERY_SPEAKER)('is 404 in the words of $type for what there is not', async (client) => {
    const { gateway } = await foundTown(RESIDENTS)
    for (const id of ['unknown', 'work/unknown', 'work', 'claude-sonnet-5/', 'a%2Fb', '..%2F..%2Fetc']) {
      const answer = await get(gateway, `/v1/models/${id}/x`, client)
      expect(answer.status, id).toBe(404)
      expect(answer.headers['x-ucr-error']).toBe('model_not_found')
      expect(client.errorOf(answer)['type']).toBe('not_found_error')
    }
    expect((await get(gateway, '/v1/models/%zz', client)).status).toBe(400)
    expect((await get(gateway, '/v1/models/a%00b', client)).status).toBe(400)
  })
})

describe('what vendors say they have', () => {
  const listing =
    (ids: readonly string[], more: Json = {}) =>
    (_asked: UpstreamRequest, reply: UpstreamReply): Promise<void> =>
      reply.answer(200, JSON.stringify({ object: 'list', data: ids.map((id) => ({ id })), ...more }))

  it('is asked for at the start, in the words of each', async () => {
    const first = await vendorOf(listing(['claude-sonnet-5']))
    const second = await vendorOf(listing(['gpt-5.5', 'gpt-5.5-mini']))
    const gateway = await install({
      providers: [provider('a', messages, first.url, { models: [] }), provider('b', chat, second.url, { models: [] })],
    })
    const ids = ['claude-sonnet-5', 'gpt-5.5', 'gpt-5.5-mini', 'a/claude-sonnet-5', 'b/gpt-5.5', 'b/gpt-5.5-mini']
    for (const client of EVERY_SPEAKER) expect(idsOf(await get(gateway, '/v1/models', client))).toEqual(ids)
    expect(first.requests[0]?.headers['anthropic-version']).toBe('2023-06-01')
    expect([first.requests.length, second.requests.length]).toEqual([1, 1])
  })

  it('is asked for whole, where a vendor gives out pages', async () => {
    const all = Array.from({ length: 45 }, (_, index) => `claude-${index}`)
    const upstream = await vendorOf((asked, reply) => {
      const limit = Number(new URLSearchParams(asked.path.split('?')[1]).get('limit') ?? 20)
      return listing(all.slice(0, limit), { has_more: limit < all.length })(asked, reply)
    })
    const gateway = await install({ providers: [provider('a', messages, upstream.url, { models: [] })] })
    const answer = await get(gateway, '/v1/models?limit=1000', messages)
    expect(idsOf(answer)).toEqual([...all, ...all.map((id) => `a/${id}`)])
  })

  it('may come late, or never', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const late = await vendorOf(async (asked, reply) => {
      await promise
      await listing(['gpt-5.5'])(asked, reply)
    })
    const broken = await vendorOf((_asked, reply) => reply.answer(500, '<html></html>'))
    const gateway = await install({
      providers: [
        provider('late', chat, late.url, { models: [] }),
        provider('broken', messages, broken.url, { models: [] }),
        provider('known', messages, 'http://127.0.0.1:9', { models: ['claude-sonnet-5'] }),
      ],
    })
    expect(idsOf(await get(gateway, '/v1/models', chat))).toEqual(['claude-sonnet-5', 'known/claude-sonnet-5'])
    await gateway.logged(({ msg }) => String(msg).startsWith('provider "broken" lists no models'))
    resolve()
    const complete = ['gpt-5.5', 'claude-sonnet-5', 'late/gpt-5.5', 'known/claude-sonnet-5']
    for (let ids: unknown[] = []; ids.length < complete.length;) {
      ids = idsOf(await get(gateway, '/v1/models', chat))
      if (ids.length === complete.length) expect(ids).toEqual(complete)
    }
  })
})

describe('POST /v1/messages/count_tokens', () => {
  const count = ({ url }: TestGateway, model: string, more: Json = {}): Promise<Answer> => {
    const { max_tokens: _, ...body } = messages.request(model, more)
    return ask(`${url}/v1/messages/count_tokens?beta=true`, { headers: messages.headers, body })
  }

  it("is the vendor's own count where it has one, of its own name for the model", async () => {
    const upstream = await vendorOf((_asked, reply) => reply.answer(200, '{"input_tokens":1234,"more":"ignored"}'))
    const gateway = await install({
      providers: [provider('work', messages, upstream.url)],
      models: { mine: 'work/claude-sonnet-5' },
    })
    const answer = await count(gateway, 'mine')
    expect(answer.json()).toEqual({ input_tokens: 1234 })
    expect(answer.headers).toMatchObject({ 'x-ucr-provider': 'work', 'x-ucr-model': 'claude-sonnet-5' })
    const [asked] = upstream.requests
    expect(asked?.path).toBe('/v1/messages/count_tokens')
    expect(asked?.headers['x-api-key']).toBe('key-of-work-0123456789')
    expect(asked?.json()).toEqual({ model: 'claude-sonnet-5', messages: [{ role: 'user', content: 'Hello' }] })
    expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({
      operation: 'count-tokens',
      status: 'complete',
      provider: 'work',
    })
  })

  it('is counted here where the vendor has no count', async () => {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    const gateway = await install({ providers: [provider('gpt', chat, upstream.url)] })
    const short = Number((await count(gateway, 'gpt-5.5')).json()['input_tokens'])
    const content = 'The quick brown fox jumps over the lazy dog. '.repeat(100)
    const long = Number(
      (await count(gateway, 'gpt-5.5', { messages: [{ role: 'user', content }] })).json()['input_tokens'],
    )
    expect(short).toBeGreaterThan(0)
    expect(short).toBeLessThan(20)
    expect(long).toBeGreaterThan(950)
    expect(long).toBeLessThan(1060)
    expect(upstream.connections).toBe(0)
  })

  it.each<readonly [string, (reply: UpstreamReply) => unknown]>([
    ['fails', (reply) => reply.answer(500, '{}')],
    ['is not allowed', (reply) => reply.answer(404, '{}')],
    ['is asked too often', (reply) => reply.answer(429, '{}')],
    ['says something else', (reply) => reply.answer(200, '<html></html>')],
    ['gives no number', (reply) => reply.answer(200, '{"tokens":"many"}')],
    ['hangs up', (reply) => reply.reset()],
  ])('is counted here, too, when the vendor %s', async (_name, give) => {
    const upstream = await vendorOf(async (_asked, reply) => {
      await give(reply)
    })
    const gateway = await install({ providers: [provider('work', messages, upstream.url)] })
    const answer = await count(gateway, 'claude-sonnet-5')
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json()['input_tokens']).toBeGreaterThan(0)
    expect(upstream.requests).toHaveLength(1)
  })

  it.each<readonly [string, string | Json]>([
    ['no JSON', '{"model": '],
    ['no model', { messages: [] }],
    ['no messages', { model: 'claude-sonnet-5' }],
  ])('is refused for a request with %s', async (_name, body) => {
    const upstream = await vendorOf(saying(messages, 'Hello'))
    const gateway = await install({ providers: [provider('work', messages, upstream.url)] })
    const answer = await ask(`${gateway.url}/v1/messages/count_tokens`, { body })
    expect(answer.status).toBe(400)
    expect(messages.errorOf(answer)['type']).toBe('invalid_request_error')
    expect(upstream.connections).toBe(0)
  })

  it('is 404 for a model that there is not', async () => {
    const upstream = await vendorOf(saying(messages, 'Hello'))
    const gateway = await install({
      providers: [provider('work', messages, upstream.url)],
      models: { mine: 'work/claude-sonnet-5' },
    })
    expect((await count(gateway, 'yours')).status).toBe(404)
  })
})

describe('HEAD /api/hello', () => {
  it('needs no key, asks nobody and has no body', async () => {
    const upstream = await vendorOf(saying(messages, 'Hello'))
    const gateway = await install({
      providers: [provider('work', messages, upstream.url)],
      auth: { keys: [{ name: 'me', key: 'client-key-0123456789' }] },
    })
    const answer = await ask(`${gateway.url}/api/hello`, { method: 'HEAD' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(answer.headers['request-id']).toMatch(/^[0-9a-f]{32}$/)
    expect((await ask(`${gateway.url}/api/hello`, { method: 'GET' })).status).toBe(405)
    expect((await ask(`${gateway.url}/api/hello`, { method: 'HEAD', headers: { host: 'evil.example' } })).status).toBe(
      421,
    )
    expect(upstream.connections).toBe(0)
  })
})
