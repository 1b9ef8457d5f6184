import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import { completion } from './chat-vendor.ts'
import { said } from './claude-code.ts'
import { VENDOR_KEY, answering } from './harness.ts'
import type { Json } from './harness.ts'
import { install, provider, scripted } from './installation.ts'
import type { Installation } from './installation.ts'
import { answer } from './messages-vendor.ts'
import { NOT_INSTALLED, loadSdks } from './sdk.ts'

const ADA = 'key-of-ada-0123456789'
const BOB = 'key-of-bob-0123456789'

const HELLO = { model: 'claude-opus-5-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }

async function withKeys() {
  const upstream = await scripted(answering({ ...answer([said('Hi')]) }))
  const installation = await install({
    auth: {
      keys: [
        { name: 'ada', key: ADA },
        { name: 'bob', key: BOB },
      ],
    },
    providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
  })
  return { installation, upstream }
}

async function ownerOf({ gateway }: Installation, reply: Answer): Promise<unknown> {
  expect(reply.status, reply.text).toBe(200)
  const line = await gateway.logged(
    ({ msg, requestId }) => msg === 'request' && requestId === reply.headers['request-id'],
  )
  return line['keyName']
}

describe("a client's key", () => {
  it.each<[string, Record<string, string>, string]>([
    ['x-api-key', { 'x-api-key': ADA }, 'ada'],
    ['Bearer', { authorization: `Bearer ${ADA}` }, 'ada'],
    ['bearer in lower case', { authorization: `bearer ${ADA}` }, 'ada'],
    ['BEARER in upper case', { authorization: `BEARER ${ADA}` }, 'ada'],
    ['Bearer with more spaces', { authorization: `  Bearer   ${ADA}  ` }, 'ada'],
    ['X-API-Key in another case, with spaces', { 'X-API-Key': ` ${ADA} ` }, 'ada'],
    ['both: x-api-key counts', { 'x-api-key': ADA, authorization: `Bearer ${BOB}` }, 'ada'],
    ['both, the other way round', { 'x-api-key': BOB, authorization: `Bearer ${ADA}` }, 'bob'],
    [
      "a vendor's key in x-api-key beside Bearer",
      { 'x-api-key': 'sk-ant-0123456789', authorization: `Bearer ${ADA}` },
      'ada',
    ],
    ['an empty x-api-key beside Bearer', { 'x-api-key': '', authorization: `Bearer ${ADA}` }, 'ada'],
  ])('51 x-api-key and Bearer: %s', async (_, headers, owner) => {
    const { installation, upstream } = await withKeys()
    expect(await ownerOf(installation, await installation.messages(HELLO, headers))).toBe(owner)
    const sent = upstream.requests[0]
    expect(sent?.headers['x-api-key']).toBe(VENDOR_KEY)
    for (const key of [ADA, BOB]) expect(sent?.bytes.includes(key)).toBe(false)
    expect(sent?.headers).not.toHaveProperty('authorization')
  })

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['an unknown one', { 'x-api-key': 'key-of-eve-0123456789' }],
    ['one with something behind it', { 'x-api-key': `${ADA}x` }],
    ['two that are both unknown', { 'x-api-key': 'wrong-0123456789', authorization: 'Bearer wrong-9876543210' }],
    ['Bearer without a space', { authorization: `Bearer${ADA}` }],
    ['another scheme', { authorization: `Basic ${ADA}` }],
    ['an empty Bearer', { authorization: 'Bearer ' }],
    ["the vendor's own key", { 'x-api-key': VENDOR_KEY }],
  ])('51 x-api-key and Bearer: %s is 401, and asking again is of no use', async (_, headers) => {
    const { installation, upstream } = await withKeys()
    const reply = await installation.messages(HELLO, headers)
    expect([reply.status, reply.headers['x-should-retry']]).toEqual([401, 'false'])
    expect(reply.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
    expect(upstream.requests).toHaveLength(0)
    for (const path of ['/v1/models', '/v1/models/claude-opus-5-5']) {
      expect((await installation.get(path, { 'anthropic-version': '2023-06-01', ...headers })).status).toBe(401)
    }
    expect((await installation.countTokens(HELLO)).status).toBe(401)
    const chat = await installation.chat({ model: 'claude-opus-5-5', messages: HELLO.messages }, headers)
    expect([chat.status, chat.json()['error']]).toMatchObject([401, { type: 'authentication_error' }])
  })

  it('51 x-api-key and Bearer: without keys in the config any key will do, and the vendor sees none of them', async () => {
    const upstream = await scripted(answering(answer([said('Hi')])))
    const { messages } = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])] })
    const headers = { 'x-api-key': 'sk-ant-dummy', authorization: 'Bearer sk-ant-other' }
    expect((await messages(HELLO, headers)).status).toBe(200)
    expect(upstream.requests[0]?.bytes.includes('sk-ant-')).toBe(false)
  })
})

