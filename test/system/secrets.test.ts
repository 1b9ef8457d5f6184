import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import type { ProviderFile } from '../support/install.ts'
import { EVERY_SPEAKER, PAIRS, SPEAKERS, saying, wantsStream } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import type { UpstreamReply, UpstreamRequest } from '../support/upstream.ts'

/** None of them looks like a key, so that only who knows them can hide them. */
const SECRETS = {
  providerKey: 'canary0vendor1key2',
  providerHeader: 'canary3custom4header5',
  clientKey: 'canary6client7key8',
  cookie: 'canary9cookie0',
  bearer: 'canary1other2bearer3',
  query: 'canary4query5',
} as const

/** What a vendor says that is for nobody else. */
const VENDOR_SECRETS = { setCookie: 'canary6set7cookie8', header: 'canary9vendor0header1' } as const

const CLIENT_HEADERS = {
  'x-api-key': SECRETS.clientKey,
  authorization: `Bearer ${SECRETS.bearer}`,
  cookie: `session=${SECRETS.cookie}`,
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-host': 'evil.example',
  forwarded: 'for=203.0.113.7',
  'x-real-ip': '203.0.113.7',
  via: '1.1 somewhere',
  te: 'trailers',
  'x-custom': 'whatever',
  'proxy-authorization': `Basic ${SECRETS.bearer}`,
  'x-goog-api-key': SECRETS.bearer,
  origin: '',
}

/** Everything that came in, as a careless vendor would repeat it. */
function echo({ bytes }: UpstreamRequest): string {
  return `You sent ${bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n')).replaceAll('\r\n', ' | ')}`
}

const VENDOR_HEADERS = {
  'set-cookie': `id=${VENDOR_SECRETS.setCookie}`,
  'x-internal': VENDOR_SECRETS.header,
  'www-authenticate': `Bearer realm="${VENDOR_SECRETS.header}"`,
  server: VENDOR_SECRETS.header,
  'access-control-allow-origin': '*',
}

/** Ways in which a vendor repeats what it was sent. */
type Indiscretion = (asked: UpstreamRequest, reply: UpstreamReply, vendor: Speaker) => Promise<void>

const refusing =
  (status: number): Indiscretion =>
  (asked, reply, vendor) =>
    reply.answer(status, JSON.stringify(vendor.error(echo(asked), { detail: echo(asked) })), {
      ...VENDOR_HEADERS,
      'x-echo': asked.headers['x-api-key'] ?? asked.headers['authorization'] ?? '',
    })

const INDISCRETIONS: readonly (readonly [name: string, indiscretion: Indiscretion])[] = [
  ...[400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503, 529].map(
    (status) => [`in an error ${status}`, refusing(status)] as const,
  ),
  ['on a page', (asked, reply) => reply.answer(502, `<html>${echo(asked)}</html>`, { 'content-type': 'text/html' })],
  ['in plain text', (asked, reply) => reply.answer(400, echo(asked), { 'content-type': 'text/plain' })],
  [
    'in the place of a redirect',
    (asked, reply) => reply.answer(307, '', { location: `http://127.0.0.1:9/?${encodeURIComponent(echo(asked))}` }),
  ],
  [
    'in an error with status 200',
    (asked, reply, vendor) => reply.answer(200, JSON.stringify(vendor.error(echo(asked)))),
  ],
  [
    'in the first event of a stream',
    async (asked, reply, vendor) => {
      await reply.streamHead(VENDOR_HEADERS)
      await reply.chunk(vendor.errorEvent(echo(asked)))
      await reply.lastChunk()
    },
  ],
  [
    'in the middle of a stream',
    async (asked, reply, vendor) => {
      await reply.streamHead(VENDOR_HEADERS)
      for (const event of vendor.opening('Half an ')) await reply.chunk(event)
      await reply.chunk(vendor.errorEvent(echo(asked)))
      await reply.lastChunk()
    },
  ],
  ['in something that is no HTTP', (asked, reply) => reply.write(`SSH-2.0 ${echo(asked)}\r\n`)],
  [
    'in a header that is too large',
    (asked, reply) => reply.answer(200, '{}', { 'x-echo': echo(asked).repeat(500) }).catch(() => {}),
  ],
  [
    'in the headers of a good answer',
    async (asked, reply, vendor) => {
      const headers = { ...VENDOR_HEADERS, 'x-echo': echo(asked) }
      if (!wantsStream(asked)) return reply.answer(200, JSON.stringify(vendor.whole('Hello')), headers)
      await reply.streamHead(headers)
      for (const event of vendor.stream('Hello')) await reply.chunk(event)
      return reply.lastChunk()
    },
  ],
]

