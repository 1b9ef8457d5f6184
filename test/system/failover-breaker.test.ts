import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway.ts'
import { explained, generate, install, provider, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import type { UpstreamReply, UpstreamRequest } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

/** Milliseconds: longer than any test. */
const RESET = 60 * 60_000
const BREAKER = { minimumRequests: 3, errorThresholdPercentage: 50, resetTimeout: '1h' }

/** A vendor that fails until it is told to do something else. */
class Switchable {
  requests = 0
  serve: (asked: UpstreamRequest, reply: UpstreamReply) => void | Promise<void>

  constructor() {
    this.serve = this.fail
  }

  readonly fail = (_asked: UpstreamRequest, reply: UpstreamReply): Promise<void> =>
    reply.answer(500, JSON.stringify(chat.error('Broken.')))

  readonly script = async (asked: UpstreamRequest, reply: UpstreamReply): Promise<void> => {
    this.requests++
    await this.serve(asked, reply)
  }
}

async function healthOf({ url }: TestGateway, key: string): Promise<Json | undefined> {
  const { deployments } = (await ask(`${url}/health/detailed`)).json() as { deployments: Json[] }
  return deployments.find((deployment) => deployment['key'] === key)
}

/** From now on the clock is ahead by as long as a breaker stays open: nobody has to wait for it. */
async function untilHalfOpen(gateway: TestGateway, key: string): Promise<void> {
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + RESET)
  onTestFinished(() => clock.mockRestore())
  expect((await healthOf(gateway, key))?.['state']).toBe('half-open')
}

async function installPair(): Promise<{ gateway: TestGateway; first: Switchable }> {
  const first = new Switchable()
  const gateway = await install({
    providers: [
      provider('first', chat, (await vendorOf(first.script)).url),
      provider('second', chat, (await vendorOf(saying(chat, 'From the second.'))).url),
    ],
    models: { any: ['first/gpt-5.5', 'second/gpt-5.5'] },
    retry: { attempts: 1 },
    breaker: BREAKER,
  })
  return { gateway, first }
}

/** Opens the breaker of the first provider. */
async function breakFirst(gateway: TestGateway): Promise<void> {
  for (let count = 0; count < BREAKER.minimumRequests; count++) {
    expect((await generate(gateway, chat, 'any')).headers['x-ucr-attempts']).toBe('2')
  }
}

