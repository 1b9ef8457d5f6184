import { describe, expect, it } from 'vitest'
import type { Json } from '../support/ask.ts'
import { explained, failedAttempts, generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, PAIRS, SPEAKERS, saying, wantsStream } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import type { UpstreamScript } from '../support/upstream.ts'

const named = PAIRS.map(({ client, vendor }) => ({
  client,
  vendor,
  pair: `${client.type} client, ${vendor.type} vendor`,
}))

const refusing =
  (vendor: Speaker, status: number, error: Json = {}, headers: Record<string, string> = {}): UpstreamScript =>
  (_asked, reply) =>
    reply.answer(status, JSON.stringify(vendor.error('The vendor says no.', error)), headers)

describe('after the first byte nothing is tried again:', () => {
  it.each(named)('$pair', async ({ client, vendor }) => {
    const first = await vendorOf(async (_asked, reply) => {
      await reply.streamHead()
      for (const event of vendor.opening('Half an ')) await reply.chunk(event)
      reply.reset()
    })
    const second = await vendorOf(saying(client, 'Another answer.'))
    const gateway = await install({
      providers: [provider('first', vendor, first.url), provider('second', client, second.url)],
      models: { any: [`first/${vendor.model}`, `second/${client.model}`] },
    })
    const answer = await generate(gateway, client, 'any', { stream: true })
    expect(answer.status).toBe(200)
    expect(answer.cut).toBe(false)
    expect(answer.text).toContain('Half an ')
    expect(client.errorOf(answer)['message']).toBe('Provider "first" broke off its answer.')
    expect(first.requests).toHaveLength(1)
    expect(second.requests).toHaveLength(0)
    expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({
      status: 'upstream_truncated',
      errorCode: 'upstream_truncated',
      httpStatus: 200,
      provider: 'first',
      attempts: 1,
    })
  })
})

describe('what is wrong with the request itself', () => {
  it.each(named)('is told at once: $pair', async ({ client, vendor }) => {
    const body = vendor.error('tools.0.name: must be unique', { type: 'invalid_request_error', param: 'tools.0.name' })
    const first = await vendorOf((_asked, reply) => reply.answer(400, JSON.stringify(body)))
    const second = await vendorOf(saying(client, 'Another answer.'))
    const gateway = await install({
      providers: [provider('first', vendor, first.url), provider('second', client, second.url)],
      models: { any: [`first/${vendor.model}`, `second/${client.model}`] },
    })
    const answer = await generate(gateway, client, 'any')
    expect(answer.status).toBe(400)
    expect(client.errorOf(answer)).toMatchObject({
      type: 'invalid_request_error',
      message: 'tools.0.name: must be unique',
    })
    if (client === vendor) expect(answer.json()).toEqual(body)
    expect(answer.headers).toMatchObject({ 'x-ucr-error': 'upstream_invalid_request', 'x-ucr-attempts': '1' })
    expect([first.requests.length, second.requests.length]).toEqual([1, 0])
    expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({ status: 'rejected', httpStatus: 400 })
  })
})

