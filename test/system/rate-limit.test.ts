import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const MODEL = `far/${chat.model}`
const HOUR = '1 hour'
const KEYS = [
  { name: 'one', key: 'client-key-one-0123456789' },
  { name: 'two', key: 'client-key-two-0123456789' },
]

async function installed(
  server: ConfigFile['server'],
  more: ConfigFile = {},
): Promise<{ readonly gateway: TestGateway; readonly upstream: Upstream }> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  const gateway = await install({ providers: [provider('far', chat, upstream.url)], server: server ?? {}, ...more })
  return { gateway, upstream }
}

async function statuses(count: number, step: () => Promise<Answer>): Promise<readonly number[]> {
  const list: number[] = []
  for (let index = 0; index < count; index++) list.push((await step()).status)
  return list
}

const withKey = (index: number): { authorization: string } => ({ authorization: `Bearer ${KEYS[index]!.key}` })

describe('a rate limit', () => {
  it('is none where none is configured', async () => {
    const { gateway } = await installed({})
    expect(new Set(await statuses(120, () => generate(gateway, chat, MODEL)))).toEqual(new Set([200]))
  })

  it('is 100 in a minute where nothing is said of it', async () => {
    const { gateway, upstream } = await installed({ rateLimit: {} })
    const seen = await statuses(101, () => generate(gateway, chat, MODEL))
    expect(seen.slice(0, 100).every((status) => status === 200)).toBe(true)
    expect(seen[100]).toBe(429)
    expect(upstream.requests).toHaveLength(100)
  })

  it.each(EVERY_SPEAKER)('is told to clients of $protocol in their own words', async (client) => {
    const { gateway } = await installed({ rateLimit: { max: 1, timeWindow: HOUR } })
    await generate(gateway, client, MODEL)
    const refused = await generate(gateway, client, MODEL)
    expect(refused.status).toBe(429)
    expect(client.errorOf(refused)).toMatchObject({ type: 'rate_limit_error' })
    expect(refused.headers).toMatchObject({ 'x-ucr-error': 'rate_limited', 'x-should-retry': 'true' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(3600)
    expect(await recordOf(gateway, refused.headers['x-request-id'])).toMatchObject({ errorCode: 'rate_limited' })
    if (client === messages) {
      expect(refused.headers['anthropic-ratelimit-requests-limit']).toBe('1')
      expect(refused.headers['anthropic-ratelimit-requests-remaining']).toBe('0')
      const reset = String(refused.headers['anthropic-ratelimit-requests-reset'])
      expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(Date.parse(reset)).toBeGreaterThan(Date.now())
    } else {
      expect(refused.headers).toMatchObject({
        'x-ratelimit-limit-requests': '1',
        'x-ratelimit-remaining-requests': '0',
      })
      expect(refused.headers['x-ratelimit-reset-requests']).toMatch(/^(?:\d+m)?\d+s$/)
    }
  })

  it('is for each key, wherever it is sent from, and the operator is told once how to raise it', async () => {
    const { gateway } = await installed({ rateLimit: { max: 4, timeWindow: HOUR } }, { auth: { keys: KEYS } })
    const as = (index: number) => (): Promise<Answer> => generate(gateway, chat, MODEL, {}, withKey(index))
    expect(await statuses(6, as(0))).toEqual([200, 200, 200, 200, 429, 429])
    expect(await statuses(5, as(1))).toEqual([200, 200, 200, 200, 429])
    const told = gateway.log.filter(({ msg }) => msg === 'a rate limit is reached: what is over it gets 429')
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ limit: 4, setting: '"rateLimit" of the key, or "server.rateLimit" for all' })
  })

  it('is for each address from which no key is sent, or a guessed one', async () => {
    const { gateway } = await installed({ rateLimit: { max: 4, timeWindow: HOUR } }, { auth: { keys: KEYS } })
    const guess = (): Promise<Answer> => generate(gateway, chat, MODEL, {}, { 'x-api-key': 'guess' })
    const nobody = (): Promise<Answer> => generate(gateway, chat, MODEL)
    expect(await statuses(3, guess)).toEqual([401, 401, 401])
    expect(await statuses(2, nobody)).toEqual([401, 429])
    expect(await statuses(1, guess)).toEqual([429])
    expect(await statuses(1, () => generate(gateway, chat, MODEL, {}, withKey(1)))).toEqual([200])
  })

  it('knows clients behind a trusted proxy apart, and believes nobody else', async () => {
    const { gateway } = await installed({ rateLimit: { max: 2, timeWindow: HOUR }, trustedProxies: ['127.0.0.0/8'] })
    const from = (forwardedFor: string) => (): Promise<Answer> =>
      generate(gateway, chat, MODEL, {}, { 'x-forwarded-for': forwardedFor })
    expect(await statuses(3, from('198.51.100.1'))).toEqual([200, 200, 429])
    // What the client itself wrote stands left of what the proxy added.
    expect(await statuses(1, from('203.0.113.77, 198.51.100.1'))).toEqual([429])
    expect(await statuses(3, from('198.51.100.2'))).toEqual([200, 200, 429])
    const { gateway: direct } = await installed({ rateLimit: { max: 2, timeWindow: HOUR } })
    let claimed = 0
    const claiming = (): Promise<Answer> =>
      generate(direct, chat, MODEL, {}, { 'x-forwarded-for': `198.51.100.${++claimed}` })
    expect(await statuses(3, claiming)).toEqual([200, 200, 429])
  })

  it('is no matter of health checks and of what its operator looks at', async () => {
    const { gateway } = await installed({ rateLimit: { max: 1, timeWindow: HOUR } })
    await statuses(2, () => generate(gateway, chat, MODEL))
    for (const path of ['/health', '/health/live', '/health/ready', '/debug/metrics', '/metrics']) {
      expect(await statuses(2, () => ask(`${gateway.url}${path}`)), path).toEqual([200, 200])
    }
    const page = (await ask(`${gateway.url}/debug/metrics`)).json()
    expect(page['admission']).toEqual({ rateLimited: 1, overloaded: 0, wrongCredentials: 0, uncounted: 0 })
  })

  it('changes with the config, without a restart', async () => {
    const { gateway, upstream } = await installed({ rateLimit: { max: 1, timeWindow: HOUR } })
    const providers = [provider('far', chat, upstream.url)]
    expect(await statuses(2, () => generate(gateway, chat, MODEL))).toEqual([200, 429])
    await gateway.rewrite({ providers, server: { rateLimit: { max: 3, timeWindow: HOUR } } })
    expect(await statuses(4, () => generate(gateway, chat, MODEL))).toEqual([200, 200, 200, 429])
    await gateway.rewrite({ providers })
    expect(await statuses(2, () => generate(gateway, chat, MODEL))).toEqual([200, 200])
  })
})

describe('a rate limit of several workers', () => {
  let machine: UserMachine

  beforeEach(async () => {
    machine = await UserMachine.create()
  })

  afterEach(() => machine.close())

  it('counts what each of them has seen', async () => {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    const providers = [provider('far', chat, upstream.url)]
    const max = 300
    await machine.writeConfig({ server: { port: 0, rateLimit: { max, timeWindow: HOUR } }, providers })
    const running = machine.start(['start', '--workers', '2'])
    const [, url = ''] = await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const question = (): Promise<Answer> => ask(`${url}${chat.path}`, { body: chat.request(MODEL) })
    const seen = await statuses(2 * max, question)
    // One hears of what the other has counted a tenth of a second later. Without that, all would be allowed.
    const allowed = seen.filter((status) => status === 200).length
    expect(allowed).toBeGreaterThanOrEqual(max)
    expect(allowed).toBeLessThan(1.5 * max)
    expect(seen.at(-1)).toBe(429)
  })
})
