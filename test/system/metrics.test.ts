import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const MODEL = `far/${chat.model}`

/** `GET /debug/metrics`, by the path to a value in it. */
async function figures(gateway: TestGateway): Promise<(path: string) => unknown> {
  const { status, text } = await ask(`${gateway.url}/debug/metrics`)
  expect(status).toBe(200)
  const page: unknown = JSON.parse(text)
  return (path) => path.split('.').reduce((at, name) => (at as Json | undefined)?.[name], page)
}

async function samples(gateway: TestGateway): Promise<readonly string[]> {
  const { headers, text } = await ask(`${gateway.url}/metrics`)
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  return text.split('\n')
}

async function gatewayOf(script: UpstreamScript, config: ConfigFile = {}): Promise<TestGateway> {
  const upstream = await vendorOf(script)
  return install({ providers: [provider('far', chat, upstream.url)], ...config })
}

/** Asks, and waits until the gateway has counted it. */
async function counted(gateway: TestGateway, more: Json = {}): Promise<Answer> {
  const answer = await generate(gateway, chat, MODEL, more)
  await recordOf(gateway, answer.headers['x-request-id'])
  return answer
}

const refusing: UpstreamScript = (_asked, reply) => reply.answer(400, JSON.stringify(chat.error('no')))

describe('GET /debug/metrics', () => {
  it('has the shape that tools of the earlier program read', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    await counted(gateway)
    const at = await figures(gateway)
    for (const path of [
      ...['total', 'streaming', 'nonStreaming', 'errors'].map((name) => `performance.requests.${name}`),
      ...['avgLatency', 'requestsPerSecond', 'errorRate'].map((name) => `performance.performance.${name}`),
      ...['hits', 'misses', 'hitRate'].map((name) => `performance.cache.${name}`),
      ...['hits', 'misses', 'hitRate', 'l1Size', 'l2Size', 'evictions'].map((name) => `cache.manager.${name}`),
      ...['size', 'calculatedSize', 'maxSize'].map((name) => `cache.response.${name}`),
      'performance.uptime',
      'cache.metadata.tokenCountCacheSize',
      'uptime',
      'timestamp',
    ]) {
      expect(at(path), path).toBeTypeOf('number')
    }
    for (const name of ['heapUsed', 'heapTotal', 'rss', 'external']) {
      expect(at(`memory.${name}`)).toMatch(/^\d+ MB$/)
    }
    expect(Number.parseInt(String(at('memory.rss')), 10)).toBeGreaterThan(10)
    expect(Math.abs(Number(at('timestamp')) - Date.now())).toBeLessThan(60_000)
  })

  it('counts requests by their kind', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    await counted(gateway)
    await counted(gateway, { stream: true })
    await counted(gateway, { stream: true })
    const at = await figures(gateway)
    expect(at('performance.requests')).toMatchObject({ total: 3, streaming: 2, nonStreaming: 1, errors: 0 })
    expect(at('performance.performance.errorRate')).toBe(0)
    expect(at('performance.fastPath')).toEqual({ fastPath: 3, total: 3, share: 1 })
    expect(await samples(gateway)).toEqual(
      expect.arrayContaining([
        'ucr_requests_total{protocol="openai-chat",outcome="complete"} 3',
        'ucr_streaming_requests_total 2',
        'ucr_request_duration_seconds_count{stream="true"} 2',
        'ucr_time_to_first_byte_seconds_count{stream="false"} 1',
        'ucr_time_to_first_byte_seconds_count{stream="true"} 2',
        'ucr_time_to_first_token_seconds_count 2',
        'ucr_fast_path_answers_total 3',
      ]),
    )
  })

  it('counts what was translated apart from what passed', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    await counted(gateway)
    const translated = await generate(gateway, messages, MODEL)
    await recordOf(gateway, translated.headers['request-id'])
    expect((await figures(gateway))('performance.fastPath')).toEqual({ fastPath: 1, total: 2, share: 0.5 })
  })

  it('measures times and rates of the last minute', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    for (let count = 0; count < 4; count++) await counted(gateway)
    const at = await figures(gateway)
    const { avgLatency, p50, p95, p99, requestsPerSecond } = at('performance.performance') as Record<string, number>
    expect(avgLatency).toBeGreaterThan(0)
    expect(p50).toBeGreaterThan(0)
    expect(p95).toBeGreaterThanOrEqual(p50!)
    expect(p99).toBeGreaterThanOrEqual(p95!)
    expect(requestsPerSecond).toBeGreaterThan(0)
    expect(requestsPerSecond).toBeLessThanOrEqual(4)
  })

  it('counts errors by whose they are and by their code, and no miss of a cache among them', async () => {
    const gateway = await gatewayOf(refusing)
    await counted(gateway)
    await ask(`${gateway.url}/v1/chat/completions`, { body: '{' })
    await gateway.logged((line) => line['errorCode'] === 'invalid_json')
    const at = await figures(gateway)
    expect(at('performance.requests')).toMatchObject({ total: 2, errors: 2, rejected: 2, failed: 0 })
    expect(at('performance.performance')).toMatchObject({ errorRate: 1, recentErrorRate: 1 })
    expect(at('performance.cache')).toMatchObject({ hits: 0, misses: 0 })
    expect(at('errors')).toEqual({ upstream_invalid_request: 1, invalid_json: 1 })
  })

  it('counts streams that break after their head, and tries that failed before', async () => {
    let calls = 0
    const gateway = await gatewayOf(async (_asked, reply) => {
      if (++calls === 1) return reply.answer(500, JSON.stringify(chat.error('later')))
      await reply.streamHead()
      for (const event of chat.opening('Hel')) await reply.chunk(event)
      reply.reset()
    })
    const answer = await generate(gateway, chat, MODEL, { stream: true })
    await recordOf(gateway, answer.headers['x-request-id'])
    const at = await figures(gateway)
    expect(at('performance.requests')).toMatchObject({ total: 1, errors: 1 })
    expect(at('providers.far.failedAttempts')).toBeGreaterThanOrEqual(1)
    expect(at('providers.far.requests')).toBe(1)
  })

  it('shows what is under way, and who left', async () => {
    const gateway = await gatewayOf(async (_asked, reply) => {
      await reply.streamHead()
      for (const event of chat.opening('Hel')) await reply.chunk(event)
      await reply.closed
    })
    const answer = await generateOpen(gateway, chat, MODEL)
    await answer.next()
    const during = await figures(gateway)
    expect(during('performance.requests.inFlight')).toBe(1)
    expect(during('pool.0.running')).toBe(1)
    answer.leave()
    await gateway.logged((line) => line['status'] === 'client_closed')
    const at = await figures(gateway)
    expect(at('performance.requests')).toMatchObject({ total: 1, errors: 0, clientClosed: 1, inFlight: 0 })
    expect(at('pool.0')).toMatchObject({ running: 0, closed: 1 })
  })

  it('counts tokens, bytes and fields that were lost', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    const answer = await generate(gateway, messages, MODEL, { top_k: 5 })
    const line = await recordOf(gateway, answer.headers['request-id'])
    const at = await figures(gateway)
    expect(line).toMatchObject({ dropped: 'top_k' })
    expect(at('tokens')).toMatchObject({
      input: line['inputTokens'],
      output: line['outputTokens'],
      losses: 1,
      requestBytes: line['requestBytes'],
      replyBytes: line['replyBytes'],
    })
    expect(at('tokens.input')).toBeGreaterThan(0)
    expect(at('providers.far')).toMatchObject({ requests: 1, input: line['inputTokens'], output: line['outputTokens'] })
  })

  it('shows the response cache: what it has, what it found and what not', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    for (let count = 0; count < 3; count++) await counted(gateway, { temperature: 0 })
    await counted(gateway, { temperature: 1 })
    const at = await figures(gateway)
    expect(at('performance.cache')).toEqual({ hits: 2, misses: 1, hitRate: 2 / 3 })
    expect(at('cache.response')).toMatchObject({ size: 1, hits: 2, misses: 1, maxSize: 50 * 1024 * 1024 })
    expect(at('cache.response.calculatedSize')).toBeGreaterThan(0)
    expect(at('coalescing')).toMatchObject({ inFlight: 0, leaders: 1, followers: 0 })
    // Who asked no vendor has no part in what a vendor did.
    expect(at('providers.far.requests')).toBe(2)
  })

  it('shows the caches for what is found out again and again', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    const count = (): Promise<Answer> =>
      ask(`${gateway.url}/v1/messages/count_tokens`, { headers: messages.headers, body: messages.request(MODEL) })
    await count()
    const once = await figures(gateway)
    expect(once('cache.metadata.tokenCountCacheSize')).toBe(1)
    expect(once('cache.manager.l1Size')).toBeGreaterThan(0)
    await count()
    const twice = await figures(gateway)
    expect(twice('cache.manager.hits')).toBeGreaterThan(Number(once('cache.manager.hits')))
    expect(twice('cache.manager.hitRate')).toBeGreaterThan(0)
  })

  it('shows connections, and calls that wait for one', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const gateway = await gatewayOf(
      async (asked, reply) => {
        await promise
        await saying(chat, 'Hello')(asked, reply)
      },
      { upstream: { connections: 1 }, cache: { coalesce: false } },
    )
    const answers = [counted(gateway), counted(gateway)]
    let at = await figures(gateway)
    while (at('pool.0.pending') !== 1) at = await figures(gateway)
    expect(at('pool.0')).toMatchObject({ connected: 1, running: 1, free: 0, opened: 1 })
    resolve()
    await Promise.all(answers)
    at = await figures(gateway)
    expect(at('pool.0')).toMatchObject({ running: 0, pending: 0, requests: 2, errors: 0 })
  })

  it('shows a deployment that fails: its breaker, and the connections that were refused', async () => {
    const gateway = await install({
      providers: [provider('far', chat, await deadUrl())],
      breaker: { minimumRequests: 1 },
    })
    await counted(gateway)
    const at = await figures(gateway)
    expect(at('breakers.0')).toMatchObject({ key: MODEL, state: 'open', why: 'failed too often' })
    expect(at('pool.0.errors')).toBeGreaterThan(0)
    expect(at('performance.requests')).toMatchObject({ failed: 1, errors: 1 })
    expect(await samples(gateway)).toContain(`ucr_breaker_open{deployment="${MODEL}"} 1`)
  })

  it('shows names that were looked up', async () => {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    const gateway = await install({ providers: [provider('far', chat, `http://localhost:${upstream.port}`)] })
    await counted(gateway)
    expect((await figures(gateway))('dns')).toMatchObject({ size: 1, misses: 1, errors: 0 })
  })

  it('shows what compression saves', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello '.repeat(2000)), {
      server: { compression: { clients: 'all' } },
    })
    const answer = await generate(gateway, chat, MODEL, {}, { 'accept-encoding': 'gzip' })
    await recordOf(gateway, answer.headers['x-request-id'])
    const at = await figures(gateway)
    expect(at('compression.responses')).toBe(1)
    expect(at('compression.bytesIn')).toBeGreaterThan(12_000)
    expect(at('compression.savedBytes')).toBe(Number(at('compression.bytesIn')) - Number(at('compression.bytesOut')))
  })

  it('shows how near memory is to its end', async () => {
    const gateway = await gatewayOf(saying(chat, 'Hello'))
    const at = await figures(gateway)
    expect(at('memoryPressure')).toMatchObject({ underPressure: false, shedding: false, events: 0 })
    expect(at('memoryPressure.ratio')).toBeGreaterThan(0)
    expect(at('memoryPressure.ratio')).toBeLessThan(1)
  })
})

