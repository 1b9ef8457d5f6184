import { latencyOf, NO_LATENCY } from './latency.ts'
import type { MetricsSnapshot } from './metrics-snapshot.ts'
import type { UsageByModel } from './model-usage.ts'
import type { Cost, Overview, ProviderOverview, TokenTotals } from './overview.ts'
import { add, OUTCOMES, PROVIDER, TOKENS } from './traffic-counts.ts'

/** What is known of a provider without asking it. */
export type ProviderFacts = Pick<ProviderOverview, 'id' | 'type' | 'name' | 'source' | 'baseUrl' | 'models'>

/** What an overview says that no snapshot of figures has. */
export interface OverviewFacts {
  readonly service: string
  readonly version: string
  readonly status: Overview['status']
  readonly providers: readonly ProviderFacts[]
  /** What this use costs. */
  readonly costOf: (usage: UsageByModel) => Cost
}

/** Clients choose models, and with them breakers. */
const MOST_DEPLOYMENTS = 100

export function overviewOf(snapshot: MetricsSnapshot, facts: OverviewFacts): Overview {
  const { takenAt, uptime, processes, traffic, blocks, process } = snapshot
  const { service, version, status, costOf } = facts
  const { recent } = traffic
  return {
    service,
    version,
    takenAt,
    uptime,
    processes,
    status,
    requests: requestsOf(snapshot),
    latency: latencyOf({ buckets: recent.buckets, sum: recent.milliseconds }) ?? NO_LATENCY,
    firstToken: latencyOf(recent.firstToken),
    tokens: tokensOf(Object.values(traffic.providers)),
    cost: costOf(traffic.models),
    memory: {
      rss: process.rss,
      heapUsed: process.heapUsed,
      ratio: blocks.memory?.ratio ?? 0,
      underPressure: blocks.memory?.underPressure ?? false,
      shedding: blocks.memory?.shedding ?? false,
    },
    eventLoop: blocks.loopLag ?? { p50: 0, p99: 0, max: 0 },
    caches: cachesOf(snapshot),
    sessions: sessionsOf(snapshot),
    refused: {
      rateLimited: blocks.admission?.rateLimited ?? 0,
      overloaded: blocks.admission?.overloaded ?? 0,
    },
    errors: traffic.errors,
    providers: facts.providers.map((provider) => providerOf(provider, snapshot, costOf)),
  }
}

function requestsOf({ traffic, blocks }: MetricsSnapshot): Overview['requests'] {
  const { recent, streaming } = traffic
  const outcomes = add(OUTCOMES, Object.values(traffic.outcomes))
  const errors = outcomes.failed + outcomes.upstream_truncated + outcomes.rejected
  return {
    total: outcomes.complete + outcomes.client_closed + errors,
    errors,
    streaming,
    inFlight: blocks.inFlight ?? 0,
    perSecond: rounded(recent.requests / Math.max(recent.seconds, 1)),
    errorRate: recent.requests === 0 ? 0 : recent.errors / recent.requests,
  }
}

function cachesOf({ blocks: { responseCache, cacheManager, coalescing } }: MetricsSnapshot): Overview['caches'] {
  return {
    response: {
      entries: responseCache?.size ?? 0,
      bytes: responseCache?.calculatedSize ?? 0,
      hits: responseCache?.hits ?? 0,
      misses: responseCache?.misses ?? 0,
    },
    warm: {
      entries: (cacheManager?.l1Size ?? 0) + (cacheManager?.l2Size ?? 0),
      bytes: cacheManager?.bytes ?? 0,
      hits: cacheManager?.hits ?? 0,
      misses: cacheManager?.misses ?? 0,
    },
    coalesced: coalescing?.followers ?? 0,
  }
}

function sessionsOf({ blocks: { sessionStore, sessionEvents } }: MetricsSnapshot): Overview['sessions'] {
  if (sessionStore === null || sessionEvents === null) return null
  const { active, total } = sessionStore
  const { created, evicted, expired } = sessionEvents
  return { active, total, created, evicted, expired }
}

function providerOf(
  provider: ProviderFacts,
  { traffic, blocks }: MetricsSnapshot,
  costOf: OverviewFacts['costOf'],
): ProviderOverview {
  const { id, type, name, source, baseUrl, models } = provider
  const counts = traffic.providers[id]
  return {
    id,
    type,
    name,
    source,
    baseUrl,
    models,
    requests: counts?.requests ?? 0,
    failedAttempts: counts?.failedAttempts ?? 0,
    tokens: tokensOf(counts === undefined ? [] : [counts]),
    cost: costOf({ [id]: traffic.models[id] ?? {} }),
    deployments: (blocks.breakers ?? []).filter(({ key }) => key.startsWith(`${id}/`)).slice(0, MOST_DEPLOYMENTS),
  }
}

function tokensOf(list: readonly Readonly<Record<(typeof PROVIDER)[number], number>>[]): TokenTotals {
  return add(TOKENS, list)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
