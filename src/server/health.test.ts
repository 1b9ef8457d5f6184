import { describe, expect, it } from 'vitest'
import type { DeploymentHealth } from '../routing/route.ts'
import { healthRoutes } from './health.ts'
import type { HealthOptions } from './health.ts'
import { Traffic } from './traffic.ts'
import { ownHealth } from './worker-health.ts'
import type { ServerState, WorkerHealth } from './worker-health.ts'

const deployment = (key: string, state: DeploymentHealth['state']): DeploymentHealth => ({
  key,
  state,
  failures: 5,
  successes: 1,
  blockedFor: state === 'open' ? 12_000 : 0,
  why: null,
})

interface Setup {
  readonly options?: Partial<HealthOptions>
  readonly state?: Partial<ServerState>
  readonly known?: boolean
}

const STATE: ServerState = { draining: false, inFlight: 3, served: 10, traffic: new Traffic() }

/** Another worker. */
const other = (more: Partial<WorkerHealth>): WorkerHealth => ({ ...ownHealth(STATE, []), pid: 1, ...more })

async function get(path: string, { options = {}, state = {}, known = false }: Setup = {}) {
  const routes = healthRoutes(
    { ...STATE, ...state },
    {
      service: 'ucr',
      version: '1.2.3',
      exposed: () => false,
      notReady: () => null,
      deployments: () => [],
      sessions: async () => ({ active: 1, total: 2 }),
      others: async () => [],
      replaced: () => null,
      providers: () => null,
      ...options,
    },
  )
  const route = routes.find((candidate) => candidate.path === path)!
  const principal = known ? { tenant: 't', keyName: 'k', grant: null } : null
  const answer = await route.answer({
    id: 'i',
    path,
    query: '',
    params: {},
    headers: {},
    body: Buffer.alloc(0),
    principal,
  })
  if ('stream' in answer) throw new Error('health is told in one piece')
  return {
    status: answer.status,
    headers: answer.headers,
    body: JSON.parse(String(answer.body)) as Record<string, unknown>,
  }
}

describe('/health', () => {
  it('has the fields that monitors of the older gateways read', async () => {
    const { status, headers, body } = await get('/health')
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toEqual({
      status: 'healthy',
      service: 'ucr',
      version: '1.2.3',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      uptime: expect.any(Number) as unknown,
      memory: expect.objectContaining({
        rss: expect.any(Number) as unknown,
        heapUsed: expect.any(Number) as unknown,
      }) as unknown,
      cpu: { user: expect.any(Number) as unknown, system: expect.any(Number) as unknown },
      sessions: { active: 1, total: 2 },
      performance: { avgResponseTime: 0, requestRate: 0 },
    })
  })

  it('tells strangers on an exposed address only the status, and holders of a key everything', async () => {
    const exposed = { exposed: () => true }
    expect((await get('/health', { options: exposed })).body).toEqual({ status: 'healthy' })
    expect((await get('/health', { options: exposed, known: true })).body).toHaveProperty('memory')
  })

  it.each([
    [[], 'healthy', 200],
    [['closed', 'half-open'], 'healthy', 200],
    [['closed', 'open'], 'degraded', 200],
    [['open', 'open'], 'unhealthy', 503],
  ] as const)('with deployments %j is %s', async (states, expected, code) => {
    const deployments = states.map((state, index) => deployment(`p/${index}`, state))
    const { status, body } = await get('/health', { options: { deployments: () => deployments } })
    expect([body['status'], status]).toEqual([expected, code])
  })
})

describe('/health/live', () => {
  it('says yes as long as the process answers, also while it shuts down', async () => {
    expect(await get('/health/live', { state: { draining: true } })).toMatchObject({ status: 200 })
  })
})

describe('/health/ready', () => {
  it('says no while the gateway shuts down or cannot serve, and why', async () => {
    expect(await get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ready' } })
    expect(await get('/health/ready', { state: { draining: true } })).toMatchObject({
      status: 503,
      body: { status: 'not-ready', reason: 'shutting down' },
    })
    const notReady = { notReady: () => 'no provider is configured' }
    expect((await get('/health/ready', { options: notReady })).body['reason']).toBe('no provider is configured')
    expect((await get('/health/ready', { options: { ...notReady, exposed: () => true } })).body).toEqual({
      status: 'not-ready',
    })
  })
})

describe('/health/detailed', () => {
  it('adds what is under way and the state of each deployment', async () => {
    const deployments = [deployment('p/m', 'open')]
    const { status, body } = await get('/health/detailed', { options: { deployments: () => deployments } })
    expect(status).toBe(503)
    expect(body).toMatchObject({ inFlight: 3, draining: false, deployments })
  })

  it('needs a key on an exposed address', async () => {
    const exposed = { exposed: () => true }
    await expect(get('/health/detailed', { options: exposed })).rejects.toMatchObject({ code: 'unauthorized' })
    expect(await get('/health/detailed', { options: exposed, known: true })).toMatchObject({ status: 200 })
  })
})

describe('health of several workers', () => {
  const others = (...list: Partial<WorkerHealth>[]) => ({ options: { others: async () => list.map(other) } })

  it('is one sum, with a line for each', async () => {
    const memory = { rss: 1e12, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }
    const worker = { memory, inFlight: 4, requests: 7, uptime: 1e9, recent: { requests: 60, milliseconds: 600 } }
    const { body } = await get('/health/detailed', others(worker, { pid: 2 }))
    expect(body).toMatchObject({
      inFlight: 10,
      requests: 27,
      uptime: 1e9,
      performance: { avgResponseTime: 10, requestRate: 1 },
      workers: [
        { pid: process.pid, inFlight: 3 },
        { pid: 1, inFlight: 4, requests: 7, uptime: 1e9, rss: 1e12, heapUsed: 0, draining: false },
        { pid: 2 },
      ],
    })
    expect((body['memory'] as { rss: number }).rss).toBeGreaterThan(1e12)
  })

  it('is that of the worst that a worker knows of a deployment', async () => {
    const own = { deployments: () => [deployment('p/a', 'closed'), deployment('p/b', 'closed')] }
    const { options } = others({ deployments: [deployment('p/a', 'open'), deployment('p/b', 'closed')] })
    const { body } = await get('/health/detailed', { options: { ...own, ...options } })
    expect(body['status']).toBe('degraded')
    expect(body['deployments']).toMatchObject([
      { key: 'p/a', state: 'open', failures: 10, blockedFor: 12_000 },
      { key: 'p/b', state: 'closed', failures: 10 },
    ])
  })

  it('is not ready when one of them shuts down', async () => {
    expect(await get('/health/ready', others({ draining: true }))).toMatchObject({ status: 503 })
    expect(await get('/health/ready', others({}))).toMatchObject({ status: 200 })
  })
})

describe('health with checks of the providers', () => {
  const checked = { id: 'p', latency: 3, checkedAt: '2026-01-01T00:00:00.000Z' } as const

  it.each([
    [{ ...checked, status: 'up', error: null }, 'healthy'],
    [{ ...checked, status: 'down', error: 'it refuses the key' }, 'degraded'],
    [{ ...checked, status: 'unchecked', latency: null, error: null }, 'healthy'],
  ] as const)('with %j is %s', async (found, expected) => {
    const { status, body } = await get('/health/detailed', { options: { providers: () => [found] } })
    expect([body['status'], status]).toEqual([expected, 200])
    expect(body['providers']).toEqual([found])
  })
})
