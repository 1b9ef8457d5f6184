import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tokenIn } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import { provider, vendorOf } from '../support/install.ts'
import { RawClient } from '../support/raw-client.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat } = SPEAKERS
const SECRET = 'a-secret-of-the-test-0123'

let machine: UserMachine
let receiver: Upstream

beforeEach(async () => {
  machine = await UserMachine.create()
  receiver = await vendorOf((_, reply) => reply.answer(200, 'ok'))
})

afterEach(() => machine.close())

async function started(workers: number, rules: readonly object[] = []): Promise<{ readonly url: string }> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  await configured(workers, rules, upstream)
  const gateway = machine.start(['start'])
  const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { url }
}

function configured(workers: number, rules: readonly object[], upstream: Upstream): Promise<string> {
  return machine.writeConfig({
    server: { port: 0, workers },
    providers: [provider('far', chat, upstream.url)],
    alerts: { interval: '100ms', rules, destinations: [{ type: 'webhook', url: receiver.url, secret: SECRET }] },
  })
}

/** A connection stays with the worker that it was handed to, which lists itself first. */
async function workersOf(url: string, count: number): Promise<ReadonlyMap<number, RawClient>> {
  const clients = new Map<number, RawClient>()
  while (clients.size < count) {
    const client = await RawClient.open(Number(new URL(url).port))
    const [own] = (await detailed(client))['workers'] as { readonly pid: number }[]
    if (own === undefined || clients.has(own.pid)) client.destroy()
    else clients.set(own.pid, client)
  }
  return clients
}

async function detailed(client: RawClient): Promise<Json> {
  const answer = await client.send('GET /health/detailed HTTP/1.1\r\nhost: localhost\r\n\r\n').answer()
  expect(answer.status).toBe(200)
  return JSON.parse(answer.body) as Json
}

const messages = (): readonly Json[] => receiver.requests.map((request) => request.json() as Json)

/** Resolves when a message about this rule has come. */
async function told(rule: string): Promise<void> {
  while (!messages().some((message) => message['rule'] === rule)) await receiver.nextRequest()
}

describe('several workers', () => {
  it('tell once what is wrong, and another one goes on when the one that looks is killed', async () => {
    const always = { metric: 'processes', warning: 0.5, cooldown: '1h' }
    const { url } = await started(2, [{ name: 'always', ...always }])
    await told('always')
    const first = await workersOf(url, 2)
    for (const pid of first.keys()) {
      process.kill(pid, 'SIGKILL')
      while ((await workersOf(url, 2)).has(pid)) await new Promise((resolve) => setImmediate(resolve))
    }
    // Neither of those that are here now was there at the start.
    expect([...(await workersOf(url, 2)).keys()].filter((pid) => first.has(pid))).toEqual([])
    const token = tokenIn(join(machine.home, '.local', 'state', 'ucr'))
    const headers = { authorization: `Bearer ${token}` }
    const made = await ask(`${url}/admin/alerts`, { headers, body: { name: 'later', ...always } })
    expect(made.status).toBe(201)
    await told('later')
    expect(messages().map(({ rule }) => rule)).toEqual(['always', 'later'])
    // All of them know.
    for (let times = 0; times < 4; times++) {
      const { data } = (await ask(`${url}/admin/alerts`, { headers })).json()
      expect((data as Json[]).filter((rule) => rule['state'] === 'warning')).toMatchObject([{ name: 'always' }, {}])
    }
  })

  it('are one in the health checks, and one that hangs holds up none of them', async () => {
    const { url } = await started(2)
    const clients = await workersOf(url, 2)
    const [[stopped] = [0], [going, client] = [0, null]] = [...clients]
    if (client === null) throw new Error('there is no second worker')
    const both = await detailed(client)
    const workers = both['workers'] as { readonly pid: number; readonly rss: number; readonly requests: number }[]
    expect(workers.map(({ pid }) => pid)).toEqual([going, stopped])
    expect((both['memory'] as { rss: number }).rss).toBe(workers.reduce((sum, { rss }) => sum + rss, 0))
    expect(both['requests']).toBe(workers.reduce((sum, { requests }) => sum + requests, 0))
    process.kill(stopped, 'SIGSTOP')
    try {
      for (;;) {
        const alone = (await detailed(client))['workers'] as { readonly pid: number }[]
        if (alone.length === 1) break
      }
    } finally {
      process.kill(stopped, 'SIGCONT')
    }
    while (((await detailed(client))['workers'] as unknown[]).length < 2) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
})

describe.each(['while a gateway runs', 'while none runs'])('ucr alerts, %s', (when) => {
  it('makes, lists, tests and deletes alerts', async () => {
    const isRunning = when === 'while a gateway runs'
    if (isRunning) await started(1)
    else await configured(1, [], await vendorOf(saying(chat, 'Hello')))
    const words = [
      '--metric',
      'p95',
      '--warning',
      '3000',
      '--critical',
      '9000',
      '--window',
      '5m',
      '--hysteresis',
      '0.2',
    ]
    const created = await machine.run(['alerts', 'create', 'slow', ...words])
    expect(created).toMatchObject({ code: 0, stdout: 'Created slow.\n' })
    const listed = (await machine.json(['alerts', 'list'])) as { readonly data: readonly Json[] }
    expect(listed.data.map(({ name, source }) => [name, source]).at(-1)).toEqual(['slow', 'store'])
    const shown = await machine.run(['alerts', 'list'])
    expect(shown.stdout).toMatch(/slow +ok +p95 +above 3000 +above 9000 +300s +store/)
    expect(shown.stdout).toMatch(/errorRate +ok +.*above 0.05 +above 0.1 +60s +default/)

    const tested = await machine.run(['alerts', 'test', 'slow'])
    expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining(`${receiver.url}  took it`) as unknown })
    expect(messages()).toMatchObject([{ rule: 'slow', test: true, state: 'warning' }])

    expect(await machine.run(['alerts', 'delete', 'slow'])).toMatchObject({ code: 0, stdout: 'Deleted slow.\n' })
    const gone = await machine.run(['alerts', 'delete', 'slow'])
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('ucr alerts list') as unknown])
    const usual = await machine.run(['alerts', 'delete', 'memory'])
    expect([usual.code, usual.stderr]).toEqual([1, expect.stringContaining('"enabled":false') as unknown])
  })
})

describe('ucr alerts', () => {
  it('says what is wrong', async () => {
    await configured(1, [], receiver)
    const wrong = await machine.run(['alerts', 'create', 'slow', '--metric', 'p59', '--warning', '1'])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('write "p95"') as unknown])
    expect((await machine.run(['alerts', 'create', 'slow', '--warning', '1'])).code).toBe(2)
    expect((await machine.run(['alerts', 'create', 'slow', '--metric', 'p95', '--warning', 'much'])).code).toBe(2)
  })

  it('fails where a destination does not take a test', async () => {
    await configured(1, [], receiver)
    await receiver.close()
    const { code, stdout } = await machine.run(['alerts', 'test', 'memory'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^webhook +http:\/\/127\.0\.0\.1:\d+ +\S/)
  })
})
