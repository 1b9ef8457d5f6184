import { logText } from './log-text.ts'
import { worstLag } from './loop-lag.ts'
import { ADMISSION, ALERTS, CACHE_MANAGER, COALESCING, COMPRESSION, CONFIG, DNS, METADATA } from './metrics-sources.ts'
import { PLANS, POOL, PROVIDER_CHECKS, REASONING, RESPONSE_CACHE, SESSION_EVENTS } from './metrics-sources.ts'
import type {
  BreakerStats,
  Counts,
  MemoryPressure,
  MetricsSources,
  PoolStats,
  SourceBlocks,
} from './metrics-sources.ts'
import { add, addTraffic } from './traffic-counts.ts'
import type { TrafficCounts } from './traffic-counts.ts'
import type { TrafficRecorder } from './traffic-recorder.ts'

type Replaced = NonNullable<SourceBlocks['replaced']>
type SessionCounts = NonNullable<SourceBlocks['sessionStore']>

const PROCESS = ['heapUsed', 'heapTotal', 'rss', 'external', 'userSeconds', 'systemSeconds'] as const

/** All that one process can tell at one time, as plain data. */
export interface MetricsSnapshot {
  /** Unix milliseconds. */
  readonly takenAt: number
  /** Seconds. */
  readonly uptime: number
  readonly processes: number
  /** Bytes, and seconds of CPU time. */
  readonly process: Counts<(typeof PROCESS)[number]>
  readonly traffic: TrafficCounts
  readonly blocks: SourceBlocks
}