describe('a vendor that is asked too often', () => {
  it.each(named)('keeps its status, and its time to wait is passed on: $pair', async ({ client, vendor }) => {
    const upstream = await vendorOf(
      refusing(vendor, 429, { type: 'rate_limit_error' }, { 'retry-after': '1.2', 'x-internal': 'secret' }),
    )
    const gateway = await install({ providers: [provider('far', vendor, upstream.url)] })
    const answer = await generate(gateway, client, `far/${vendor.model}`)
    expect(answer.status).toBe(429)
    expect(answer.headers).toMatchObject({ 'retry-after': '2', 'x-should-retry': 'true' })
    expect(answer.headers).not.toHaveProperty('x-internal')
    expect(client.errorOf(answer)['type']).toBe('rate_limit_error')
    expect(upstream.requests).toHaveLength(1)
  })

  const TIMES: readonly (readonly [headers: Record<string, string>, seconds: string | undefined])[] = [
    [{ 'retry-after': '30' }, '30'],
    [{ 'retry-after': '0.1' }, '1'],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, '2'],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:07 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, '7'],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '1e400' }, '3600'],
    [{}, undefined],
  ]
  it.each(EVERY_SPEAKER.flatMap((speaker) => TIMES.map(([headers, seconds]) => ({ speaker, headers, seconds }))))(
    '$speaker.type: $headers means $seconds s',
    async ({ speaker, headers, seconds }) => {
      const upstream = await vendorOf(refusing(speaker, 429, {}, headers))
      const gateway = await install({ providers: [provider('far', speaker, upstream.url)] })
      const answer = await generate(gateway, speaker, speaker.model)
      expect(answer.status).toBe(429)
      expect(answer.headers['retry-after']).toBe(seconds)
    },
  )

  it('rests with that model only, and the rest of the account goes on', async () => {
    const chat = SPEAKERS.chat
    const busy = await vendorOf(async (asked, reply) => {
      const { model } = asked.json() as Json
      if (model === 'gpt-5.5') await refusing(chat, 429, {}, { 'retry-after': '600' })(asked, reply)
      else await saying(chat, 'From the same account.')(asked, reply)
    })
    const spare = await vendorOf(saying(chat, 'From the spare one.'))
    const gateway = await install({
      providers: [
        provider('busy', chat, busy.url, { models: ['gpt-5.5', 'gpt-5.5-mini'] }),
        provider('spare', chat, spare.url),
      ],
      models: { big: ['busy/gpt-5.5', 'spare/gpt-5.5'], small: ['busy/gpt-5.5-mini', 'spare/gpt-5.5'] },
    })
    for (const attempts of ['2', '1']) {
      const answer = await generate(gateway, chat, 'big')
      expect(chat.wordsOf(answer)).toBe('From the spare one.')
      expect(answer.headers['x-ucr-attempts']).toBe(attempts)
    }
    expect(chat.wordsOf(await generate(gateway, chat, 'small'))).toBe('From the same account.')
    expect(busy.requests).toHaveLength(2)
    expect(await explained(gateway, chat, chat.request('big'))).toMatchObject({
      chosen: 'spare/gpt-5.5',
      exclusions: [{ deployment: 'busy/gpt-5.5', why: expect.stringMatching(/^rate limited for (?:600|599) s more$/) }],
    })
  })

  it('is left for another account with the same vendor, each with its own key', async () => {
    const { messages } = SPEAKERS
    const upstream = await vendorOf(async (asked, reply) => {
      if (asked.headers['x-api-key'] === 'key-of-private-0123456789') await saying(messages, 'Paid.')(asked, reply)
      else await refusing(messages, 429, {}, { 'retry-after': '60' })(asked, reply)
    })
    const gateway = await install({
      providers: [
        provider('work', messages, upstream.url, { priority: 2 }),
        provider('private', messages, upstream.url, { priority: 1 }),
      ],
    })
    const answer = await generate(gateway, messages, messages.model)
    expect(messages.wordsOf(answer)).toBe('Paid.')
    expect(answer.headers).toMatchObject({ 'x-ucr-provider': 'private', 'x-ucr-attempts': '2' })
    expect(upstream.requests.map(({ headers }) => headers['x-api-key'])).toEqual([
      'key-of-work-0123456789',
      'key-of-private-0123456789',
    ])
  })

  it.each(named)(
    'and has nobody beside it is not asked again before its time, which clients are told: $pair',
    async ({ client, vendor }) => {
      const upstream = await vendorOf(refusing(vendor, 429, {}, { 'retry-after': '600' }))
      const gateway = await install({ providers: [provider('far', vendor, upstream.url)] })
      expect((await generate(gateway, client, `far/${vendor.model}`)).status).toBe(429)
      for (const stream of [false, true]) {
        const later = await generate(gateway, client, `far/${vendor.model}`, { stream })
        expect(later.status).toBe(429)
        expect(client.errorOf(later)['type']).toBe('rate_limit_error')
        expect(later.headers).toMatchObject({ 'x-ucr-error': 'upstream_rate_limited', 'x-ucr-attempts': '0' })
        expect(Number(later.headers['retry-after'])).toBeGreaterThan(500)
        expect(await recordOf(gateway, later.headers['request-id'])).toMatchObject({
          status: 'failed',
          httpStatus: 429,
          errorCode: 'upstream_rate_limited',
          attempts: 0,
        })
      }
      expect(upstream.requests).toHaveLength(1)
    },
  )

  it.each([500, 429])('while another one is tried, is not told instead of what that one said (%i)', async (status) => {
    const { chat } = SPEAKERS
    const held = Promise.withResolvers<void>()
    const first = await vendorOf(async (asked, reply) => {
      await held.promise
      await refusing(chat, status, {}, { 'retry-after': '7' })(asked, reply)
    })
    const second = await vendorOf(refusing(chat, 429, {}, { 'retry-after': '600' }))
    const gateway = await install({
      providers: [provider('first', chat, first.url), provider('second', chat, second.url)],
      models: { any: ['first/gpt-5.5', 'second/gpt-5.5'], other: 'second/gpt-5.5' },
      retry: { attempts: 1 },
    })
    const answer = generate(gateway, chat, 'any')
    await first.nextRequest()
    expect((await generate(gateway, chat, 'other')).status).toBe(429)
    held.resolve()
    expect((await answer).status).toBe(status)
    expect((await answer).headers['retry-after']).toBe('7')
    expect(second.requests).toHaveLength(1)
  })

  it('beside one that is broken: not a limit, but no deployment', async () => {
    const { messages } = SPEAKERS
    const limited = await vendorOf(refusing(messages, 429, {}, { 'retry-after': '600' }))
    const broken = await vendorOf(refusing(messages, 500))
    const gateway = await install({
      providers: [
        provider('limited', messages, limited.url, { priority: 2 }),
        provider('broken', messages, broken.url, { priority: 1 }),
      ],
      retry: { attempts: 1 },
      breaker: { minimumRequests: 1, resetTimeout: '1h' },
    })
    // What a vendor said of its failure tells more than that the other one is limited.
    expect((await generate(gateway, messages, messages.model)).status).toBe(500)
    const later = await generate(gateway, messages, messages.model)
    expect(later.status).toBe(503)
    expect(later.headers['x-ucr-error']).toBe('no_candidate')
    expect(Number(later.headers['retry-after'])).toBeGreaterThan(500)
  })
})