function secretive(vendor: Speaker, url: string): ProviderFile {
  return provider('far', vendor, url, {
    apiKey: SECRETS.providerKey,
    headers: { 'x-org-secret': SECRETS.providerHeader },
  })
}

/** Status line, header fields and body of an answer, as one text. */
function everything({ status, headers, text }: Answer): string {
  return `${status} ${JSON.stringify(headers)} ${text}`
}

function expectNone(secrets: Readonly<Record<string, string>>, text: string, label: string): void {
  const found = Object.entries(secrets).filter(([, secret]) => text.includes(secret))
  expect(
    found.map(([name]) => name),
    `${label}: ${text.slice(0, 3000)}`,
  ).toEqual([])
}

describe('a vendor that repeats what it was sent gives no secret away', () => {
  it.each(INDISCRETIONS)('%s', async (_name, indiscretion) => {
    await Promise.all(
      PAIRS.map(async ({ client, vendor }) => {
        const label = `${client.type} client, ${vendor.type} vendor`
        const upstream = await vendorOf((asked, reply) => indiscretion(asked, reply, vendor))
        const gateway = await install(
          {
            auth: { keys: [{ name: 'me', key: SECRETS.clientKey }] },
            providers: [secretive(vendor, upstream.url)],
            logging: { level: 'trace' },
            breaker: { minimumRequests: 1_000_000 },
            retry: { attempts: 1 },
          },
          { logLevel: 'trace' },
        )
        const { origin: _, ...headers } = CLIENT_HEADERS
        const query = `?key=${SECRETS.query}&beta=true&api_key=${SECRETS.query}&access_token=${SECRETS.query}`
        for (const stream of [false, true]) {
          const answer = await ask(`${gateway.url}${client.path}${query}`, {
            headers: { ...client.headers, ...headers },
            body: client.request(`far/${vendor.model}`, { stream }),
          })
          expectNone({ ...SECRETS, ...VENDOR_SECRETS }, everything(answer), `${label}, stream ${stream}`)
        }
        for (const { bytes } of upstream.requests) {
          const { providerKey: _key, providerHeader: _header, ...others } = SECRETS
          expectNone(others, bytes.toString('latin1'), `${label}, sent to the vendor`)
        }
        expectNone({ ...SECRETS, ...VENDOR_SECRETS }, gateway.logText(), `${label}, in the log`)
      }),
    )
  })
})

