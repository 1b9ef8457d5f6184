import type { DeploymentHealth } from '../routing/route.ts'
import type { Traffic } from './traffic.ts'

/** What the server itself knows. */
export interface ServerState {
  readonly draining: boolean
  readonly inFlight: number
  /** Requests answered since the start. */
  readonly served: number
  readonly traffic: Traffic
}

/** How one worker is: plain data, which it can tell the others. */
export interface WorkerHealth {
  readonly pid: number
  /** Seconds. */
  readonly uptime: number
  /** Bytes, by Node's names. */
  readonly memory: Readonly<Record<MemoryField, number>>
  /** Microseconds. */
  readonly cpu: Readonly<Record<CpuField, number>>
  readonly inFlight: number
  readonly draining: boolean
  readonly requests: number
  /** Of the last minute; milliseconds all together. */
  readonly recent: { readonly requests: number; readonly milliseconds: number }
  readonly deployments: readonly DeploymentHealth[]
}

const MEMORY = ['rss', 'heapTotal', 'heapUsed', 'external', 'arrayBuffers'] as const
type MemoryField = (typeof MEMORY)[number]
const CPU = ['user', 'system'] as const
type CpuField = (typeof CPU)[number]

/** Clients choose models, and with them breakers. */
const MOST_DEPLOYMENTS = 200

const SEVERITY = { closed: 0, 'half-open': 1, open: 2 } as const satisfies Record<DeploymentHealth['state'], number>

export function ownHealth(state: ServerState, deployments: readonly DeploymentHealth[]): WorkerHealth {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return {
    pid: process.pid,
    uptime: process.uptime(),
    memory: { rss, heapTotal, heapUsed, external, arrayBuffers },
    cpu: { user, system },
    inFlight: state.inFlight,
    draining: state.draining,
    requests: state.served,
    recent: state.traffic.lastMinute(performance.now()),
    deployments,
  }
}

/** What is wrong comes first, and not everything comes: it goes to all others, and often. */
export function forOthers(health: WorkerHealth): WorkerHealth {
  return { ...health, deployments: health.deployments.toSorted(worstFirst).slice(0, MOST_DEPLOYMENTS) }
}

/** All workers as one. */
export interface GatewayHealth extends Omit<WorkerHealth, 'pid' | 'deployments'> {
  /** Of each the worst that a worker knows. */
  readonly deployments: readonly DeploymentHealth[]
  readonly workers: readonly WorkerHealth[]
}

export function mergeHealth(own: WorkerHealth, others: readonly WorkerHealth[]): GatewayHealth {
  const workers = [own, ...others]
  const sum = (value: (worker: WorkerHealth) => number): number =>
    workers.reduce((total, each) => total + value(each), 0)
  return {
    uptime: Math.max(...workers.map(({ uptime }) => uptime)),
    memory: sums(MEMORY, workers, ({ memory }) => memory),
    cpu: sums(CPU, workers, ({ cpu }) => cpu),
    inFlight: sum(({ inFlight }) => inFlight),
    draining: workers.some(({ draining }) => draining),
    requests: sum(({ requests }) => requests),
    recent: {
      requests: sum(({ recent }) => recent.requests),
      milliseconds: sum(({ recent }) => recent.milliseconds),
    },
    deployments: worstOf(workers.flatMap(({ deployments }) => deployments)),
    workers,
  }
}

/** Each worker counts what it has seen, and all of them know what is open. */
function worstOf(list: readonly DeploymentHealth[]): readonly DeploymentHealth[] {
  const byKey = Map.groupBy(list, ({ key }) => key)
  return [...byKey.values()].flatMap((same) => {
    const [worst] = same.toSorted(worstFirst)
    if (worst === undefined) return []
    const count = (field: 'failures' | 'successes'): number => same.reduce((total, each) => total + each[field], 0)
    return [{ ...worst, failures: count('failures'), successes: count('successes') }]
  })
}

function worstFirst(a: DeploymentHealth, b: DeploymentHealth): number {
  return SEVERITY[b.state] - SEVERITY[a.state] || b.blockedFor - a.blockedFor
}

function sums<F extends string>(
  fields: readonly F[],
  workers: readonly WorkerHealth[],
  pick: (worker: WorkerHealth) => Readonly<Record<F, number>>,
): Record<F, number>
function sums(
  fields: readonly string[],
  workers: readonly WorkerHealth[],
  pick: (worker: WorkerHealth) => Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    fields.map((field) => [field, workers.reduce((total, worker) => total + (pick(worker)[field] ?? 0), 0)]),
  )
}
