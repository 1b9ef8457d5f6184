import { describe, expect, it } from 'vitest'
import type { Overview, RequestLine, RequestList, SessionList } from '../../src/observe/overview.ts'
import { adminOf } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import type { UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS
const MODEL = `far/${chat.model}`
const WORDS = 'the-words-of-an-answer'
const PROMPT = 'the-words-of-a-prompt'
const ASKED = { messages: [{ role: 'user', content: PROMPT }] }

async function gatewayOf(script: UpstreamScript, config: ConfigFile = {}): Promise<TestGateway> {
  const upstream = await vendorOf(script)
  return install({ providers: [provider('far', chat, upstream.url)], ...config })
}

/** Asks, and waits until the gateway has counted it. */
async function counted(gateway: TestGateway, more: Json = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await generate(gateway, chat, MODEL, { ...ASKED, ...more }, headers)
  await recordOf(gateway, answer.headers['x-request-id'])
  return answer
}

async function read<T>(gateway: TestGateway, path: string): Promise<T> {
  const answer = await adminOf(gateway).read(path)
  expect(answer.status, answer.text).toBe(200)
  expect(answer.headers['cache-control']).toBe('no-store')
  return JSON.parse(answer.text) as T
}

const overview = (gateway: TestGateway): Promise<Overview> => read(gateway, 'overview')
const requests = (gateway: TestGateway, query = ''): Promise<RequestList> => read(gateway, `requests${query}`)
const sessions = (gateway: TestGateway, query = ''): Promise<SessionList> => read(gateway, `sessions${query}`)

const refusing: UpstreamScript = (_asked, reply) => reply.answer(400, JSON.stringify(chat.error('no')))
const idsOf = (lines: readonly { readonly requestId: string }[]): readonly string[] =>
  lines.map(({ requestId }) => requestId)

describe('GET /admin/overview', () => {
  it('tells who the gateway is, and that nothing has happened', async () => {
    const gateway = await gatewayOf(saying(chat, WORDS))
    const page = await overview(gateway)
    expect(page).toMatchObject({ service: 'universal-claude-router', status: 'healthy', processes: 1 })
    expect(page.requests).toMatchObject({ total: 0, errors: 0, streaming: 0, inFlight: 0, errorRate: 0 })
    expect(page.cost).toEqual({ dollars: 0, unpriced: 0 })
    expect(page.memory.rss).toBeGreaterThan(page.memory.heapUsed)
    expect(page.providers).toMatchObject([
      { id: 'far', type: 'openai', models: 1, requests: 0, cost: { dollars: 0, unpriced: 0 }, deployments: [] },
    ])
    expect(page.sessions).toMatchObject({ active: 0, created: 0 })
  })

  it('counts requests, tokens and what they cost', async () => {
    const gateway = await gatewayOf(saying(chat, WORDS))
    await counted(gateway)
    await counted(gateway, { stream: true })
    const { data } = await requests(gateway)
    const page = await overview(gateway)
    expect(page.requests).toMatchObject({ total: 2, streaming: 1, errors: 0 })
    expect(page.requests.perSecond).toBeGreaterThan(0)
    expect(page.latency.p50).toBeGreaterThan(0)
    const tokens = data.map((line) => line.tokens)
    expect(page.tokens.input).toBe(tokens.reduce((sum, each) => sum + (each?.input ?? NaN), 0))
    expect(page.tokens.output).toBe(tokens.reduce((sum, each) => sum + (each?.output ?? NaN), 0))
    expect(page.cost.unpriced).toBe(0)
    expect(page.cost.dollars).toBeGreaterThan(0)
    expect(page.cost.dollars).toBeCloseTo(
      data.reduce((sum, line) => sum + (line.dollars ?? NaN), 0),
      12,
    )
    expect(page.providers).toMatchObject([
      { id: 'far', requests: 2, cost: page.cost, tokens: page.tokens, deployments: [{ key: MODEL, successes: 2 }] },
    ])
  })

  it('does not guess what a model costs that nobody has heard of', async () => {
    const upstream = await vendorOf(saying(chat, WORDS))
    const far = { ...provider('far', chat, upstream.url), models: ['house-model'] }
    const gateway = await install({ providers: [far] })
    const answer = await generate(gateway, chat, 'far/house-model')
    await recordOf(gateway, answer.headers['x-request-id'])
    expect((await overview(gateway)).cost).toEqual({ dollars: 0, unpriced: 1 })
    expect((await requests(gateway)).data).toMatchObject([{ model: 'house-model', dollars: null }])
  })

  it('counts errors by their code, and what was turned away at the door', async () => {
    const gateway = await gatewayOf(refusing)
    await counted(gateway)
    await ask(`${gateway.url}/v1/chat/completions`, { body: '{' })
    await gateway.logged((line) => line['errorCode'] === 'invalid_json')
    const page = await overview(gateway)
    expect(page.requests).toMatchObject({ total: 2, errors: 2, errorRate: 1 })
    expect(page.errors).toEqual({ upstream_invalid_request: 1, invalid_json: 1 })
  })

  it('knows of no sessions where there are none', async () => {
    const gateway = await gatewayOf(saying(chat, WORDS), { sessions: { store: 'off' } })
    expect((await overview(gateway)).sessions).toBeNull()
    expect(await sessions(gateway)).toEqual({ object: 'list', data: [], cursor: null })
  })
})

describe('GET /admin/requests', () => {
  it('tells of each what its line in the log tells, newest first', async () => {
    const gateway = await gatewayOf(saying(chat, WORDS))
    const first = await counted(gateway)
    const answer = await generate(gateway, messages, MODEL, { top_k: 5 })
    const logged = await recordOf(gateway, answer.headers['request-id'])
    const { data } = await requests(gateway)
    expect(idsOf(data)).toEqual([answer.headers['request-id'], first.headers['x-request-id']])
    const line = data[0] as RequestLine
    const same = [
      'protocol',
      'operation',
      'requestedModel',
      'provider',
      'model',
      'plan',
      'reason',
      'attempts',
      'status',
    ]
    for (const name of [...same, 'stream', 'httpStatus', 'errorCode', 'requestBytes', 'replyBytes', 'keyName']) {
      expect(line[name as keyof RequestLine], name).toEqual(logged[name])
    }
    expect(line.dropped).toEqual(['top_k'])
    expect(line.tokens).toMatchObject({ input: logged['inputTokens'], output: logged['outputTokens'] })
    expect(Math.abs(line.time - Date.parse(String(logged['time'])))).toBeLessThan(60_000)
  })

  it('shows errors with the id that the client was told', async () => {
    const gateway = await gatewayOf(refusing)
    const failed = await counted(gateway)
    const { data } = await requests(gateway, '?errors=true')
    expect(data).toMatchObject([
      { requestId: failed.headers['x-request-id'], errorCode: 'upstream_invalid_request', httpStatus: failed.status },
    ])
  })

  it('does not let good answers push errors out, and remembers so many of both', async () => {
    let calls = 0
    const gateway = await gatewayOf((asked, reply) => (calls++ === 0 ? refusing : saying(chat, 'ok'))(asked, reply))
    const failed = await counted(gateway)
    for (let count = 0; count < 26; count++) {
      await Promise.all(Array.from({ length: 20 }, () => generate(gateway, chat, MODEL, { stream: true })))
    }
    const last = await counted(gateway)
    const { data } = await requests(gateway, '?limit=500')
    expect(data).toHaveLength(500)
    expect(idsOf(data)).toContain(last.headers['x-request-id'])
    expect(idsOf(data)).not.toContain(failed.headers['x-request-id'])
    expect(idsOf((await requests(gateway, '?errors=true')).data)).toEqual([failed.headers['x-request-id']])
  })

  it('gives what came since then', async () => {
    const gateway = await gatewayOf(saying(chat, WORDS))
    await counted(gateway)
    const before = await requests(gateway)
    expect((await requests(gateway, `?after=${before.cursor}`)).data).toEqual([])
    const second = await counted(gateway)
    const third = await counted(gateway)
    const news = await requests(gateway, `?after=${before.cursor}`)
    expect(idsOf(news.data)).toEqual([third.headers['x-request-id'], second.headers['x-request-id']])
    expect(idsOf((await requests(gateway, '?limit=1')).data)).toEqual([third.headers['x-request-id']])
    expect((await requests(gateway, `?after=${news.cursor}`)).data).toEqual([])
  })

  it('shows nothing of what clients and vendors said, nor what a terminal would obey', async () => {
    const gateway = await gatewayOf(saying(chat, WORDS), { sessions: { store: 'memory' } })
    await counted(gateway, {}, { 'x-session-id': 'talk' })
    const name = `bad\u001b[2J-sk-ant-canary0123456789-${'x'.repeat(5000)}`
    const answer = await generate(gateway, chat, name)
    await recordOf(gateway, answer.headers['x-request-id'])
    const texts = await Promise.all(
      ['overview', 'series', 'requests', 'requests?errors=true', 'sessions'].map((path) => adminOf(gateway).read(path)),
    )
    const { data } = await requests(gateway, '?limit=1')
    expect(data[0]?.requestedModel).toMatch(/^bad\\u001b\[2J-\[redacted\]/)
    for (const { text } of texts) {
      for (const secret of [WORDS, PROMPT, 'canary', '\u001b', 'x'.repeat(500)]) expect(text).not.toContain(secret)
    }
  })
})

describe('GET /admin/sessions', () => {
  it('lists those of everybody, page by page, with the names of keys', async () => {
    const key = 'client-key-0123456789'
    const gateway = await gatewayOf(saying(chat, WORDS), {
      sessions: { store: 'memory' },
      auth: { keys: [{ name: 'laptop', key }] },
    })
    const made = await adminOf(gateway).create('desk')
    for (const [id, secret] of [
      ['one', key],
      ['two', made.key],
      ['three', key],
    ] as const) {
      await counted(gateway, {}, { authorization: `Bearer ${secret}`, 'x-session-id': id })
    }
    const first = await sessions(gateway, '?limit=2')
    expect(first.data).toMatchObject([
      { id: 'three', keyName: 'laptop', messages: 2 },
      { id: 'two', keyName: 'desk', messages: 2 },
    ])
    const [line] = first.data
    expect(Object.keys(line ?? {}).toSorted()).toEqual(
      ['bytes', 'createdAt', 'expiresAt', 'id', 'keyName', 'lastUsedAt', 'messages'].toSorted(),
    )
    expect(line?.expiresAt).toBeGreaterThan(line?.lastUsedAt ?? Infinity)
    const second = await sessions(gateway, `?limit=2&after=${first.cursor}`)
    expect(second).toMatchObject({ data: [{ id: 'one', keyName: 'laptop' }], cursor: null })
  })
})

describe('the admin API', () => {
  it.each([
    ['overview?x=1', 'x: is no parameter of this path, which has none.'],
    ['series?minutes=0', 'minutes: must be a whole number from 1 to 166.'],
    ['series?minutes=167', 'minutes: must be a whole number from 1 to 166.'],
    ['series?minutes=1.5', 'minutes: must be a whole number from 1 to 166.'],
    ['series?limit=1', 'limit: is no parameter of this path, which has minutes.'],
    ['requests?limit=501', 'limit: must be a whole number from 1 to 500.'],
    ['requests?limit=-1', 'limit: must be a whole number from 1 to 500.'],
    ['requests?errors=yes', 'errors: must be true or false.'],
    ['requests?after=!!', 'after: must be the "cursor" of an earlier answer.'],
    ['sessions?limit=', 'limit: must be a whole number from 1 to 500.'],
    ['sessions?after=abc', 'after: must be the "cursor" of an earlier page.'],
  ])('answers %s with what is wrong with it', async (path, message) => {
    const gateway = await gatewayOf(saying(chat, WORDS))
    const answer = await adminOf(gateway).read(path)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(JSON.stringify(message).slice(1, -1))
  })

  it('is for the holder of the admin token alone', async () => {
    const key = 'client-key-0123456789'
    const gateway = await gatewayOf(saying(chat, WORDS), { auth: { keys: [{ name: 'me', key }] } })
    for (const path of ['overview', 'series', 'requests', 'sessions']) {
      expect((await ask(`${gateway.url}/admin/${path}`)).status).toBe(401)
      const withKey = await ask(`${gateway.url}/admin/${path}`, { headers: { authorization: `Bearer ${key}` } })
      expect(withKey.status).toBe(401)
    }
  })
})