describe('the log', () => {
  it('holds no key that a client sent, whatever its request was', async () => {
    const upstream = await vendorOf(saying(SPEAKERS.chat, 'Hello'))
    const gateway = await install(
      { auth: { keys: [{ name: 'me', key: SECRETS.clientKey }] }, providers: [secretive(SPEAKERS.chat, upstream.url)] },
      { logLevel: 'trace' },
    )
    const wrong = 'canary2wrong3key4'
    const secrets = { ...SECRETS, wrong }
    const paths = [
      '/v1/messages',
      '/v1/chat/completions',
      '/v1/models',
      '/v1/nothing',
      '/health/detailed',
      '/v1/route/explain',
    ]
    for (const path of paths) {
      for (const headers of [
        { 'x-api-key': wrong },
        { authorization: `Bearer ${wrong}` },
        { authorization: wrong },
        {},
      ]) {
        for (const method of ['GET', 'POST', 'PUT'] as const) {
          const answer = await ask(`${gateway.url}${path}?key=${wrong}`, {
            method,
            headers: { ...headers, cookie: SECRETS.cookie },
            ...(method === 'GET' ? {} : { body: '{"model": "far/gpt-5.5", "messages": "wrong"}' }),
          })
          expectNone(secrets, everything(answer), path)
        }
      }
    }
    expectNone(secrets, gateway.logText(), 'in the log')
  })

  it('holds no prompt and no answer, unless bodies of failures are asked for at level debug', async () => {
    const words = { prompt: 'canary0prompt1', answer: 'canary2answer3' }
    await Promise.all(
      PAIRS.map(async ({ client, vendor }) => {
        const upstream = await vendorOf(async (asked, reply) => {
          if ((asked.json() as Json)['max_tokens'] === 77) {
            await reply.answer(400, JSON.stringify(vendor.error(`Bad: ${asked.body.toString('utf8')}`)))
          } else await saying(vendor, words.answer)(asked, reply)
        })
        const gateway = await install({ providers: [provider('far', vendor, upstream.url)] }, { logLevel: 'info' })
        const content = [{ role: 'user', content: words.prompt }]
        for (const stream of [false, true]) {
          await generate(gateway, client, `far/${vendor.model}`, { stream, messages: content })
          await generate(gateway, client, `far/${vendor.model}`, { stream, messages: content, max_tokens: 77 })
          await generate(gateway, client, 'unknown', { stream, messages: content })
        }
        await ask(`${gateway.url}${client.path}`, { body: `{"model": "far/x", "messages": "${words.prompt}` })
        expectNone(words, gateway.logText(), `${client.type} client, ${vendor.type} vendor`)
      }),
    )
  })

  it('holds no secret of a config that is refused', async () => {
    const upstream = await vendorOf(saying(SPEAKERS.chat, 'Hello'))
    const good = { providers: [secretive(SPEAKERS.chat, upstream.url)] }
    const gateway = await install(good, { logLevel: 'trace' })
    const text = JSON.stringify(good, null, 2)
    const wrongs = [
      text.replace('"openai"', '"opnai"'),
      text.replace('"apiKey":', '"apiKy":'),
      text.replace(SECRETS.providerKey, `${SECRETS.providerKey} with blanks\\n`),
      text.replace('"x-org-secret"', '"host"'),
      text.replace('"id": "far"', `"id": "${SECRETS.providerKey}/"`),
      text.slice(0, text.indexOf(SECRETS.providerKey) + SECRETS.providerKey.length),
      text.replace('"baseUrl": "http://', `"baseUrl": "http://user:${SECRETS.providerKey}@`),
    ]
    for (const wrong of wrongs) await gateway.rewrite(wrong)
    expectNone(SECRETS, gateway.logText(), 'in the log')
  })
})