describe('both pages', () => {
  it('are for holders of a key, where there are keys', async () => {
    const key = 'client-key-0123456789'
    const gateway = await gatewayOf(saying(chat, 'Hello'), { auth: { keys: [{ name: 'me', key }] } })
    for (const path of ['/debug/metrics', '/metrics']) {
      expect((await ask(`${gateway.url}${path}`)).status).toBe(401)
      expect((await ask(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200)
    }
  })
})

describe('metrics of several workers', () => {
  let machine: UserMachine

  beforeEach(async () => {
    machine = await UserMachine.create()
  })

  afterEach(() => machine.close())

  it('are those of all of them, whoever is asked', async () => {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    await machine.writeConfig({ server: { port: 0 }, providers: [provider('far', chat, upstream.url)] })
    const running = machine.start(['start', '--workers', '2'])
    const [, url = ''] = await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    for (let count = 0; count < 10; count++) {
      await ask(`${url}${chat.path}`, { body: chat.request(MODEL, { stream: count % 2 === 0 }) })
    }
    for (let count = 0; count < 4; count++) {
      const page = (await ask(`${url}/debug/metrics`)).json()
      expect(page['processes']).toBe(2)
      expect(page['performance']).toMatchObject({ requests: { total: 10, streaming: 5, errors: 0 } })
      const { text } = await ask(`${url}/metrics`)
      expect(text).toContain('ucr_time_to_first_token_seconds_count 5\n')
    }
  })
})

/** Where nobody listens. */
async function deadUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