describe('paths', () => {
  async function atWork() {
    const upstream = await scripted((asked, reply) =>
      asked.path.startsWith('/v1/messages/count_tokens')
        ? reply.answer(200, '{"input_tokens":7}')
        : answering({ ...answer([said('Hi')]) })(asked, reply),
    )
    const installation = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])] })
    return { installation, upstream }
  }

  it.each([
    ['/v1/messages', '/v1/messages'],
    ['/v1/messages?beta=true', '/v1/messages?beta=true'],
    ['/v1/messages/', '/v1/messages'],
    ['/v1/messages/?beta=true', '/v1/messages?beta=true'],
    ['/v1/messages/count_tokens?beta=true', '/v1/messages/count_tokens'],
    ['/v1/messages/count_tokens/', '/v1/messages/count_tokens'],
  ])('52 path variants: %s is known', async (path, asked) => {
    const { installation, upstream } = await atWork()
    const reply = await installation.post(path, HELLO)
    expect(reply.status, reply.text).toBe(200)
    expect(upstream.requests[0]?.path).toMatch(asked)
  })

  it.each(['/v1/v1/messages', '/v1/messages/x', '/v2/messages', '/v1/Messages', '//v1/messages', '/v1/messages%2f'])(
    '52 path variants: %s is 404, in the words of the protocol',
    async (path) => {
      const { installation, upstream } = await atWork()
      const reply = await installation.post(path, HELLO, { 'anthropic-version': '2023-06-01' })
      expect([reply.status, reply.headers['x-should-retry']]).toEqual([404, 'false'])
      expect(reply.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
      expect(upstream.requests).toHaveLength(0)
    },
  )

  it('52 path variants: /v1 twice is told apart, for it is a wrong base URL', async () => {
    const { installation } = await atWork()
    expect((await installation.post('/v1/v1/messages', HELLO)).text).toContain('base URL')
    expect((await installation.post('/messages', HELLO)).text).toContain('/v1/messages')
  })

  it('52 path variants: a key in the query does not reach the vendor', async () => {
    const { installation, upstream } = await atWork()
    await installation.post('/v1/messages?beta=true&key=secret-1&api_key=secret-2', HELLO)
    expect(upstream.requests[0]?.path).toBe('/v1/messages?beta=true')
    expect(installation.gateway.logText()).not.toContain('secret-')
  })

  it('52 path variants: HEAD /api/hello is answered to anybody', async () => {
    const { installation } = await withKeys()
    const reply = await ask(`${installation.gateway.url}/api/hello`, { method: 'HEAD' })
    expect([reply.status, reply.text]).toEqual([200, ''])
  })

  it('52 path variants: another method is 405, with those that there are', async () => {
    const { installation } = await atWork()
    const reply = await installation.get('/v1/messages', { 'anthropic-version': '2023-06-01' })
    expect([reply.status, reply.headers['allow']]).toEqual([405, 'POST'])
    expect(reply.json()).toMatchObject({ type: 'error' })
  })
})

/** `m00` ... `m24`, by their names alone and with their provider's. */
async function manyModels() {
  const upstream = await scripted((_asked, reply) => reply.answer(200, JSON.stringify(completion({ content: 'Hi' }))))
  const models = Array.from({ length: 25 }, (_, index) => `m${String(index).padStart(2, '0')}`)
  return install({ providers: [provider('work', 'openai', upstream, models)] })
}

