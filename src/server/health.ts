import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import type { DeploymentHealth } from '../routing/route.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'
import type { Traffic } from './traffic.ts'

export interface HealthOptions {
  readonly service: string
  readonly version: string
  /** The gateway can be reached from other machines: strangers then learn no more than the status. */
  readonly exposed: () => boolean
  /** Why no request should be sent here, as one clause; null when all is well. */
  notReady(): string | null
  deployments(): readonly DeploymentHealth[]
  sessions(): Promise<{ readonly active: number; readonly total: number }>
}

/** What the server itself knows. */
export interface ServerState {
  readonly draining: boolean
  readonly inFlight: number
  readonly traffic: Traffic
}

/** `degraded`: some deployments are out. `unhealthy`: all of them are, or the gateway has none it could use. */
type Status = 'healthy' | 'degraded' | 'unhealthy'

export function healthRoutes(state: ServerState, options: HealthOptions): readonly PlainRoute[] {
  const mayKnow = ({ principal }: PlainRequest): boolean => principal !== null || !options.exposed()
  const route = (path: string, answer: (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>): PlainRoute => ({
    method: 'GET',
    path,
    access: 'public',
    answer: async (request) => answer(request),
  })

  return [
    route('/health', async (request) => {
      const status = statusOf(options)
      return health(status, mayKnow(request) ? await overview(status, state, options) : { status })
    }),
    route('/health/live', () => jsonAnswer(200, toJsonText({ status: 'alive' }))),
    route('/health/ready', (request) => {
      const reason = state.draining ? 'shutting down' : options.notReady()
      const status = { status: reason === null ? 'ready' : 'not-ready' }
      return jsonAnswer(
        reason === null ? 200 : 503,
        toJsonText(reason === null || !mayKnow(request) ? status : { ...status, reason }),
      )
    }),
    route('/health/detailed', async (request) => {
      if (!mayKnow(request)) throw new GatewayError('unauthorized', 'Details are shown to holders of a key.')
      const status = statusOf(options)
      return health(status, { ...(await overview(status, state, options)), ...details(state, options) })
    }),
  ]
}

function health(status: Status, body: JsonValue): PlainAnswer {
  return jsonAnswer(status === 'unhealthy' ? 503 : 200, toJsonText(body))
}

export function statusOf(options: Pick<HealthOptions, 'notReady' | 'deployments'>): Status {
  if (options.notReady() !== null) return 'unhealthy'
  const states = options.deployments()
  const out = states.filter(({ state }) => state === 'open').length
  if (out === 0) return 'healthy'
  return out === states.length ? 'unhealthy' : 'degraded'
}

async function overview(
  status: Status,
  state: ServerState,
  options: HealthOptions,
): Promise<{ [key: string]: JsonValue }> {
  const { averageDuration, rate } = state.traffic.lastMinute(performance.now())
  const { active, total } = await options.sessions()
  return {
    status,
    service: options.service,
    version: options.version,
    timestamp: new Date().toISOString(),
    uptime: process.uptime(),
    memory: { ...process.memoryUsage() },
    cpu: { ...process.cpuUsage() },
    sessions: { active, total },
    performance: { avgResponseTime: rounded(averageDuration), requestRate: rounded(rate) },
  }
}

function details({ inFlight, draining }: ServerState, options: HealthOptions): { [key: string]: JsonValue } {
  return {
    inFlight,
    draining,
    deployments: options.deployments().map(({ key, state, failures, successes, blockedFor, why }) => {
      return { key, state, failures, successes, blockedFor, why }
    }),
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
