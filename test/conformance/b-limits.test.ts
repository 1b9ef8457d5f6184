import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readMessagesStream } from './messages-stream.ts'
import { completion } from './chat-vendor.ts'
import { said } from './claude-code.ts'
import { CHAT, CHAT_HOST, MESSAGES, answering, startBench } from './harness.ts'
import type { Json } from './harness.ts'
import { PLANS, bodyOf, dropped, install, provider, scripted, simulated } from './installation.ts'
import type { Installation } from './installation.ts'
import { answer } from './messages-vendor.ts'
import type { Upstream } from '../support/upstream.ts'

const greeting = answering(answer([said('Hi')]))
const chatGreeting = answering({ whole: completion({ content: 'Hi' }) })

describe('how much a model may write', () => {
  it.each(PLANS)('55 max_tokens 0: a Messages vendor is asked to warm its cache (plan %s)', async (plan) => {
    const bench = await startBench(MESSAGES, answering(answer([], 'max_tokens')), { plan })
    const reply = await bench.messages({ max_tokens: 0 })
    expect([reply.status, dropped(reply)]).toEqual([200, []])
    expect(bench.asked()['max_tokens']).toBe(0)
    expect(reply.json()['content']).toEqual([])
  })

  it.each([CHAT, CHAT_HOST])('55 max_tokens 0: $type is not asked at all, and nothing is used', async (vendor) => {
    const bench = await startBench(vendor, chatGreeting)
    const none = { input_tokens: 0, output_tokens: 0 }
    const reply = await bench.messages({ max_tokens: 0 })
    expect(reply.status, reply.text).toBe(200)
    expect(reply.json()).toMatchObject({ type: 'message', content: [], stop_reason: 'max_tokens', usage: none })
    const streamed = await bench.messages({ max_tokens: 0, stream: true })
    const { message, error } = readMessagesStream(streamed.events)
    expect(error).toBeNull()
    expect(message).toMatchObject({ content: [], stop_reason: 'max_tokens', usage: none })
    expect(bench.upstream.requests).toHaveLength(0)
    expect((await bench.recordOf(streamed))['status']).toBe('complete')
  })

  const SMALL = { settings: { capabilities: { maxOutputTokens: 8192 } } }

  it.each([
    ['auto', MESSAGES],
    ['translate', MESSAGES],
    ['auto', CHAT_HOST],
  ])(
    '56 128000 max_tokens to a 8k model: it is asked for 8k, and the reply says so (plan %s, %j)',
    async (plan, vendor) => {
      const script = vendor === MESSAGES ? greeting : chatGreeting
      const bench = await startBench({ ...vendor, ...SMALL }, script, { plan })
      const reply = await bench.messages({ max_tokens: 128000 })
      expect([reply.status, dropped(reply)]).toEqual([200, ['max_tokens']])
      expect(bench.asked()['max_tokens']).toBe(8192)
      expect(dropped(await bench.messages({ max_tokens: 8192 }))).toEqual([])
    },
  )

  it.each(PLANS)('56 128000 max_tokens to a 8k model: in strict mode it is refused (plan %s)', async (plan) => {
    const bench = await startBench({ ...MESSAGES, ...SMALL }, greeting, { plan })
    const reply = await bench.messages({ max_tokens: 128000 }, { 'x-ucr-strict': 'true' })
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('max_tokens')
    expect(bench.upstream.requests).toHaveLength(0)
  })
})

const MB = 1024 * 1024

