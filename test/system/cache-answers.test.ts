import { describe, expect, it } from 'vitest'
import { adminOf } from '../support/admin.ts'
import { ask as askPlainly } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { PAIRS, SPEAKERS, saying, wantsStream } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { AUDIENCE, claimsAt, ISSUER, signed, signingKey } from '../support/tokens.ts'
import type { Upstream, UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const COLD: Json = { temperature: 0 }

interface Scene {
  readonly gateway: TestGateway
  readonly upstream: Upstream
  readonly ask: (more?: Json, headers?: Readonly<Record<string, string>>) => Promise<Answer>
}

/** A gateway before one vendor that numbers its answers. */
async function scene(
  pair: { readonly client: Speaker; readonly vendor: Speaker },
  config: ConfigFile = {},
  script: UpstreamScript | null = null,
): Promise<Scene> {
  let answers = 0
  const upstream = await vendorOf(
    script ?? ((asked, reply) => saying(pair.vendor, `Answer ${++answers}.`)(asked, reply)),
  )
  const gateway = await install({ providers: [provider('far', pair.vendor, upstream.url)], ...config })
  const model = `far/${pair.vendor.model}`
  return {
    gateway,
    upstream,
    ask: (more = COLD, headers = {}) => generate(gateway, pair.client, model, more, headers),
  }
}

const KEYS = ['key-of-the-first-0123456789', 'key-of-the-second-0123456789'] as const

const withKeys: ConfigFile = {
  auth: {
    keys: [
      { name: 'first', key: KEYS[0] },
      { name: 'second', key: KEYS[1] },
    ],
  },
}

describe('an answer that is kept', () => {
  it('is given again, byte for byte, under the next request id', async () => {
    for (const pair of PAIRS) {
      const { gateway, upstream, ask } = await scene(pair)
      const [first, second, third] = [await ask(), await ask(), await ask()]
      expect(upstream.requests).toHaveLength(1)
      expect(first.headers).toMatchObject({ 'x-ucr-cache': 'miss', 'x-ucr-attempts': '1' })
      for (const hit of [second, third]) {
        expect(hit.status).toBe(200)
        expect(hit.text).toBe(first.text)
        const { date: _date, 'request-id': id, 'x-request-id': xId, ...fields } = hit.headers
        const { date: _first, 'request-id': firstId, 'x-request-id': _firstX, ...firstFields } = first.headers
        expect(fields).toEqual({ ...firstFields, 'x-ucr-cache': 'hit', 'x-ucr-attempts': '0' })
        expect(id).not.toBe(firstId)
        expect(xId).toBe(id)
      }
      const record = await recordOf(gateway, second.headers['request-id'])
      const { inputTokens, outputTokens } = await recordOf(gateway, first.headers['request-id'])
      expect(record).toMatchObject({
        status: 'complete',
        httpStatus: 200,
        cache: 'hit',
        billed: false,
        attempts: 0,
        provider: 'far',
        model: pair.vendor.model,
        requestedModel: `far/${pair.vendor.model}`,
        stream: false,
        replyBytes: Buffer.byteLength(first.text),
        inputTokens,
        outputTokens,
      })
    }
  })

  it('is found however the request is spelled', async () => {
    const { gateway, upstream, ask } = await scene({ client: chat, vendor: chat })
    await ask()
    const { temperature, ...rest } = chat.request(`far/${chat.model}`, COLD)
    const spelled = JSON.stringify({ temperature, ...rest }, null, 3)
    const answer = await fetch(`${gateway.url}${chat.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: spelled,
    })
    expect(answer.headers.get('x-ucr-cache')).toBe('hit')
    expect(upstream.requests).toHaveLength(1)
  })

  it('is replayed to a client that streams, as a stream of its protocol', async () => {
    for (const pair of PAIRS) {
      const { gateway, upstream, ask } = await scene(pair)
      await ask()
      const [first, second] = [await ask({ ...COLD, stream: true }), await ask({ ...COLD, stream: true })]
      expect(upstream.requests).toHaveLength(1)
      expect(first.headers['content-type']).toMatch(/^text\/event-stream/)
      expect(first.headers['x-ucr-cache']).toBe('hit')
      expect(pair.client.wordsOf(first)).toBe('Answer 1.')
      expect(second.text).toBe(first.text)
      expect(await recordOf(gateway, second.headers['request-id'])).toMatchObject({ stream: true, cache: 'hit' })
    }
  })

  it('carries usage in its stream only for a chat client that wants it', async () => {
    const { ask } = await scene({ client: chat, vendor: chat })
    await ask()
    const plain = await ask({ ...COLD, stream: true })
    const counted = await ask({ ...COLD, stream: true, stream_options: { include_usage: true } })
    expect(plain.headers['x-ucr-cache']).toBe('hit')
    expect(plain.text).not.toContain('"prompt_tokens"')
    expect(counted.headers['x-ucr-cache']).toBe('hit')
    expect(counted.text).toContain('"prompt_tokens"')
  })

  it('serves more than four fifths of a workload that repeats itself', async () => {
    const { gateway, upstream, ask } = await scene({ client: messages, vendor: messages })
    for (let round = 0; round < 10; round++) {
      for (let question = 0; question < 10; question++) {
        await ask({ ...COLD, messages: [{ role: 'user', content: `Question ${question}` }] })
      }
    }
    const { response } = await stats(gateway)
    expect(upstream.requests).toHaveLength(10)
    expect(response).toMatchObject({ hits: 90, misses: 10, hitRate: 0.9, size: 10 })
  })
})

describe('requests of another meaning', () => {
  const changes: Readonly<Record<string, Json>> = {
    'another system prompt': { system: 'Be brief.' },
    'another message': { messages: [{ role: 'user', content: 'Hello!' }] },
    'another limit': { max_tokens: 999 },
    'other tools': { tools: [{ name: 'look', input_schema: { type: 'object' } }] },
    'another stop sequence': { stop_sequences: ['x'] },
    'another top_p': { top_p: 0.5 },
    'another user': { metadata: { user_id: 'somebody' } },
    'a field that nobody knows': { future: true },
  }

  it.each(Object.entries(changes))('have answers of their own: %s', async (_what, change) => {
    const { upstream, ask } = await scene({ client: messages, vendor: messages })
    const [first, second] = [await ask(), await ask({ ...COLD, ...change })]
    expect(second.headers['x-ucr-cache']).toBe('miss')
    expect(second.text).not.toBe(first.text)
    expect(upstream.requests).toHaveLength(2)
  })

  it('are so by the header fields that vendors see, too', async () => {
    const { upstream, ask } = await scene({ client: messages, vendor: messages })
    await ask()
    const other = await ask(COLD, { 'anthropic-beta': 'something-2026-01-01' })
    expect(other.headers['x-ucr-cache']).toBe('miss')
    expect(upstream.requests).toHaveLength(2)
  })

  it('are so by the vendor that they go to', async () => {
    const one = await vendorOf(saying(messages, 'One.'))
    const two = await vendorOf(saying(messages, 'Two.'))
    const gateway = await install({
      providers: [provider('one', messages, one.url), provider('two', messages, two.url)],
      models: { any: `one/${messages.model}` },
    })
    await generate(gateway, messages, 'any', COLD)
    await gateway.rewrite({
      providers: [provider('one', messages, one.url), provider('two', messages, two.url)],
      models: { any: `two/${messages.model}` },
    })
    expect(messages.wordsOf(await generate(gateway, messages, 'any', COLD))).toBe('Two.')
  })
})

describe('what the gateway learns', () => {
  it('of a provider in the config: its answers are asked for again', async () => {
    const { gateway, upstream, ask } = await scene({ client: messages, vendor: messages })
    await ask()
    const other = provider('far', messages, upstream.url, { apiKey: 'key-of-another-account-0123456789' })
    await gateway.rewrite({ providers: [other] })
    expect((await ask()).headers['x-ucr-cache']).toBe('miss')
    await gateway.rewrite({ providers: [other], logging: { level: 'debug' }, cache: { coalesce: false } })
    expect((await ask()).headers['x-ucr-cache']).toBe('hit')
    expect(upstream.requests).toHaveLength(2)
  })

  it('of a vendor that says which models it has: they are listed, and asked there', async () => {
    const { promise: asked, resolve: tell } = Promise.withResolvers<void>()
    const anything = await vendorOf(saying(messages, 'From the one for all others.'))
    const owner = await vendorOf(async (request, reply) => {
      if (request.method === 'POST') return saying(messages, 'From its owner.')(request, reply)
      await asked
      await reply.answer(200, JSON.stringify({ data: [{ type: 'model', id: 'claude-late', display_name: 'Late' }] }))
    })
    const { models: _unlisted, ...late } = provider('owner', messages, owner.url)
    const gateway = await install({
      providers: [provider('any', messages, anything.url), late],
      router: { default: `any/${messages.model}` },
    })
    const listed = async (): Promise<boolean> =>
      (await (await fetch(`${gateway.url}/v1/models`, { headers: messages.headers })).text()).includes('claude-late')
    expect(await listed()).toBe(false)
    for (const share of ['miss', 'hit']) {
      const answer = await generate(gateway, messages, 'claude-late', COLD)
      expect(answer.headers['x-ucr-cache']).toBe(share)
      expect(messages.wordsOf(answer)).toBe('From the one for all others.')
    }
    tell()
    while (!(await listed()));
    expect(messages.wordsOf(await generate(gateway, messages, 'claude-late', COLD))).toBe('From its owner.')
  })
})

describe('tenants', () => {
  it('never get an answer of each other', async () => {
    const { upstream, ask } = await scene({ client: messages, vendor: messages }, withKeys)
    const [first, second] = [await ask(COLD, { 'x-api-key': KEYS[0] }), await ask(COLD, { 'x-api-key': KEYS[1] })]
    expect([first, second].map((answer) => answer.headers['x-ucr-cache'])).toEqual(['miss', 'miss'])
    expect([first, second].map((answer) => messages.wordsOf(answer))).toEqual(['Answer 1.', 'Answer 2.'])
    expect(upstream.requests).toHaveLength(2)
    expect(messages.wordsOf(await ask(COLD, { 'x-api-key': KEYS[0] }))).toBe('Answer 1.')
  })

  it('lose what their key may no longer ask for', async () => {
    const { gateway, upstream, ask } = await scene({ client: messages, vendor: messages }, withKeys)
    const headers = { 'x-api-key': KEYS[0] }
    await ask(COLD, headers)
    expect((await ask(COLD, headers)).headers['x-ucr-cache']).toBe('hit')
    await gateway.rewrite({
      providers: [provider('far', messages, upstream.url)],
      auth: { keys: [{ name: 'first', key: KEYS[0], models: ['other-*'] }] },
    })
    expect((await ask(COLD, headers)).status).toBe(403)
  })

  it('lose it also where the admin API takes it from them, and see it listed no more', async () => {
    const { gateway, ask } = await scene({ client: messages, vendor: messages })
    const admin = adminOf(gateway)
    const { key } = await admin.create('narrowed')
    const headers = { 'x-api-key': key }
    const listed = async (): Promise<unknown> =>
      (await askPlainly(`${gateway.url}/v1/models`, { headers })).json()['data']
    await ask(COLD, headers)
    expect((await ask(COLD, headers)).headers['x-ucr-cache']).toBe('hit')
    expect(await listed()).not.toEqual([])
    await admin.call('PATCH', '/narrowed', { models: ['other-*'] })
    expect((await ask(COLD, headers)).status).toBe(403)
    expect(await listed()).toEqual([])
  })

  it('get nothing by one token that only another of theirs may ask for', async () => {
    const issuing = await signingKey('one')
    const jwks = { keys: [issuing.jwk as Record<string, string>] }
    const { gateway, ask } = await scene(
      { client: messages, vendor: messages },
      { auth: { jwt: [{ issuer: ISSUER, audience: AUDIENCE, jwks, claims: { models: 'may' } }] } },
    )
    const tokenFor = async (may: string): Promise<Readonly<Record<string, string>>> => ({
      authorization: `Bearer ${await signed(claimsAt(Date.now(), { may: [may] }), issuing)}`,
    })
    const [all, none] = [await tokenFor('*'), await tokenFor('other-*')]
    const listed = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      (await askPlainly(`${gateway.url}/v1/models`, { headers })).json()['data']
    expect((await ask(COLD, all)).status).toBe(200)
    expect(await listed(all)).not.toEqual([])
    expect((await ask(COLD, none)).status).toBe(403)
    expect(await listed(none)).toEqual([])
  })
})

describe('answers that are not kept', () => {
  it.each([400, 429, 500, 529])('an error: %i', async (status) => {
    for (const pair of PAIRS) {
      let tries = 0
      const { ask } = await scene(pair, { retry: { attempts: 1 } }, async (asked, reply) => {
        if (++tries === 1) return reply.answer(status, JSON.stringify(pair.vendor.error('Not now.')))
        return saying(pair.vendor, 'Now.')(asked, reply)
      })
      const first = await ask()
      expect(first.status).toBeGreaterThanOrEqual(400)
      expect(first.headers['x-ucr-cache']).toBe('miss')
      const second = await ask()
      // A vendor that is to rest is not asked, and its error is not repeated in its place.
      const rests = second.headers['x-ucr-error'] === 'upstream_rate_limited'
      if (!rests) expect(pair.client.wordsOf(second)).toBe('Now.')
      expect(rests).toBe(status === 429)
      expect(second.headers['x-ucr-cache']).toBe(rests ? undefined : 'miss')
    }
  })

  it('one that the vendor broke off', async () => {
    let tries = 0
    const { ask } = await scene(
      { client: messages, vendor: messages },
      { retry: { attempts: 1 } },
      async (asked, reply) => {
        if (++tries > 1) return saying(messages, 'Whole.')(asked, reply)
        await reply.head(200, { 'content-type': 'application/json', 'content-length': '10000' })
        await reply.write('{"type":"message"')
        reply.reset()
      },
    )
    expect((await ask()).status).toBe(502)
    expect(messages.wordsOf(await ask())).toBe('Whole.')
  })

  it('one that ran into the limit of its length', async () => {
    const { upstream, ask } = await scene({ client: messages, vendor: messages }, {}, (_asked, reply) =>
      reply.answer(200, JSON.stringify({ ...messages.whole('Cut'), stop_reason: 'max_tokens' })),
    )
    await ask()
    expect((await ask()).headers['x-ucr-cache']).toBe('miss')
    expect(upstream.requests).toHaveLength(2)
  })

  it('one with a tool call, unless the config says so', async () => {
    const calling: UpstreamScript = (_asked, reply) => {
      const content = [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }]
      // Vendors say so when the client forced the tool.
      return reply.answer(200, JSON.stringify({ ...messages.whole(''), content, stop_reason: 'end_turn' }))
    }
    const pair = { client: messages, vendor: messages }
    const careful = await scene(pair, {}, calling)
    await careful.ask()
    expect((await careful.ask()).headers['x-ucr-cache']).toBe('miss')
    const bold = await scene(pair, { cache: { responses: { toolCalls: true } } }, calling)
    await bold.ask()
    expect((await bold.ask()).headers['x-ucr-cache']).toBe('hit')
  })

  it('one of a request that leaves chance to the model', async () => {
    const { gateway, upstream, ask } = await scene({ client: messages, vendor: messages })
    for (const more of [{}, { temperature: 0.1 }, { temperature: null }, { temperature: '0' }]) {
      for (let time = 0; time < 2; time++) expect((await ask(more)).headers['x-ucr-cache']).toBeUndefined()
    }
    expect(upstream.requests.length).toBeGreaterThanOrEqual(4)
    expect((await stats(gateway)).response).toMatchObject({ hits: 0, misses: 0, size: 0 })
  })

  it('one of a request that makes the vendor do more than answer', async () => {
    const { ask } = await scene({ client: chat, vendor: chat })
    for (const more of [{ store: true }, { web_search_options: {} }]) {
      for (let time = 0; time < 2; time++) {
        expect((await ask({ ...COLD, ...more })).headers['x-ucr-cache']).toBeUndefined()
      }
    }
  })

  it('a stream', async () => {
    const { upstream, ask } = await scene({ client: messages, vendor: messages })
    for (let time = 0; time < 2; time++) {
      expect((await ask({ ...COLD, stream: true })).headers['x-ucr-cache']).toBe('miss')
    }
    expect(upstream.requests.filter(wantsStream)).toHaveLength(2)
  })
})

describe('x-ucr-cache on a request', () => {
  it('skip: neither gets an answer from the cache nor leaves one there', async () => {
    const { upstream, ask } = await scene({ client: messages, vendor: messages })
    await ask()
    const skipped = await ask(COLD, { 'x-ucr-cache': 'skip' })
    expect(skipped.headers['x-ucr-cache']).toBe('skip')
    expect(messages.wordsOf(skipped)).toBe('Answer 2.')
    expect(messages.wordsOf(await ask())).toBe('Answer 1.')
    expect(upstream.requests).toHaveLength(2)
  })

  it('force: has an answer kept that would not be', async () => {
    const { upstream, ask } = await scene({ client: messages, vendor: messages })
    const force = { 'x-ucr-cache': 'force' }
    const [first, second] = [await ask({}, force), await ask({}, force)]
    expect([first, second].map(({ headers }) => headers['x-ucr-cache'])).toEqual(['miss', 'hit'])
    expect((await ask({})).headers['x-ucr-cache']).toBeUndefined()
    expect(upstream.requests).toHaveLength(2)
  })
})

describe('cache.responses', () => {
  it('all: keeps the answers of every request that is not streamed', async () => {
    const { ask } = await scene({ client: messages, vendor: messages }, { cache: { responses: { mode: 'all' } } })
    await ask({})
    expect((await ask({})).headers['x-ucr-cache']).toBe('hit')
    expect((await ask({ stream: true })).headers['x-ucr-cache']).toBeUndefined()
  })

  it('off: keeps none', async () => {
    const { upstream, ask } = await scene(
      { client: messages, vendor: messages },
      { cache: { responses: { mode: 'off' }, coalesce: false } },
    )
    for (let time = 0; time < 2; time++) expect((await ask()).headers['x-ucr-cache']).toBeUndefined()
    expect(upstream.requests).toHaveLength(2)
  })

  it('takes another size at once, and keeps what is newest', async () => {
    const { gateway, upstream, ask } = await scene({ client: messages, vendor: messages })
    const question = (text: string): Json => ({ ...COLD, messages: [{ role: 'user', content: text }] })
    for (const text of ['a', 'b', 'c']) await ask(question(text))
    await gateway.rewrite({
      providers: [provider('far', messages, upstream.url)],
      cache: { responses: { max: 1 } },
    })
    expect((await stats(gateway)).response).toMatchObject({ size: 1 })
    expect((await ask(question('c'))).headers['x-ucr-cache']).toBe('hit')
    expect((await ask(question('b'))).headers['x-ucr-cache']).toBe('miss')
  })

  it('holds no more bytes than it may', async () => {
    const { gateway, ask } = await scene(
      { client: messages, vendor: messages },
      { cache: { responses: { maxBytes: 4000 } } },
    )
    for (let n = 0; n < 10; n++) await ask({ ...COLD, messages: [{ role: 'user', content: `${n}` }] })
    const { response } = await stats(gateway)
    expect(response?.['calculatedSize']).toBeLessThanOrEqual(4000)
    expect(response?.['size']).toBeGreaterThan(0)
    expect(response?.['evictions']).toBeGreaterThan(0)
  })
})

async function stats({ url }: TestGateway): Promise<Record<string, Json>> {
  const answer = await fetch(`${url}/cache/stats`)
  return (await answer.json()) as Record<string, Json>
}
