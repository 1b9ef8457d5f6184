import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { setTimeout as elapsed } from 'node:timers/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tokenIn } from '../support/admin.ts'
import { childrenOf } from '../support/children.ts'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import { begin, endOf } from '../support/half-stream.ts'
import { provider, vendorOf } from '../support/install.ts'
import { RawClient } from '../support/raw-client.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine, type RunningUcr } from '../support/ucr-process.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat } = SPEAKERS
const SECRET = 'a-secret-of-the-test-0123'

/** Of silence: short enough to wait for, and longer than a busy machine keeps a worker from its turn. */
const LIMIT = 3000

let machine: UserMachine
let receiver: Upstream
let stopped: number[]

beforeEach(async () => {
  machine = await UserMachine.create()
  receiver = await vendorOf((_, reply) => reply.answer(200, 'ok'))
  stopped = []
})

afterEach(async () => {
  for (const pid of stopped) signal(pid, 'SIGCONT')
  await machine.close()
})

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone.
  }
}

function stop(...pids: readonly number[]): void {
  stopped.push(...pids)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
}

interface Running {
  readonly gateway: RunningUcr
  readonly url: string
  /** Ends the streams that have begun. */
  readonly finish: () => void
}

/** With a vendor that ends its streams when it is told to, and a leader that looks ten times a second. */
async function started(server: object = {}, more: object = {}): Promise<Running> {
  let next = Promise.withResolvers<void>()
  const upstream = await vendorOf(async (asked, reply) => {
    if (!(asked.json() as { stream?: boolean }).stream) return saying(chat, 'Whole.')(asked, reply)
    await reply.streamHead()
    for (const event of chat.opening('Begun, ')) await reply.chunk(event)
    await Promise.race([next.promise, reply.closed])
    for (const event of chat.rest('ended.')) await reply.chunk(event)
    await reply.lastChunk()
  })
  await machine.writeConfig({
    server: { port: 0, workers: 2, workerTimeout: `${LIMIT}ms`, ...server },
    providers: [provider('far', chat, upstream.url)],
    alerts: { interval: '100ms', destinations: [{ type: 'webhook', url: receiver.url, secret: SECRET }] },
    ...more,
  })
  const gateway = machine.start(['start'])
  const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  const finish = (): void => {
    next.resolve()
    next = Promise.withResolvers<void>()
  }
  return { gateway, url, finish }
}

async function detailed(client: RawClient): Promise<Json> {
  return JSON.parse(
    (await client.send('GET /health/detailed HTTP/1.1\r\nhost: localhost\r\n\r\n').answer()).body,
  ) as Json
}

/** A connection to each worker, in no order: it stays with the worker that it was handed to, which lists itself first. */
async function workersOf({ gateway, url }: Running): Promise<ReadonlyMap<number, RawClient>> {
  const clients = new Map<number, RawClient>()
  while (clients.size < childrenOf(gateway.pid).length) {
    const client = await RawClient.open(Number(new URL(url).port))
    const [own] = (await detailed(client))['workers'] as { readonly pid: number }[]
    if (own === undefined || clients.has(own.pid)) client.destroy()
    else clients.set(own.pid, client)
  }
  return clients
}

/** Clients that ask one thing after the other, each on a new connection, until they are told to end. */
function load({ url }: Running, clients: number) {
  const outcomes: string[] = []
  const end = new AbortController()
  const run = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const answer = await ask(`${url}${chat.path}`, { body: chat.request('far/gpt-5.5') }).catch(() => null)
      outcomes.push(answer === null || answer.cut ? 'cut' : String(answer.status))
    }
  }
  const all = Promise.all(Array.from({ length: clients }, run))
  return {
    outcomes,
    end: async () => {
      end.abort()
      await all
    },
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await elapsed(5)
}

/** Has a rule made that is broken at once, and waits for the message about it: somebody leads. */
async function expectAlert({ url }: Running, name: string): Promise<void> {
  const token = tokenIn(join(machine.home, '.local', 'state', 'ucr'))
  const body = { name, metric: 'processes', warning: 0.5, cooldown: '1h' }
  const made = await ask(`${url}/admin/alerts`, { headers: { authorization: `Bearer ${token}` }, body })
  expect(made.status, made.text).toBe(201)
  const told = (): boolean => receiver.requests.some((request) => (request.json() as Json)['rule'] === name)
  while (!told()) await receiver.nextRequest()
}

const requestsShown = async (url: string): Promise<number> => {
  const page = (await ask(`${url}/debug/metrics`)).json() as { providers: { far?: { requests: number } } }
  return page.providers.far?.requests ?? 0
}