describe('a spent budget', () => {
  const spent: Record<Speaker['type'], Json> = {
    anthropic: { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } },
    openai: { type: 'insufficient_quota', code: 'insufficient_quota' },
  }
  it.each(named)('is not asked for again: $pair', async ({ client, vendor }) => {
    const upstream = await vendorOf(refusing(vendor, 429, spent[vendor.type]))
    const gateway = await install({ providers: [provider('far', vendor, upstream.url)], retry: { attempts: 5 } })
    const answer = await generate(gateway, client, `far/${vendor.model}`)
    expect(answer.status).toBe(429)
    expect(answer.headers).toMatchObject({ 'x-should-retry': 'false', 'x-ucr-error': 'upstream_spend_limit' })
    expect(answer.headers).not.toHaveProperty('retry-after')
    expect(upstream.requests).toHaveLength(1)
    expect((await generate(gateway, client, `far/${vendor.model}`)).status).toBe(503)
    expect(upstream.requests).toHaveLength(1)
  })

  it('leads to another account', async () => {
    const { chat } = SPEAKERS
    const broke = await vendorOf(refusing(chat, 429, spent.openai))
    const other = await vendorOf(saying(chat, 'Paid.'))
    const gateway = await install({
      providers: [provider('broke', chat, broke.url, { priority: 1 }), provider('other', chat, other.url)],
    })
    const answer = await generate(gateway, chat, chat.model)
    expect(chat.wordsOf(answer)).toBe('Paid.')
    expect(answer.headers['x-ucr-attempts']).toBe('2')
  })
})