describe('a provider that keeps failing', () => {
  it('is left alone, which explain and health tell', async () => {
    const { gateway, first } = await installPair()
    await breakFirst(gateway)
    expect(await healthOf(gateway, 'first/gpt-5.5')).toMatchObject({ state: 'open', failures: 3 })
    expect(await explained(gateway, chat, chat.request('any'))).toMatchObject({
      chosen: 'second/gpt-5.5',
      exclusions: [
        { deployment: 'first/gpt-5.5', why: expect.stringMatching(/^breaker open for 3(?:600|599) s more$/) },
      ],
    })
    const answer = await generate(gateway, chat, 'any')
    expect(answer.headers).toMatchObject({ 'x-ucr-attempts': '1', 'x-ucr-provider': 'second' })
    expect(first.requests).toBe(3)
    expect((await ask(`${gateway.url}/health`)).json()['status']).toBe('degraded')
  })

  it('is probed by one request at a time, and is back when that succeeds', async () => {
    const { gateway, first } = await installPair()
    await breakFirst(gateway)
    await untilHalfOpen(gateway, 'first/gpt-5.5')
    const probe = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    first.serve = async (asked, reply) => {
      arrived.resolve()
      await probe.promise
      await saying(chat, 'From the first.')(asked, reply)
    }
    const probing = generate(gateway, chat, 'any')
    await arrived.promise
    const others = await Promise.all(Array.from({ length: 10 }, () => generate(gateway, chat, 'any')))
    expect(others.map((answer) => chat.wordsOf(answer))).toEqual(others.map(() => 'From the second.'))
    expect(first.requests).toBe(4)
    probe.resolve()
    expect(chat.wordsOf(await probing)).toBe('From the first.')
    expect(await healthOf(gateway, 'first/gpt-5.5')).toMatchObject({ state: 'closed', failures: 0 })
    expect(chat.wordsOf(await generate(gateway, chat, 'any'))).toBe('From the first.')
  })

  it('many requests that arrive at once for the probe: one goes, the others fall through', async () => {
    const { gateway, first } = await installPair()
    await breakFirst(gateway)
    await untilHalfOpen(gateway, 'first/gpt-5.5')
    const answers = await Promise.all(Array.from({ length: 20 }, () => generate(gateway, chat, 'any')))
    expect(first.requests).toBe(4)
    expect(new Set(answers.map((answer) => chat.wordsOf(answer)))).toEqual(new Set(['From the second.']))
    expect((await healthOf(gateway, 'first/gpt-5.5'))?.['state']).toBe('open')
  })

  it('a probe whose client leaves makes room for another', async () => {
    const { gateway, first } = await installPair()
    await breakFirst(gateway)
    await untilHalfOpen(gateway, 'first/gpt-5.5')
    const held = Promise.withResolvers<UpstreamReply>()
    first.serve = (_asked, reply) => held.resolve(reply)
    const leaving = new AbortController()
    const left = fetch(`${gateway.url}${chat.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chat.request('any')),
      signal: leaving.signal,
    }).catch(() => 'left')
    const { closed } = await held.promise
    leaving.abort()
    expect(await left).toBe('left')
    await closed
    first.serve = saying(chat, 'From the first.')
    expect(chat.wordsOf(await generate(gateway, chat, 'any'))).toBe('From the first.')
  })

  it.each(EVERY_SPEAKER)('and has nobody beside it: $type clients are told how long to wait', async (client) => {
    const first = new Switchable()
    const { url } = await vendorOf(first.script)
    const gateway = await install({
      providers: [provider('only', chat, url)],
      retry: { attempts: 1 },
      breaker: { ...BREAKER, resetTimeout: '20s' },
    })
    for (let count = 0; count < 3; count++) {
      expect((await generate(gateway, client, 'only/gpt-5.5')).headers['x-ucr-error']).toBe('upstream_failed')
    }
    const refused = await generate(gateway, client, 'only/gpt-5.5')
    expect(refused.status).toBe(503)
    expect(refused.headers).toMatchObject({ 'x-ucr-error': 'no_candidate', 'x-should-retry': 'true' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(17)
    expect(client.errorOf(refused)['type']).toBe('overloaded_error')
    expect(first.requests).toBe(3)
    expect((await ask(`${gateway.url}/health`)).status).toBe(503)
  })

  it('tells why it failed even when its breaker opens between two tries', async () => {
    const first = new Switchable()
    const { url } = await vendorOf(first.script)
    const gateway = await install({
      providers: [provider('only', chat, url)],
      retry: { attempts: 2, budget: 1 },
      breaker: { ...BREAKER, minimumRequests: 1 },
    })
    const answer = await generate(gateway, chat, 'gpt-5.5')
    expect(answer.status).toBe(500)
    expect(answer.headers).toMatchObject({ 'x-ucr-error': 'upstream_failed', 'x-ucr-attempts': '1' })
    expect(chat.errorOf(answer)['message']).toBe('Broken.')
  })
})

describe('what opens the breaker of a provider, too:', () => {
  it.each(EVERY_SPEAKER)('streams that break off ($type)', async (speaker) => {
    const { url } = await vendorOf(async (_asked, reply) => {
      await reply.streamHead()
      for (const event of speaker.opening('Half an ')) await reply.chunk(event)
      reply.reset()
    })
    await opensBy(speaker, url)
  })

  it.each(EVERY_SPEAKER)('streams whose words are no JSON ($type)', async (speaker) => {
    const { url } = await vendorOf(async (_asked, reply) => {
      await reply.streamHead()
      for (const event of speaker.opening('Half an ')) await reply.chunk(event)
      for (const event of speaker.rest('answer')) await reply.chunk(event.replace('"answer"', '"answer'))
      await reply.lastChunk()
    })
    await opensBy(speaker, url)
  })

  async function opensBy(speaker: Speaker, url: string): Promise<void> {
    const gateway = await install({ providers: [provider('only', speaker, url)], breaker: BREAKER })
    const stream = async () => await generate(gateway, speaker, speaker.model, { stream: true })
    for (let count = 0; count < 3; count++) expect((await stream()).status).toBe(200)
    expect(await healthOf(gateway, `only/${speaker.model}`)).toMatchObject({ state: 'open', failures: 3 })
    expect((await stream()).status).toBe(503)
  }
})

describe('what says nothing about a provider does not open its breaker:', () => {
  it.each([
    ['a request that is wrong', 400],
    ['a name that it does not know', 404],
  ])('%s', async (_name, status) => {
    const { url } = await vendorOf((_asked, reply) => reply.answer(status, JSON.stringify(chat.error('No.'))))
    const gateway = await install({ providers: [provider('only', chat, url)], breaker: BREAKER })
    for (let count = 0; count < 6; count++) expect((await generate(gateway, chat, 'gpt-5.5')).status).toBe(status)
    expect(await healthOf(gateway, 'only/gpt-5.5')).toMatchObject({ state: 'closed', failures: 0 })
  })

  it('clients that leave', async () => {
    const upstream = await vendorOf(() => {})
    const gateway = await install({ providers: [provider('only', chat, upstream.url)], breaker: BREAKER })
    for (let count = 0; count < 6; count++) {
      const leaving = new AbortController()
      const left = fetch(`${gateway.url}${chat.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(chat.request('gpt-5.5')),
        signal: leaving.signal,
      }).catch(() => 'left')
      await upstream.nextRequest()
      leaving.abort()
      await left
    }
    await gateway.logged(() => gateway.log.filter(({ status }) => status === 'client_closed').length === 6)
    expect(await healthOf(gateway, 'only/gpt-5.5')).toMatchObject({ state: 'closed', failures: 0, successes: 0 })
  })

  it.each([true, false])('clients that hardly wait (stream: %s)', async (stream) => {
    let silent = true
    const upstream = await vendorOf(async (asked, reply) => {
      if (!silent) await saying(chat, 'In time.')(asked, reply)
    })
    const gateway = await install({ providers: [provider('only', chat, upstream.url)], breaker: BREAKER })
    const hasty = await Promise.all(
      Array.from({ length: 6 }, () => generate(gateway, chat, 'gpt-5.5', { stream }, { 'x-stainless-timeout': '0.1' })),
    )
    expect(hasty.map(({ status, headers }) => [status, headers['x-ucr-error']])).toEqual(
      hasty.map(() => [504, 'upstream_timeout']),
    )
    expect(await healthOf(gateway, 'only/gpt-5.5')).toMatchObject({ state: 'closed', failures: 0 })
    silent = false
    const patient = await generate(gateway, chat, 'gpt-5.5', { stream }, { 'x-stainless-timeout': '600' })
    expect(chat.wordsOf(patient)).toBe('In time.')
  })

  it('and one model of an account says nothing of another', async () => {
    const { url } = await vendorOf(async (asked, reply) => {
      if ((asked.json() as Json)['model'] === 'claude-sonnet-5')
        await reply.answer(500, JSON.stringify(messages.error('No.')))
      else await saying(messages, 'Fine.')(asked, reply)
    })
    const gateway = await install({
      providers: [provider('only', messages, url, { models: ['claude-sonnet-5', 'claude-haiku-4-5'] })],
      retry: { attempts: 1 },
      breaker: BREAKER,
    })
    for (let count = 0; count < 4; count++) await generate(gateway, messages, 'claude-sonnet-5')
    expect((await generate(gateway, messages, 'claude-sonnet-5')).status).toBe(503)
    expect(messages.wordsOf(await generate(gateway, messages, 'claude-haiku-4-5'))).toBe('Fine.')
  })
})

describe('a model that nobody has', () => {
  it.each(EVERY_SPEAKER)('is 404 in the words of $type, with the nearest name', async (client) => {
    const { url } = await vendorOf(saying(chat, 'Hello.'))
    const gateway = await install({
      providers: [provider('only', chat, url)],
      models: { 'fast-model': 'only/gpt-5.5', 'slow-model': 'only/gpt-5.5' },
    })
    const answer = await generate(gateway, client, 'fast-modle')
    expect(answer.status).toBe(404)
    expect(answer.headers).toMatchObject({ 'x-ucr-error': 'model_not_found', 'x-should-retry': 'false' })
    expect(client.errorOf(answer)).toMatchObject({
      type: 'not_found_error',
      message: 'No model is called "fast-modle". Did you mean "fast-model"?',
    })
  })
})