async function atWork(): Promise<{ installation: Installation; upstream: Upstream }> {
  const upstream = await scripted((asked, reply) =>
    (asked.path.includes('chat') ? chatGreeting : greeting)(asked, reply),
  )
  const installation = await install({
    providers: [
      provider('work', 'anthropic', upstream, ['claude-opus-5-5', 'claude-3-haiku-20240307']),
      provider('gpt', 'openai', upstream, ['gpt-5.5']),
    ],
    logging: { level: 'info' },
  })
  return { installation, upstream }
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const message = (rest: string, model = 'claude-opus-5-5'): string =>
  `{"model":"${model}","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]${rest}}`

/** What is refused is refused in the client's protocol, and the gateway lives on. */
async function expectRefused(
  { installation, upstream }: Awaited<ReturnType<typeof atWork>>,
  body: string | Buffer,
  status: number,
  headers: Record<string, string> = {},
): Promise<Json> {
  const asked = upstream.requests.length
  const reply = await installation.messages(body, headers)
  expect([reply.status, reply.headers['x-should-retry']], reply.text).toEqual([status, 'false'])
  expect(upstream.requests).toHaveLength(asked)
  expect((await installation.messages(message(''))).status).toBe(200)
  const { type, error } = reply.json()
  expect(type).toBe('error')
  return error as Json
}

describe('hostile bodies', () => {
  it.each([
    ['model', message(',"model":"gpt/gpt-5.5"')],
    ['model, spelled another way', message(',"\\u006dodel":"gpt/gpt-5.5"')],
    ['messages', message(',"messages":[]')],
    ['stream', message(',"stream":true,"stream":false')],
    ['tools', message(',"tools":[],"tools":[]')],
  ])('62 duplicate JSON keys: %s twice is refused, for parsers differ in which one counts', async (_, body) => {
    const world = await atWork()
    expect(await expectRefused(world, body, 400)).toMatchObject({ type: 'invalid_request_error' })
  })

  it.each([
    [
      'in a message',
      '{"model":"gpt/gpt-5.5","max_tokens":9,"messages":[{"role":"user","role":"system","content":"Hi"}]}',
    ],
    [
      'in a block',
      '{"model":"gpt/gpt-5.5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}]}',
    ],
    ['in a tool', message(',"tools":[{"name":"a","name":"b","input_schema":{"type":"object"}}]', 'gpt/gpt-5.5')],
  ])('62 duplicate JSON keys: %s they are refused where they are read', async (_, body) => {
    await expectRefused(await atWork(), body, 400)
  })

  it('62 duplicate JSON keys: in what is only carried on they stay', async () => {
    const { installation, upstream } = await atWork()
    const schema = '{"type":"object","properties":{"a":{"const":1,"const":2}}}'
    const body = message(`,"tools":[{"name":"a","input_schema":${schema}}]`)
    expect((await installation.messages(body)).status).toBe(200)
    expect(upstream.requests[0]?.body.toString('utf8')).toContain(schema)
  })

  it.each([
    ['10 000 levels at the root', message(`,"x":${nested(10_000)}`)],
    [
      '10 000 levels in a block',
      `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[${nested(10_000)}]}]}`,
    ],
    ['10 000 objects', message(`,"x":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)],
    ['3 000 000 levels that never end', message(`,"x":${'['.repeat(3_000_000)}`)],
    ['257 levels', message(`,"x":${nested(256)}`)],
  ])('62 deep nesting: %s are refused', async (_, body) => {
    expect(await expectRefused(await atWork(), body, 400)).toMatchObject({ type: 'invalid_request_error' })
  })

  it.each(['claude-opus-5-5', 'gpt/gpt-5.5'])('62 deep nesting: 250 levels reach %s', async (model) => {
    const { installation, upstream } = await atWork()
    const schema = `{"type":"object","properties":{},"x":${nested(240)}}`
    const reply = await installation.messages(message(`,"tools":[{"name":"a","input_schema":${schema}}]`, model))
    expect(reply.status, reply.text).toBe(200)
    expect(upstream.requests[0]?.body.toString('utf8')).toContain(nested(240))
  })

  it('62 deep nesting: of an answer it fails that answer only', async () => {
    const upstream = await scripted((_asked, reply) => reply.answer(200, `{"content":${nested(10_000)}}`))
    for (const plan of PLANS) {
      const { messages } = await install({
        plan,
        providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
      })
      const reply = await messages(message(''))
      expect([reply.status, (reply.json()['error'] as Json)['type']]).toEqual([502, 'api_error'])
    }
  })

  it.each([
    ['one that says so', {}],
    ['one that is compressed', { 'content-encoding': 'gzip' }],
  ])('62 32 MB body: %s and is larger is refused', async (_, headers: Record<string, string>) => {
    const world = await atWork()
    const body = Buffer.from(message(`,"x":"${'x'.repeat(32 * MB)}"`))
    const sent = 'content-encoding' in headers ? gzipSync(body) : body
    expect(await expectRefused(world, sent, 413, headers)).toMatchObject({ type: 'request_too_large' })
  })

  it('62 32 MB body: one that fits is served, byte for byte', async () => {
    const simulator = await simulated()
    const model = 'text?extra=allow'
    const { messages } = await install({ providers: [provider('work', 'anthropic', simulator, [model])] })
    const body = Buffer.from(message(`,"x":"${'é'.repeat(15 * MB)}"`, model))
    expect((await messages(body)).status).toBe(200)
    expect(simulator.requests[0]?.body.equals(body)).toBe(true)
  })
})

const CODINGS = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
  deflate: deflateSync,
  GZIP: gzipSync,
} as const satisfies Record<string, (bytes: Buffer) => Buffer>

describe('compressed requests', () => {
  it.each(Object.entries(CODINGS))(
    '63 request content-encoding: %s is undone for every vendor',
    async (coding, compress) => {
      const { installation, upstream } = await atWork()
      for (const model of ['claude-opus-5-5', 'gpt/gpt-5.5']) {
        const reply = await installation.messages(compress(Buffer.from(message(',"temperature":1', model))), {
          'content-encoding': coding,
        })
        expect(reply.status, reply.text).toBe(200)
        expect(upstream.requests.at(-1)?.headers).not.toHaveProperty('content-encoding')
        expect(JSON.stringify(bodyOf(upstream))).toContain('Hi')
      }
    },
  )

  it('63 request content-encoding: what passes is passed as it was before it was compressed', async () => {
    const { installation, upstream } = await atWork()
    const body = Buffer.from(message(',"x": 1.0'))
    await installation.messages(gzipSync(body), { 'content-encoding': 'gzip' })
    expect(upstream.requests[0]?.body.equals(body)).toBe(true)
  })

  it('63 request content-encoding: bare deflate data is read as well', async () => {
    const { installation } = await atWork()
    const body = deflateRawSync(Buffer.from(message('')))
    expect((await installation.messages(body, { 'content-encoding': 'deflate' })).status).toBe(200)
  })

  it.each([
    ['gzip', gzipSync],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['zstd', zstdCompressSync],
  ] as const)('63 request content-encoding: a bomb of %s is 413', async (coding, compress) => {
    const bomb = compress(Buffer.alloc(64 * MB, ' '))
    expect(bomb.length).toBeLessThan(MB)
    expect(await expectRefused(await atWork(), bomb, 413, { 'content-encoding': coding })).toMatchObject({
      type: 'request_too_large',
    })
  })

  it.each([
    ['an unknown coding', 'compress', Buffer.from('x'), 415],
    ['a coding upon a coding', 'gzip, gzip', gzipSync(gzipSync(Buffer.from(message('')))), 415],
    ['what is not compressed at all', 'gzip', Buffer.from(message('')), 400],
    ['what is cut off', 'gzip', gzipSync(Buffer.from(message(''))).subarray(0, 40), 400],
  ])('63 request content-encoding: %s is refused', async (_, coding, body, status) => {
    await expectRefused(await atWork(), body, status, { 'content-encoding': coding })
  })
})