describe('a prompt that is too long', () => {
  const tooLong: Record<Speaker['type'], Json> = {
    anthropic: { type: 'invalid_request_error', message: 'prompt is too long: 250000 tokens > 200000 maximum' },
    openai: {
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      message:
        "This model's maximum context length is 200000 tokens. However, your messages resulted in 250000 tokens.",
    },
  }

  it.each(named)('goes to a model with more room: $pair', async ({ client, vendor }) => {
    const small = await vendorOf(refusing(vendor, 400, tooLong[vendor.type]))
    const big = await vendorOf(saying(client, 'It fits.'))
    const gateway = await install({
      providers: [
        provider('small', vendor, small.url, { capabilities: { contextWindow: 200_000 } }),
        provider('big', client, big.url, { capabilities: { contextWindow: 1_000_000 } }),
      ],
      models: { any: [`small/${vendor.model}`, `big/${client.model}`] },
    })
    const answer = await generate(gateway, client, 'any')
    expect(client.wordsOf(answer)).toBe('It fits.')
    expect(answer.headers['x-ucr-provider']).toBe('big')
    expect(small.requests).toHaveLength(1)
    expect(failedAttempts(gateway, answer.headers['request-id'])).toMatchObject([{ errorCode: 'context_too_long' }])
  })

  it.each(named)('is told in words that clients act on: $pair', async ({ client, vendor }) => {
    const body = vendor.error('', tooLong[vendor.type])
    const upstream = await vendorOf((_asked, reply) => reply.answer(400, JSON.stringify(body)))
    const gateway = await install({ providers: [provider('far', vendor, upstream.url)] })
    const answer = await generate(gateway, client, `far/${vendor.model}`)
    expect(answer.status).toBe(400)
    expect(answer.headers).toMatchObject({ 'x-ucr-error': 'context_too_long', 'x-should-retry': 'false' })
    const error = client.errorOf(answer)
    if (client === SPEAKERS.messages)
      expect(error['message']).toBe('prompt is too long: 250000 tokens > 200000 maximum')
    else expect(error['code']).toBe('context_length_exceeded')
    if (client === vendor) expect(answer.json()).toEqual(body)
    expect(upstream.requests).toHaveLength(1)
  })

  it('is told even where the model with more room is out of reach', async () => {
    const { messages } = SPEAKERS
    const small = await vendorOf(refusing(messages, 400, tooLong.anthropic))
    const big = await vendorOf(refusing(messages, 500))
    const gateway = await install({
      providers: [provider('small', messages, small.url), provider('big', messages, big.url)],
      models: { any: [`small/${messages.model}`, `big/${messages.model}`] },
      retry: { attempts: 1 },
    })
    const answer = await generate(gateway, messages, 'any')
    expect([small.requests.length, big.requests.length]).toEqual([1, 1])
    expect(answer.headers['x-ucr-error']).toBe('context_too_long')
    expect(messages.errorOf(answer)['message']).toBe('prompt is too long: 250000 tokens > 200000 maximum')
  })
})

describe('retries', () => {
  const NEVER = { minimumRequests: 1_000_000 }
  const REQUESTS = 100

  async function storm(retry: { attempts: number; budget: number }): Promise<number> {
    const { chat } = SPEAKERS
    const upstream = await vendorOf(refusing(chat, 500))
    const gateway = await install({ providers: [provider('far', chat, upstream.url)], retry, breaker: NEVER })
    const answers = await Promise.all(Array.from({ length: REQUESTS }, () => generate(gateway, chat, chat.model)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]))
    return upstream.requests.length - REQUESTS
  }

  it('stay within their budget when everything fails', async () => {
    const retries = await storm({ attempts: 3, budget: 0.2 })
    expect(retries).toBeGreaterThan(0)
    expect(retries).toBeLessThanOrEqual(0.2 * REQUESTS)
  })

  it('are as many as the config says', async () => {
    expect(await storm({ attempts: 3, budget: 0 })).toBe(0)
    expect(await storm({ attempts: 2, budget: 1 })).toBe(REQUESTS)
  })

  it('are not one when the vendor had closed a kept connection', async () => {
    const { chat } = SPEAKERS
    let closing = true
    const upstream = await vendorOf(async (asked, reply) => {
      if (asked.connection === 0 && upstream.requests.length > 1 && closing) {
        closing = false
        reply.halfClose()
      } else await saying(chat, 'Here.')(asked, reply)
    })
    const gateway = await install({ providers: [provider('far', chat, upstream.url)] })
    for (let count = 0; count < 2; count++) {
      const answer = await generate(gateway, chat, chat.model)
      expect(chat.wordsOf(answer)).toBe('Here.')
      expect(answer.headers['x-ucr-attempts']).toBe('1')
    }
    expect(upstream.requests).toHaveLength(3)
    expect(upstream.connections).toBe(2)
  })

  it('are made for streams whose vendor has not said anything yet', async () => {
    const { messages } = SPEAKERS
    const upstream = await vendorOf(async (asked, reply) => {
      expect(wantsStream(asked)).toBe(true)
      if (upstream.requests.length === 1) await refusing(messages, 529)(asked, reply)
      else await saying(messages, 'Second time lucky.')(asked, reply)
    })
    const gateway = await install({ providers: [provider('far', messages, upstream.url)] })
    const answer = await generate(gateway, messages, messages.model, { stream: true })
    expect(messages.wordsOf(answer)).toBe('Second time lucky.')
    expect(answer.headers['x-ucr-attempts']).toBe('2')
  })
})
