import { describe, expect, it } from 'vitest'
import { adminOf } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'

const { chat } = SPEAKERS
const MODEL = `far/${chat.model}`
const KEY = 'client-key-0123456789'

async function installed(config: ConfigFile = {}): Promise<TestGateway> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  return install({ providers: [provider('far', chat, upstream.url)], ...config })
}

async function counted(gateway: TestGateway): Promise<void> {
  const answer = await generate(gateway, chat, MODEL)
  await recordOf(gateway, answer.headers['x-request-id'])
}

async function failed(gateway: TestGateway): Promise<void> {
  const answer = await ask(`${gateway.url}${chat.path}`, { body: '{' })
  await recordOf(gateway, answer.headers['x-request-id'])
}

describe('GET /dashboard', () => {
  it('gives programs the figures that the earlier program gave', async () => {
    const gateway = await installed()
    for (let count = 0; count < 12; count++) await counted(gateway)
    for (let count = 0; count < 6; count++) await failed(gateway)
    const { status, headers, text } = await ask(`${gateway.url}/dashboard`, { headers: { accept: 'application/json' } })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(headers['vary']).toBe('accept')
    const page = JSON.parse(text) as Record<string, Json>
    expect(Object.keys(page)).toEqual(['overview', 'performance', 'resources', 'recent'])
    expect(page['overview']).toMatchObject({ status: 'healthy' })
    expect(Object.keys(page['overview'] ?? {})).toEqual(['status', 'uptime', 'version'])
    expect(page['performance']?.['errorRate']).toBeCloseTo(6 / 18)
    expect(page['performance']?.['avgResponseTime']).toBeGreaterThan(0)
    expect(page['performance']?.['requestsPerMinute']).toBeGreaterThan(0)
    expect(Object.keys(page['resources'] ?? {})).toEqual(['memory', 'cpu', 'sessions'])
    expect(page['resources']).toMatchObject({ sessions: { totalSessions: 0, activeSessions: 0, expiredSessions: 0 } })
    const { responseTime, errors } = page['recent'] as Record<string, { timestamp: number; value: number }[]>
    expect(responseTime).toHaveLength(10)
    expect(errors).toHaveLength(5)
    for (const series of [responseTime, errors]) {
      const times = series?.map(({ timestamp }) => timestamp) ?? []
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }
    expect(errors?.every(({ value }) => value === 1)).toBe(true)
  })

  it('gives the same to whoever takes anything, and text for people to a browser', async () => {
    const gateway = await installed()
    const anything = await ask(`${gateway.url}/dashboard`, { headers: { accept: '*/*' } })
    expect(anything.json()).toHaveProperty('overview.status', 'healthy')
    const browsers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
    const { headers, text } = await ask(`${gateway.url}/dashboard`, { headers: browsers })
    // The page, or how it is built.
    expect(headers['content-type']).toMatch(/^text\//)
    expect(headers['vary']).toBe('accept')
    expect(text).toMatch(/<!doctype html>|npm run build/)
  })

  it('is open to everybody on this machine, where the gateway can be reached from nowhere else', async () => {
    const gateway = await installed({ auth: { keys: [{ name: 'me', key: KEY }] } })
    expect((await ask(`${gateway.url}/dashboard`)).status).toBe(200)
  })

  it('shows strangers nothing where the gateway can be reached from other machines', async () => {
    const gateway = await installed({
      server: { host: '0.0.0.0' },
      auth: { keys: [{ name: 'me', key: KEY }] },
    })
    const url = `http://127.0.0.1:${new URL(gateway.url).port}/dashboard`
    const status = async (token?: string): Promise<number> =>
      (await ask(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })).status
    expect(await status()).toBe(401)
    expect(await status('wrong')).toBe(401)
    expect(await status(KEY)).toBe(200)
    expect(await status(adminOf(gateway).token)).toBe(200)
  })
})
