import { describe, expect, it } from 'vitest'
import type { DeploymentHealth } from '../routing/route.ts'
import { healthRoutes } from './health.ts'
import type { HealthOptions, ServerState } from './health.ts'
import { Traffic } from './traffic.ts'

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

async function get(path: string, { options = {}, state = {}, known = false }: Setup = {}) {
  const routes = healthRoutes(
    { draining: false, inFlight: 3, traffic: new Traffic(), ...state },
    {
      service: 'ucr',
      version: '1.2.3',
      exposed: () => false,
      notReady: () => null,
      deployments: () => [],
      sessions: async () => ({ active: 1, total: 2 }),
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