export function takeSnapshot(traffic: TrafficRecorder, sources: MetricsSources): MetricsSnapshot {
  const { heapUsed, heapTotal, rss, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return {
    takenAt: Date.now(),
    uptime: process.uptime(),
    processes: 1,
    process: { heapUsed, heapTotal, rss, external, userSeconds: user / 1e6, systemSeconds: system / 1e6 },
    traffic: traffic.counts(),
    blocks: {
      cacheManager: sources.cacheManager?.() ?? null,
      responseCache: sources.responseCache?.() ?? null,
      metadata: sources.metadata?.() ?? null,
      coalescing: sources.coalescing?.() ?? null,
      dns: sources.dns?.() ?? null,
      compression: sources.compression?.() ?? null,
      admission: sources.admission?.() ?? null,
      plans: sources.plans?.() ?? null,
      sessionEvents: sources.sessionEvents?.() ?? null,
      sessionStore: sources.sessionStore?.() ?? null,
      reasoning: sources.reasoning?.() ?? null,
      alerts: sources.alerts?.() ?? null,
      providerChecks: sources.providerChecks?.() ?? null,
      pool: sources.pool?.() ?? null,
      breakers: sources.breakers?.().map(cleanBreaker) ?? null,
      keys: sources.keys?.() ?? null,
      config: sources.config?.() ?? null,
      replaced: sources.replaced?.() ?? null,
      memory: sources.memory?.() ?? null,
      loopLag: sources.loopLag?.() ?? null,
      inFlight: sources.inFlight?.() ?? null,
    },
  }
}

/** Clients choose names of models. */
function cleanBreaker(breaker: BreakerStats): BreakerStats {
  return { ...breaker, key: logText(breaker.key) }
}

/** Several processes as one. Counts are added up; of shares and states the worst is kept. */
export function mergeSnapshots(list: readonly [MetricsSnapshot, ...MetricsSnapshot[]]): MetricsSnapshot {
  return {
    takenAt: Math.max(...list.map(({ takenAt }) => takenAt)),
    uptime: Math.max(...list.map(({ uptime }) => uptime)),
    processes: list.reduce((sum, { processes }) => sum + processes, 0),
    process: add(
      PROCESS,
      list.map((snapshot) => snapshot.process),
    ),
    traffic: addTraffic(list.map(({ traffic }) => traffic)),
    blocks: mergeBlocks(list.map(({ blocks }) => blocks)),
  }
}

function mergeBlocks(list: readonly SourceBlocks[]): SourceBlocks {
  const sum = <F extends string>(fields: readonly F[], pick: (blocks: SourceBlocks) => Counts<F> | null) =>
    join(list.map(pick), (present) => add(fields, present))
  return {
    cacheManager: sum(CACHE_MANAGER, ({ cacheManager }) => cacheManager),
    responseCache: sum(RESPONSE_CACHE, ({ responseCache }) => responseCache),
    metadata: sum(METADATA, ({ metadata }) => metadata),
    coalescing: sum(COALESCING, ({ coalescing }) => coalescing),
    dns: sum(DNS, ({ dns }) => dns),
    compression: sum(COMPRESSION, ({ compression }) => compression),
    admission: sum(ADMISSION, ({ admission }) => admission),
    plans: sum(PLANS, ({ plans }) => plans),
    sessionEvents: sum(SESSION_EVENTS, ({ sessionEvents }) => sessionEvents),
    sessionStore: join(
      list.map(({ sessionStore }) => sessionStore),
      mostSessions,
    ),
    reasoning: sum(REASONING, ({ reasoning }) => reasoning),
    alerts: sum(ALERTS, ({ alerts }) => alerts),
    providerChecks: sum(PROVIDER_CHECKS, ({ providerChecks }) => providerChecks),
    pool: join(
      list.map(({ pool }) => pool),
      mergePools,
    ),
    breakers: join(
      list.map(({ breakers }) => breakers),
      mergeBreakers,
    ),
    memory: join(
      list.map(({ memory }) => memory),
      mergeMemory,
    ),
    config: sum(CONFIG, ({ config }) => config),
    keys: list.find(({ keys }) => keys !== null)?.keys ?? null,
    replaced: join(
      list.map(({ replaced }) => replaced),
      mostReplaced,
    ),
    loopLag: join(
      list.map(({ loopLag }) => loopLag),
      worstLag,
    ),
    inFlight: join(
      list.map(({ inFlight }) => inFlight),
      (present) => present.reduce((total, each) => total + each, 0),
    ),
  }
}

function join<T>(list: readonly (T | null)[], merge: (present: readonly T[]) => T): T | null {
  const present = list.filter((block) => block !== null)
  return present.length === 0 ? null : merge(present)
}

/** The store is one for all processes; who looked last has seen most. */
function mostSessions(list: readonly SessionCounts[]): SessionCounts {
  return list.reduce((most, each) => (each.total > most.total ? each : most))
}

/** All were told the same, one a moment after the other. */
function mostReplaced(list: readonly Replaced[]): Replaced {
  return list.reduce((most, each) => (each.total > most.total ? each : most))
}

function mergePools(list: readonly (readonly PoolStats[])[]): readonly PoolStats[] {
  const byOrigin = Map.groupBy(list.flat(), ({ origin }) => origin)
  return [...byOrigin].map(([origin, same]) => ({ origin, ...add(POOL, same) }))
}

const SEVERITY = { closed: 0, 'half-open': 1, open: 2 } as const satisfies Record<BreakerStats['state'], number>

/** Each process has breakers of its own: of those of one deployment, the worst is shown. */
function mergeBreakers(list: readonly (readonly BreakerStats[])[]): readonly BreakerStats[] {
  const byKey = Map.groupBy(list.flat(), ({ key }) => key)
  return [...byKey.values()].flatMap((same) => {
    const [worst] = same.toSorted((a, b) => SEVERITY[b.state] - SEVERITY[a.state] || b.blockedFor - a.blockedFor)
    return worst === undefined ? [] : [{ ...worst, ...add(['failures', 'successes'], same) }]
  })
}

function mergeMemory(list: readonly MemoryPressure[]): MemoryPressure {
  const worst = list.reduce((most, each) => (each.ratio > most.ratio ? each : most))
  return {
    ...worst,
    underPressure: list.some(({ underPressure }) => underPressure),
    shedding: list.some(({ shedding }) => shedding),
    ...add(['events', 'collections'], list),
  }
}