const VERSION = { 'anthropic-version': '2023-06-01' }
const idsOf = (list: Json): string[] => (list['data'] as Json[]).map(({ id }) => String(id))

describe('the list of models', () => {
  it('54 models list: a Messages client gets its shape, page by page', async () => {
    const { get } = await manyModels()
    const all = idsOf((await get('/v1/models?limit=1000', VERSION)).json())
    expect(all).toEqual(expect.arrayContaining(['m00', 'm24']))
    const pages: string[] = []
    let query = 'limit=10'
    for (let page = 0; page < 10; page++) {
      const list = (await get(`/v1/models?${query}`, VERSION)).json()
      const ids = idsOf(list)
      expect(list).toMatchObject({ first_id: ids[0], last_id: ids.at(-1) })
      pages.push(...ids)
      if (list['has_more'] === false) break
      expect(ids).toHaveLength(10)
      query = `limit=10&after_id=${String(list['last_id'])}`
    }
    expect(pages).toEqual(all)
  })

  it('54 models list: backwards, by default 20, and never more than there are', async () => {
    const { get } = await manyModels()
    const all = idsOf((await get('/v1/models?limit=1000', VERSION)).json())
    const first = (await get('/v1/models', VERSION)).json()
    expect([idsOf(first), first['has_more']]).toEqual([all.slice(0, 20), all.length > 20])
    const before = (await get(`/v1/models?limit=5&before_id=${all[10]}`, VERSION)).json()
    expect([idsOf(before), before['has_more']]).toEqual([all.slice(5, 10), true])
    const start = (await get(`/v1/models?limit=5&before_id=${all[3]}`, VERSION)).json()
    expect([idsOf(start), start['has_more']]).toEqual([all.slice(0, 3), false])
    const beyond = (await get(`/v1/models?after_id=${all.at(-1)}`, VERSION)).json()
    expect(beyond).toMatchObject({ data: [], has_more: false, first_id: null, last_id: null })
  })

  it("54 models list: without the version header it is OpenAI's, all at once", async () => {
    const { get } = await manyModels()
    const list = (await get('/v1/models')).json()
    expect(list['object']).toBe('list')
    expect(idsOf(list)).toEqual(idsOf((await get('/v1/models?limit=1000', VERSION)).json()))
    expect(list['data']).toContainEqual(expect.objectContaining({ id: 'm07', object: 'model', owned_by: 'work' }))
  })

  it('54 models list: one model by its name, with a slash in it too, in the shape of either', async () => {
    const { get } = await manyModels()
    for (const id of ['m07', 'work/m07', 'work%2Fm07']) {
      const name = decodeURIComponent(id)
      expect((await get(`/v1/models/${id}`, VERSION)).json()).toMatchObject({ type: 'model', id: name })
      expect((await get(`/v1/models/${id}`)).json()).toMatchObject({ object: 'model', id: name })
    }
    const absent = await get('/v1/models/m99', VERSION)
    expect([absent.status, absent.json()['error']]).toMatchObject([404, { type: 'not_found_error' }])
    const absentChat = await get('/v1/models/m99')
    expect([absentChat.status, absentChat.json()['error']]).toMatchObject([404, { code: 'model_not_found' }])
  })
})

interface Listing {
  models: { list(): AsyncIterable<{ readonly id: string }> }
}
type Client = new (options: Json) => Listing

describe.each([
  ...(await loadSdks<Client>('anthropic')).map(([name, Sdk]) => ({ name, Sdk, path: '' })),
  ...(await loadSdks<Client>('openai')).map(([name, Sdk]) => ({ name, Sdk, path: '/v1' })),
])('as an official SDK reads it, $name', ({ Sdk, path }) => {
  it('54 models list: every page is found', async (context) => {
    const { gateway, get } = await manyModels()
    const client = new (Sdk ?? context.skip(NOT_INSTALLED))({
      apiKey: 'none',
      baseURL: `${gateway.url}${path}`,
      maxRetries: 0,
    })
    const ids: string[] = []
    for await (const { id } of client.models.list()) ids.push(id)
    expect(ids).toEqual(idsOf((await get('/v1/models')).json()))
  })
})
