import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import type { DeploymentHealth } from '../routing/route.ts'
import { described } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'
import { mergeHealth, ownHealth } from './worker-health.ts'
import type { GatewayHealth, ServerState, WorkerHealth } from './worker-health.ts'

export interface HealthOptions {
  readonly service: string
  readonly version: string
  /** The gateway can be reached from other machines: strangers then learn no more than the status. */
  readonly exposed: () => boolean
  /** Why no request should be sent here, as one clause; null when all is well. */
  notReady(): string | null
  /** Of this worker. */
  deployments(): readonly DeploymentHealth[]
  sessions(): Promise<{ readonly active: number; readonly total: number }>
  /** How the other workers are, a moment ago at most; one that gives no answer is left out. Never rejects. */
  others(): Promise<readonly WorkerHealth[]>
  /** Workers that others took the place of, and how many of them hung; null where there are none. */
  replaced(): { readonly total: number; readonly hung: number } | null
  /** What asking the providers found; null where they are not asked. */
  providers(): readonly ProviderHealth[] | null
}

/** How a provider was when it was asked last. */
export interface ProviderHealth {
  readonly id: string
  /** `unchecked`: it has nothing that could be asked for without costs. */
  readonly status: 'up' | 'down' | 'unchecked'
  /** Milliseconds. */
  readonly latency: number | null
  /** ISO 8601. */
  readonly checkedAt: string
  /** One clause. */
  readonly error: string | null
}

/** `degraded`: some deployments or providers are out. `unhealthy`: all deployments are, or there is none to use. */
type Status = 'healthy' | 'degraded' | 'unhealthy'

export function healthRoutes(state: ServerState, options: HealthOptions): readonly PlainRoute[] {
  const mayKnow = ({ principal }: PlainRequest): boolean => principal !== null || !options.exposed()
  const route = (
    path: string,
    name: 'HEALTH' | 'LIVE' | 'READY' | 'DETAILED',
    answer: (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>,
  ): PlainRoute => ({
    method: 'GET',
    path,
    access: 'public',
    describe: described(async () => (await import('./operations/health.ts'))[name]),
    answer: async (request) => answer(request),
  })
  const look = async (): Promise<GatewayHealth> =>
    mergeHealth(ownHealth(state, options.deployments()), await options.others())

  return [
    route('/health', 'HEALTH', async (request) => {
      const all = await look()
      const status = statusOf(options, all.deployments)
      return health(status, mayKnow(request) ? await overview(status, all, options) : { status })
    }),
    route('/health/live', 'LIVE', () => jsonAnswer(200, toJsonText({ status: 'alive' }))),
    route('/health/ready', 'READY', async (request) => {
      const reason = await whyNotReady(state, options)
      const status = { status: reason === null ? 'ready' : 'not-ready' }
      return jsonAnswer(
        reason === null ? 200 : 503,
        toJsonText(reason === null || !mayKnow(request) ? status : { ...status, reason }),
      )
    }),
    route('/health/detailed', 'DETAILED', async (request) => {
      if (!mayKnow(request)) throw new GatewayError('unauthorized', 'Details are shown to holders of a key.')
      const all = await look()
      const status = statusOf(options, all.deployments)
      return health(status, { ...(await overview(status, all, options)), ...details(all, options) })
    }),
  ]
}

function health(status: Status, body: JsonValue): PlainAnswer {
  return jsonAnswer(status === 'unhealthy' ? 503 : 200, toJsonText(body))
}

export function statusOf(
  options: Pick<HealthOptions, 'notReady' | 'providers'>,
  deployments: readonly Pick<DeploymentHealth, 'state'>[],
): Status {
  if (options.notReady() !== null) return 'unhealthy'
  const out = deployments.filter(({ state }) => state === 'open').length
  if (out > 0) return out === deployments.length ? 'unhealthy' : 'degraded'
  return options.providers()?.some(({ status }) => status === 'down') === true ? 'degraded' : 'healthy'
}

/** A shutdown is told to all workers, and they hear of it one after the other. */
async function whyNotReady(state: ServerState, options: HealthOptions): Promise<string | null> {
  if (state.draining) return 'shutting down'
  const reason = options.notReady()
  if (reason !== null) return reason
  return (await options.others()).some(({ draining }) => draining) ? 'shutting down' : null
}

async function overview(
  status: Status,
  { uptime, memory, cpu, recent }: GatewayHealth,
  options: HealthOptions,
): Promise<{ [key: string]: JsonValue }> {
  const { active, total } = await options.sessions()
  const average = recent.requests === 0 ? 0 : recent.milliseconds / recent.requests
  return {
    status,
    service: options.service,
    version: options.version,
    timestamp: new Date().toISOString(),
    uptime,
    memory: { ...memory },
    cpu: { ...cpu },
    sessions: { active, total },
    performance: { avgResponseTime: rounded(average), requestRate: rounded(recent.requests / 60) },
  }
}

function details(all: GatewayHealth, options: HealthOptions): { [key: string]: JsonValue } {
  const [providers, replaced] = [options.providers(), options.replaced()]
  return {
    requests: all.requests,
    inFlight: all.inFlight,
    draining: all.draining,
    deployments: all.deployments.map(({ key, state, failures, successes, blockedFor, why }) => {
      return { key, state, failures, successes, blockedFor, why }
    }),
    workers: all.workers.map(({ pid, uptime, memory: { rss, heapUsed }, inFlight, requests, draining }) => {
      return { pid, uptime, rss, heapUsed, inFlight, requests, draining }
    }),
    ...(replaced !== null && { replaced: { ...replaced } }),
    ...(providers !== null && { providers: providers.map((provider) => ({ ...provider })) }),
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