describe('a key goes to its own vendor only:', () => {
  const keys = { first: 'canary4first5key6', second: 'canary7second8key9' }
  const keyOf = ({ headers }: UpstreamRequest): string =>
    headers['x-api-key'] ?? (headers['authorization'] ?? '').replace('Bearer ', '')

  it('when one vendor fails and another takes over', async () => {
    await Promise.all(
      PAIRS.map(async ({ client, vendor }) => {
        const first = await vendorOf((asked, reply) => refusing(500)(asked, reply, vendor))
        const second = await vendorOf(saying(client, 'Hello'))
        const gateway = await install({
          providers: [
            provider('first', vendor, first.url, { apiKey: keys.first, headers: { 'x-first': keys.first } }),
            provider('second', client, second.url, { apiKey: keys.second }),
          ],
          models: { any: [`first/${vendor.model}`, `second/${client.model}`] },
        })
        expect(client.wordsOf(await generate(gateway, client, 'any'))).toBe('Hello')
        for (const request of first.requests) {
          expect(keyOf(request)).toBe(keys.first)
          expectNone({ key: keys.second }, request.bytes.toString('latin1'), 'first')
        }
        expect(second.requests.map(keyOf)).toEqual([keys.second])
        expectNone({ key: keys.first }, second.requests[0]?.bytes.toString('latin1') ?? '', 'second')
      }),
    )
  })

  it('when it asks for models and counts tokens', async () => {
    const listing = (ids: readonly string[]) => (_asked: UpstreamRequest, reply: UpstreamReply) =>
      reply.answer(
        200,
        JSON.stringify({ data: ids.map((id) => ({ id, type: 'model', object: 'model' })), input_tokens: 3 }),
      )
    const first = await vendorOf(listing(['claude-sonnet-5']))
    const second = await vendorOf(listing(['gpt-5.5']))
    const gateway = await install({
      providers: [
        provider('first', SPEAKERS.messages, first.url, { apiKey: keys.first, models: [] }),
        provider('second', SPEAKERS.chat, second.url, { apiKey: keys.second, models: [] }),
      ],
    })
    await ask(`${gateway.url}/v1/messages/count_tokens`, { body: SPEAKERS.messages.request('claude-sonnet-5') })
    expect(first.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      expect.stringMatching(/^GET \/v1\/models/),
      'POST /v1/messages/count_tokens',
    ])
    expect(second.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models'])
    expect(new Set(first.requests.map(keyOf))).toEqual(new Set([keys.first]))
    expect(new Set(second.requests.map(keyOf))).toEqual(new Set([keys.second]))
  })

  it.each([301, 302, 303, 307, 308])('when the vendor redirects (%i) to another', async (status) => {
    const elsewhere = await vendorOf(saying(SPEAKERS.chat, 'Thanks for the key.'))
    const { url } = await vendorOf((_asked, reply) =>
      reply.answer(status, '', { location: `${elsewhere.url}/v1/chat/completions` }),
    )
    const gateway = await install({ providers: [provider('far', SPEAKERS.chat, url)] })
    expect((await generate(gateway, SPEAKERS.chat, 'gpt-5.5')).status).toBe(502)
    expect((await generate(gateway, SPEAKERS.chat, 'gpt-5.5', { stream: true })).status).toBe(502)
    expect(elsewhere.connections).toBe(0)
  })

  it('when a client names another place in its request', async () => {
    const elsewhere = await vendorOf(saying(SPEAKERS.chat, 'Thanks for the key.'))
    const upstream = await vendorOf(saying(SPEAKERS.chat, 'Hello'))
    const gateway = await install({ providers: [provider('far', SPEAKERS.chat, upstream.url)] })
    const place = elsewhere.url
    const more = {
      api_base: place,
      base_url: place,
      baseUrl: place,
      user_config: { api_base: place },
      custom_host: place,
    }
    const answer = await generate(gateway, SPEAKERS.chat, 'gpt-5.5', more, {
      'x-portkey-custom-host': place,
      'x-base-url': place,
      'openai-base-url': place,
      'x-forwarded-host': new URL(place).host,
    })
    expect(SPEAKERS.chat.wordsOf(answer)).toBe('Hello')
    expect(elsewhere.connections).toBe(0)
  })
})

