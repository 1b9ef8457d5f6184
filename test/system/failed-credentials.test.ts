import { describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import { tokenIn } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import { dirname, join } from 'node:path'

const { chat } = SPEAKERS

const MODEL = `far/${chat.model}`
const KEY = 'client-key-one-0123456789'
const RIGHT = { authorization: `Bearer ${KEY}` }
const failureLimit = { max: 3, timeWindow: '1 hour' }

async function installed(auth: ConfigFile['auth'] = {}, server: ConfigFile['server'] = {}): Promise<TestGateway> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  const keys = [{ name: 'one', key: KEY }]
  return install({ providers: [provider('far', chat, upstream.url)], server, auth: { keys, failureLimit, ...auth } })
}

const guess = (gateway: TestGateway, more: Record<string, string> = {}): Promise<Answer> =>
  generate(gateway, chat, MODEL, {}, { 'x-api-key': 'guess', ...more })

async function statuses(count: number, step: () => Promise<Answer>): Promise<readonly number[]> {
  const list: number[] = []
  for (let index = 0; index < count; index++) list.push((await step()).status)
  return list
}

describe('wrong keys from one address', () => {
  it('are answered with 429 over the limit, and right ones pass all the while', async () => {
    const gateway = await installed()
    expect(await statuses(5, () => guess(gateway))).toEqual([401, 401, 401, 429, 429])
    expect((await generate(gateway, chat, MODEL, {}, RIGHT)).status).toBe(200)
    expect(await statuses(1, () => guess(gateway))).toEqual([429])
  })

  it.each(EVERY_SPEAKER)('are told so in the words of $protocol', async (client) => {
    const gateway = await installed({ failureLimit: { max: 1, timeWindow: '1 hour' } })
    await generate(gateway, client, MODEL, {}, { 'x-api-key': 'guess' })
    const refused = await generate(gateway, client, MODEL, {}, { 'x-api-key': 'guess' })
    expect(refused.status).toBe(429)
    expect(client.errorOf(refused)).toMatchObject({ type: 'rate_limit_error' })
    expect(refused.headers['x-ucr-error']).toBe('rate_limited')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('are counted for each address, behind a trusted proxy too, and by its word alone', async () => {
    const gateway = await installed({}, { trustedProxies: ['127.0.0.1'] })
    const from = (address: string) => () => guess(gateway, { 'x-forwarded-for': address })
    expect(await statuses(4, from('198.51.100.1'))).toEqual([401, 401, 401, 429])
    expect(await statuses(1, from('198.51.100.2'))).toEqual([401])
    const direct = await installed()
    let claimed = 0
    expect(await statuses(4, () => guess(direct, { 'x-forwarded-for': `198.51.100.${++claimed}` }))).toEqual([
      401, 401, 401, 429,
    ])
  })

  it('are those of the admin API too, and its token passes', async () => {
    const gateway = await installed()
    const admin = (token: string): Promise<Answer> =>
      ask(`${gateway.url}/admin/keys`, { headers: { authorization: `Bearer ${token}` } })
    expect(await statuses(4, () => admin('guess'))).toEqual([401, 401, 401, 429])
    expect((await admin(tokenIn(join(dirname(gateway.configPath), 'state')))).status).toBe(200)
  })

  it('are counted at doors that are open to everybody too, where a good one shows more', async () => {
    const admin = 'admin-token-0123456789'
    const gateway = await installed({ adminToken: hashKey(admin) })
    const counted = async (): Promise<unknown> => {
      const page = (await ask(`${gateway.url}/debug/metrics`, { headers: RIGHT })).json()
      return (page['admission'] as Record<string, number>)['wrongCredentials']
    }
    const paths = ['/dashboard', '/health', '/health/detailed', '/health/live', '/health/ready', '/v1/auth/status']
    for (const [at, path] of paths.entries()) {
      const from = (token: string): Promise<Answer> =>
        ask(gateway.url + path, { headers: { authorization: `Bearer ${token}` } })
      // Nobody is turned away from there, however often.
      expect((await from('guess')).status, path).toBe(200)
      for (const good of [KEY, admin]) expect((await from(good)).status, path).toBe(200)
      expect(await counted(), path).toBe(at + 1)
    }
  })

  it('are not requests without any key', async () => {
    const gateway = await installed()
    expect(await statuses(5, () => generate(gateway, chat, MODEL))).toEqual([401, 401, 401, 401, 401])
    const { admission } = (await ask(`${gateway.url}/debug/metrics`, { headers: RIGHT })).json() as {
      admission: Record<string, number>
    }
    expect(admission).toMatchObject({ wrongCredentials: 0 })
  })
})