describe('a worker that hangs under load', () => {
  // Both of them, one after the other: one of the two leads.
  it('is replaced, leader or not, and costs the requests that it had; alerts and all others go on', async () => {
    const running = await started()
    const { gateway, url } = running
    await expectAlert(running, 'before')
    const first = [...(await workersOf(running)).keys()]
    expect(first).toHaveLength(2)
    for (const [times, pid] of first.entries()) {
      const streams = [
        await begin(running.url),
        await begin(running.url),
        await begin(running.url),
        await begin(running.url),
      ]
      const clients = load(running, 6)
      await until(() => clients.outcomes.length > 40)
      stop(pid)
      await gateway.printed(new RegExp(`"pid":${pid},"silence":${LIMIT},"msg":"a worker hangs and is killed"`))
      await gateway.printed(new RegExp(`"pid":${pid},"how":"by SIGKILL"`))
      const served = clients.outcomes.length
      await until(() => clients.outcomes.length > served + 40)
      await clients.end()
      expect(clients.outcomes.filter((outcome) => outcome !== '200' && outcome !== 'cut')).toEqual([])
      // What a client asked of the one that hangs is one request for each at most; what it never took, others answered.
      expect(clients.outcomes.filter((outcome) => outcome === 'cut').length).toBeLessThanOrEqual(6)
      await until(() => childrenOf(gateway.pid).length === 2)
      const pids = [...(await workersOf(running)).keys()]
      expect(pids).not.toContain(pid)
      running.finish()
      expect((await Promise.all(streams.map(endOf))).toSorted()).toEqual(['cut', 'cut', 'whole', 'whole'])
      await expectAlert(running, `after ${times}`)
      const [[, client] = [0, null]] = await workersOf(running)
      if (client === null) throw new Error('there is no worker')
      expect((await detailed(client))['replaced']).toEqual({ total: times + 1, hung: times + 1 })
      const metrics = (await ask(`${url}/metrics`)).text
      expect(metrics).toContain(`\nucr_workers_replaced_total ${times + 1}\n`)
      expect(metrics).toContain(`\nucr_workers_hung_total ${times + 1}\n`)
    }
    expect([...(await workersOf(running)).keys()].filter((pid) => first.includes(pid))).toEqual([])
  })

  it('takes no count with it', async () => {
    const running = await started()
    const { gateway, url } = running
    const clients = load(running, 4)
    await until(() => clients.outcomes.length > 100)
    await clients.end()
    const answered = clients.outcomes.length
    let before = 0
    while (before < answered) before = await requestsShown(url)
    const [[pid] = [0]] = await workersOf(running)
    stop(pid)
    await gateway.printed(/a worker took the place of one that ended/)
    expect(await requestsShown(url)).toBe(before)
    expect(before).toBe(answered)
  })

  it('does not keep the gateway from ending', async () => {
    const running = await started()
    const [[pid] = [0]] = await workersOf(running)
    stop(pid)
    running.gateway.kill('SIGTERM')
    expect((await running.gateway.ended).code).toBe(0)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})

describe('a worker that does not hang', () => {
  it('though it is stopped for a while stays who it is, and serves on', async () => {
    const running = await started({ workerTimeout: '1h' })
    const stream = await begin(running.url)
    const before = childrenOf(running.gateway.pid)
    stop(...before)
    await elapsed(500)
    for (const pid of before) process.kill(pid, 'SIGCONT')
    running.finish()
    expect(await endOf(stream)).toBe('whole')
    expect(new Set((await workersOf(running)).keys())).toEqual(new Set(before))
  })

  it('though all processes stood still for longer than the limit, as on a machine that slept, is left alone', async () => {
    const running = await started()
    const stream = await begin(running.url)
    const workers = childrenOf(running.gateway.pid)
    stop(running.gateway.pid, ...workers)
    await elapsed(1.5 * LIMIT)
    // The supervisor first, so that it could judge.
    for (const pid of [running.gateway.pid, ...workers]) process.kill(pid, 'SIGCONT')
    running.finish()
    expect(await endOf(stream)).toBe('whole')
    expect(new Set((await workersOf(running)).keys())).toEqual(new Set(workers))
    running.gateway.kill('SIGTERM')
    const { code, stdout, stderr } = await running.gateway.ended
    expect(code).toBe(0)
    expect(`${stdout}${stderr}`).not.toContain('hangs')
  })

  it('though it stands still while its heap is captured, for which somebody asked, is left alone', async () => {
    const running = await started()
    const state = join(machine.home, '.local', 'state', 'ucr')
    const workers = childrenOf(running.gateway.pid)
    const [pid = 0] = workers
    const taking = ask(`${running.url}/admin/diagnostics/heap-snapshot?worker=${pid}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenIn(state)}` },
    })
    const folder = join(state, 'diagnostics')
    await until(
      () => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(`-${pid}.heapsnapshot.partial`)),
    )
    // A heap that takes so long is more than a test should fill.
    stop(pid)
    await elapsed(1.5 * LIMIT)
    process.kill(pid, 'SIGCONT')
    const answer = await taking
    expect(answer.status, answer.text).toBe(201)
    expect(answer.json()['pid']).toBe(pid)
    expect(new Set((await workersOf(running)).keys())).toEqual(new Set(workers))
  })
})

async function gone(pids: readonly number[]): Promise<void> {
  const lives = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  while (pids.some(lives)) await elapsed(20)
}

describe('no worker outlives its supervisor', () => {
  it('that is told twice to stop', async () => {
    const running = await started({ drainTimeout: '1h' })
    const streams = [await begin(running.url), await begin(running.url)]
    const workers = childrenOf(running.gateway.pid)
    running.gateway.kill('SIGTERM')
    await running.gateway.printed(/Stopping/)
    running.gateway.kill('SIGINT')
    expect((await running.gateway.ended).code).toBe(130)
    await gone(workers)
    expect(await Promise.all(streams.map(endOf))).toEqual(['cut', 'cut'])
  })

  it('that is killed, also where a custom router left something running', async () => {
    const router = join(machine.home, 'router.mjs')
    await writeFile(router, 'setInterval(() => {}, 1000)\nexport default () => null\n')
    const running = await started({}, { router: { customRouter: router } })
    const workers = childrenOf(running.gateway.pid)
    running.gateway.kill('SIGKILL')
    await gone(workers)
  })

  it('answers health checks while the supervisor stands still', async () => {
    const running = await started()
    const [[pid, client] = [0, null]] = await workersOf(running)
    if (client === null) throw new Error('there is no worker')
    stop(running.gateway.pid)
    // What a worker was told of the others is good for a moment.
    for (let known = 2; known > 1;) {
      const workers = (await detailed(client))['workers'] as readonly Json[]
      expect(workers[0]).toMatchObject({ pid })
      known = workers.length
    }
  })
})