describe('header fields', () => {
  /** Names that a vendor may get, whoever asks. */
  const SENT: Readonly<Record<Speaker['type'], readonly string[]>> = {
    anthropic: ['x-api-key', 'anthropic-version', 'anthropic-beta'],
    openai: ['authorization', 'openai-beta'],
  }
  const OF_HTTP = new Set(['host', 'connection', 'content-type', 'content-length', 'accept', 'accept-encoding'])

  it('of a client reach a vendor only where its protocol knows them', async () => {
    await Promise.all(
      PAIRS.map(async ({ client, vendor }) => {
        const upstream = await vendorOf(saying(vendor, 'Hello'))
        const gateway = await install({ providers: [provider('far', vendor, upstream.url)] })
        const { origin: _, te: _te, ...headers } = CLIENT_HEADERS
        const more = {
          ...headers,
          'user-agent': 'client/1',
          'anthropic-beta': 'a-1',
          'openai-beta': 'b-1',
          'x-stainless-os': 'X',
        }
        await generate(gateway, client, `far/${vendor.model}`, {}, more)
        const names = Object.keys(upstream.requests[0]?.headers ?? {})
        const known =
          client === vendor ? SENT[vendor.type] : SENT[vendor.type].filter((name) => !name.endsWith('-beta'))
        expect(names.filter((name) => !OF_HTTP.has(name)).toSorted()).toEqual(known.toSorted())
      }),
    )
  })

  const RETURNED =
    /^(?:content-type|content-length|transfer-encoding|connection|keep-alive|date|cache-control|x-accel-buffering|request-id|x-request-id|x-ucr-[a-z]+)$/

  it('of a vendor do not reach a client', async () => {
    await Promise.all(
      PAIRS.map(async ({ client, vendor }) => {
        const upstream = await vendorOf(async (asked, reply) => {
          const headers = {
            ...VENDOR_HEADERS,
            'content-language': 'de',
            'x-ucr-provider': 'forged',
            'request-id': 'theirs',
          }
          if (!wantsStream(asked)) return reply.answer(200, JSON.stringify(vendor.whole('Hello')), headers)
          await reply.streamHead({ ...headers, trailer: 'x-late' })
          for (const event of vendor.stream('Hello')) await reply.chunk(event)
          return reply.write('0\r\nx-late: canary\r\n\r\n')
        })
        const gateway = await install({ providers: [provider('far', vendor, upstream.url)] })
        for (const stream of [false, true]) {
          const { headers } = await generate(gateway, client, `far/${vendor.model}`, { stream })
          expect(Object.keys(headers).filter((name) => !RETURNED.test(name))).toEqual([])
          expect(headers['x-ucr-provider']).toBe('far')
          expect(headers['request-id']).toMatch(/^[0-9a-f]{32}$/)
        }
      }),
    )
  })
})

describe('a key that a client must have', () => {
  it.each(EVERY_SPEAKER)('is asked for in one way, whatever was sent instead ($type)', async (client) => {
    const upstream = await vendorOf(saying(client, 'Hello'))
    const gateway = await install({
      auth: { keys: [{ name: 'me', key: SECRETS.clientKey }] },
      providers: [provider('far', client, upstream.url)],
    })
    const attempts: Record<string, string>[] = [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'wrong' },
      { 'x-api-key': `${SECRETS.clientKey}x` },
      { 'x-api-key': SECRETS.clientKey.slice(0, -1) },
      { 'x-api-key': SECRETS.clientKey.toUpperCase() },
      { authorization: 'Bearer' },
      { authorization: `Basic ${SECRETS.clientKey}` },
      { authorization: `Bearer${SECRETS.clientKey}` },
      { authorization: "Bearer ' OR '1'='1" },
      { authorization: `Bearer ${'x'.repeat(16 * 1024)}` },
      { 'x-api-key': '"; DROP TABLE keys; --' },
      { cookie: `x-api-key=${SECRETS.clientKey}` },
    ]
    const bodies = await Promise.all(
      attempts.map(async (headers) => {
        const answer = await refusal(gateway, client, headers)
        return answer.text.replaceAll(answer.headers['request-id'] ?? '', 'ID')
      }),
    )
    expect(new Set(bodies).size).toBe(1)
    expect(upstream.requests).toHaveLength(0)
  })

  it('is taken from either header, in any case of the scheme', async () => {
    const { chat } = SPEAKERS
    const upstream = await vendorOf(saying(chat, 'Hello'))
    const gateway = await install({
      auth: { keys: [{ name: 'me', key: SECRETS.clientKey }] },
      providers: [provider('far', chat, upstream.url)],
    })
    for (const headers of [
      { 'x-api-key': SECRETS.clientKey },
      { authorization: `Bearer ${SECRETS.clientKey}` },
      { authorization: `bEARER  ${SECRETS.clientKey} ` },
      { 'x-goog-api-key': SECRETS.clientKey },
    ]) {
      expect((await generate(gateway, chat, 'gpt-5.5', {}, headers as Record<string, string>)).status).toBe(200)
    }
  })
})

async function refusal(gateway: TestGateway, client: Speaker, headers: Record<string, string>): Promise<Answer> {
  const answer = await generate(gateway, client, client.model, {}, headers)
  expect(answer.status).toBe(401)
  expect(answer.headers).toMatchObject({ 'x-ucr-error': 'unauthorized', 'x-should-retry': 'false' })
  expect(client.errorOf(answer)['type']).toBe('authentication_error')
  return answer
}
