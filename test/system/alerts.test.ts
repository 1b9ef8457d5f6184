import { createHmac } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tokenIn } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import type { Upstream, UpstreamRequest, UpstreamScript } from '../support/upstream.ts'

const { chat } = SPEAKERS
const SECRET = 'a-secret-of-the-test-0123'

type Alerts = NonNullable<ConfigFile['alerts']>

/** A rule that is broken as long as two requests are under way, the one that looks included. */
const BUSY = { name: 'busy', metric: 'performance.requests.inFlight', warning: 0.5, window: '1ms' }

const taking: UpstreamScript = (_, reply) => reply.answer(200, 'ok')

async function withAlerts(alerts: Alerts, receiver: Upstream, more: ConfigFile = {}): Promise<TestGateway> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  return install({
    providers: [provider('far', chat, upstream.url)],
    ...more,
    alerts: {
      interval: '100ms',
      destinations: [{ type: 'webhook', url: `${receiver.url}/hook?channel=ops`, secret: SECRET }],
      ...alerts,
    },
  })
}

function admin(
  { url, configPath }: Pick<TestGateway, 'url' | 'configPath'>,
  method: 'GET' | 'POST' | 'DELETE',
  path = '',
  body?: Json,
): Promise<Answer> {
  const token = tokenIn(join(configPath, '..', 'state'))
  const headers = { authorization: `Bearer ${token}` }
  return ask(`${url}/admin/alerts${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
}

/** A request that is under way until the test ends, or the function is called. */
async function underWay(gateway: TestGateway): Promise<() => void> {
  const answer = await generateOpen(gateway, chat, 'slow/gpt-5.5')
  return () => answer.leave()
}

/** A vendor whose answers begin and do not end. */
async function slow(): Promise<ConfigFile> {
  const upstream = await vendorOf(async (_, reply) => {
    await reply.streamHead()
    for (const event of chat.opening('Begun')) await reply.chunk(event)
    await reply.closed
  })
  return { providers: [provider('slow', chat, upstream.url)] }
}

function isSigned({ headers, body }: UpstreamRequest): boolean {
  const [, time = '', signature = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-ucr-signature'] ?? '') ?? []
  return (
    createHmac('sha256', SECRET)
      .update(`${time}.${body.toString('utf8')}`)
      .digest('hex') === signature
  )
}

describe('an alert', () => {
  it('is sent again until the receiver takes it, signed and under the same id, and so is its end', async () => {
    let asked = 0
    const receiver = await vendorOf((_, reply) => {
      asked++
      return asked === 1 ? reply.reset() : reply.answer(asked === 2 ? 503 : 204, '')
    })
    const gateway = await withAlerts({ rules: [BUSY] }, receiver, await slow())
    const leave = await underWay(gateway)
    const tries = [await receiver.nextRequest(), await receiver.nextRequest(), await receiver.nextRequest()]
    expect(tries.map(isSigned)).toEqual([true, true, true])
    expect(new Set(tries.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(tries[0]).toMatchObject({ method: 'POST', path: '/hook?channel=ops' })
    expect(tries[2]?.json()).toEqual({
      id: tries[0]?.headers['idempotency-key'],
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
      test: false,
      rule: 'busy',
      metric: 'performance.requests.inFlight',
      state: 'warning',
      value: 1,
      threshold: 0.5,
      window: 0.001,
      gateway: {
        service: 'universal-claude-router',
        version: expect.any(String) as unknown,
        host: expect.any(String) as unknown,
      },
    })
    leave()
    expect(await receiverOf(receiver, 'busy')).toMatchObject({ state: 'ok', value: 0 })
    expect(receiver.requests.every(isSigned)).toBe(true)
    const recent = (await admin(gateway, 'GET')).json()['recent'] as Json[]
    expect(recent.filter((event) => event['name'] === 'busy')).toMatchObject([
      { name: 'busy', state: 'ok', ruleId: 'busy' },
      { name: 'busy', state: 'warning', value: 1, threshold: 0.5 },
    ])
  })

  it('is text to Slack, and a line of the log, and no URL or secret is in any line', async () => {
    const receiver = await vendorOf((_, reply) => reply.answer(404, 'no such hook'))
    const destinations = [
      { type: 'slack' as const, url: `${receiver.url}/services/T0/B0/canary-of-slack` },
      { type: 'webhook' as const, url: `${receiver.url}/canary-of-hook`, secret: SECRET },
      { type: 'log' as const },
    ]
    const gateway = await withAlerts({ rules: [BUSY], destinations }, receiver, await slow())
    await underWay(gateway)
    const sent = [await receiver.nextRequest(), await receiver.nextRequest()]
    const told = sent.find(({ path }) => path.includes('slack'))?.json() as Json
    expect(told['text']).toMatch(/^busy: warning \(performance.requests.inFlight = 1, threshold 0.5/)
    await gateway.logged((line) => line['msg'] === 'alert' && line['rule'] === 'busy' && line['level'] === 'warn')
    await gateway.logged((line) => line['msg'] === 'an alert could not be delivered' && line['destination'] === 'slack')
    expect(gateway.logText()).not.toMatch(/canary|a-secret/)
    const { alerts } = (await ask(`${gateway.url}/debug/metrics`)).json()
    expect(alerts).toMatchObject({ firing: 1, sent: 1, dropped: 0 })
    expect((await ask(`${gateway.url}/metrics`)).text).toContain('ucr_alerts_firing 1\n')
  })

  it('tells what a worker does for its memory', async () => {
    const receiver = await vendorOf(taking)
    await withAlerts({ rules: [] }, receiver, { memory: { threshold: 0.0001, resumeBelow: 0, interval: '100ms' } })
    expect(await receiverOf(receiver, 'memoryMonitor')).toMatchObject({
      metric: 'memory',
      state: 'warning',
      threshold: 0.0001,
      window: null,
    })
  })

  it('of the config holds where those of the store cannot be read', async () => {
    const receiver = await vendorOf(taking)
    const folder = await mkdtemp(join(tmpdir(), 'ucr-alerts-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await mkdir(join(folder, 'state', 'ucr.db'), { recursive: true })
    const destinations = [{ type: 'webhook' as const, url: receiver.url, secret: SECRET }]
    const rules = [{ name: 'always', metric: 'processes', warning: 0.5 }]
    const gateway = await install(
      { alerts: { interval: '100ms', destinations, rules }, sessions: { store: 'off' } },
      { folder },
    )
    expect(await receiverOf(receiver, 'always')).toMatchObject({ state: 'warning' })
    expect(gateway.log.filter(({ msg }) => msg === 'alerts that were made before cannot be read')).toHaveLength(1)
    await gateway.close()
  })

  it('delays no request while its receiver hangs', async () => {
    const receiver = await vendorOf((_, reply) => reply.closed)
    const gateway = await withAlerts({ rules: [{ ...BUSY, warning: -1, cooldown: 0 }] }, receiver)
    await receiver.nextRequest()
    for (let times = 0; times < 20; times++) {
      const answer = await generate(gateway, chat, 'far/gpt-5.5')
      expect(chat.wordsOf(answer)).toBe('Hello')
    }
    // The first one is still all that was sent.
    expect(receiver.requests).toHaveLength(1)
  })

  it('is changed by a reload at once', async () => {
    const receiver = await vendorOf(taking)
    const gateway = await withAlerts({ rules: [] }, receiver)
    const { data } = (await admin(gateway, 'GET')).json()
    expect((data as Json[]).map((rule) => [rule['name'], rule['source']])).toEqual([
      ['responseTime', 'default'],
      ['memory', 'default'],
      ['errorRate', 'default'],
      ['sessions', 'default'],
    ])
    const destinations = [{ type: 'webhook' as const, url: receiver.url, secret: SECRET }]
    const rules = [
      { name: 'memory', enabled: false },
      { name: 'always', metric: 'processes', warning: 0.5 },
    ]
    await gateway.rewrite({ alerts: { interval: '1m', destinations, rules } })
    expect((await receiver.nextRequest()).json()).toMatchObject({ rule: 'always', value: 1 })
    const after = (await admin(gateway, 'GET')).json()['data'] as Json[]
    expect(after.map((rule) => rule['name'])).toEqual(['responseTime', 'errorRate', 'sessions', 'always'])
  })
})

describe('the admin API', () => {
  it('makes, lists, tests and deletes alerts, which are kept over a restart', async () => {
    const receiver = await vendorOf(taking)
    const folder = await mkdtemp(join(tmpdir(), 'ucr-alerts-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const destinations = [{ type: 'webhook' as const, url: receiver.url, secret: SECRET }]
    const alerts = { interval: '100ms', rules: [{ name: 'memory', warning: 0.7 }], destinations }
    const first = await install({ alerts }, { folder })
    const made = await admin(first, 'POST', '', { name: 'always', metric: 'processes', critical: 0.5, cooldown: '1h' })
    expect([made.status, made.json()]).toMatchObject([
      201,
      { name: 'always', source: 'store', critical: 0.5, warning: null, window: 60, cooldown: 3600, state: 'ok' },
    ])
    expect((await receiver.nextRequest()).json()).toMatchObject({ rule: 'always', state: 'critical' })
    await first.close()

    const second = await install({ alerts }, { folder })
    expect((await receiver.nextRequest()).json()).toMatchObject({ rule: 'always', state: 'critical' })
    const { data } = (await admin(second, 'GET')).json()
    expect((data as Json[]).find((rule) => rule['name'] === 'always')).toMatchObject({
      id: made.json()['id'],
      state: 'critical',
    })
    const tested = await admin(second, 'POST', '/always/test')
    expect([tested.status, tested.json()['data']]).toEqual([
      200,
      [{ type: 'webhook', target: receiver.url, ok: true, status: 200, error: null }],
    ])
    expect((await receiver.nextRequest()).json()).toMatchObject({ rule: 'always', test: true })
    const again = { name: 'always', metric: 'p95', warning: 1 }
    expect((await admin(second, 'POST', '', again)).status).toBe(409)
    expect((await admin(second, 'DELETE', `/${String(made.json()['id'])}`)).json()).toMatchObject({ deleted: true })
    expect((await admin(second, 'DELETE', '/always')).status).toBe(404)
    expect((await admin(second, 'POST', '/always/test')).status).toBe(404)
    const usual = await admin(second, 'DELETE', '/errorRate')
    expect([usual.status, usual.text]).toEqual([409, expect.stringContaining('\\"enabled\\":false') as unknown])
    expect((await admin(second, 'DELETE', '/memory')).text).toContain('config file')
    expect((await admin(second, 'POST', '', { ...again, name: 'memory' })).status).toBe(409)
    await second.close()
  })

  it('says what is wrong with an alert', async () => {
    const gateway = await install({})
    const wrong = await admin(gateway, 'POST', '', { name: 'slow', metric: 'performance.performance.p94', warning: 1 })
    expect(wrong.status).toBe(400)
    expect(wrong.text).toContain('performance.performance.p9')
    expect((await admin(gateway, 'POST', '', { name: 'slow', metric: 'p95' })).status).toBe(400)
  })
})

describe('checks of the providers', () => {
  it('are in /health/detailed and in the metrics, and tell when one is down and up again', async () => {
    let isUp = false
    const vendor = await vendorOf((_, reply) =>
      isUp ? reply.answer(200, '{"object":"list","data":[]}') : reply.answer(503, '{}'),
    )
    const receiver = await vendorOf(taking)
    const gateway = await withAlerts({ rules: [{ name: 'providersDown', window: '1ms' }] }, receiver, {
      providers: [provider('far', chat, vendor.url), provider('near', chat, receiver.url)],
      healthChecks: { enabled: true, interval: '1s' },
    })
    const down = await receiverOf(receiver, 'providersDown')
    expect(down).toMatchObject({ state: 'warning', value: 1, threshold: 0 })
    const { status, providers } = (await ask(`${gateway.url}/health/detailed`)).json()
    expect(status).toBe('degraded')
    expect(providers).toEqual([
      {
        id: 'far',
        status: 'down',
        latency: expect.any(Number) as unknown,
        checkedAt: expect.stringMatching(/Z$/) as unknown,
        error: 'it answered with status 503',
      },
      expect.objectContaining({ id: 'near', status: 'up', error: null }),
    ])
    expect((await ask(`${gateway.url}/metrics`)).text).toContain('ucr_providers_down 1\n')
    expect(vendor.requests[0]).toMatchObject({ method: 'GET', path: '/v1/models' })
    isUp = true
    expect(await receiverOf(receiver, 'providersDown')).toMatchObject({ state: 'ok', value: 0 })
    expect((await ask(`${gateway.url}/health`)).json()['status']).toBe('healthy')
  })

  it('are not made unless somebody wants them', async () => {
    const gateway = await install({ providers: [provider('far', chat, 'http://127.0.0.1:9')] })
    expect((await ask(`${gateway.url}/health/detailed`)).json()).not.toHaveProperty('providers')
  })
})

/** The next message about a rule; what else the receiver is asked for is passed over. */
async function receiverOf(receiver: Upstream, rule: string): Promise<Json> {
  for (;;) {
    const { method, body } = await receiver.nextRequest()
    if (method !== 'POST') continue
    const message = JSON.parse(body.toString('utf8')) as Json
    if (message['rule'] === rule) return message
  }
}
