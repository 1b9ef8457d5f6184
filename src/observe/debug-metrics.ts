import { latencyOf, NO_LATENCY } from './latency.ts'
import type { MetricsSnapshot } from './metrics-snapshot.ts'
import type { Counts } from './metrics-sources.ts'
import { add, OUTCOMES, PROVIDER } from './traffic-counts.ts'
import type { Outcomes } from './traffic-counts.ts'

/** Clients choose models, and with them breakers. */
const MOST_BREAKERS = 200

/** `GET /debug/metrics`: what somebody needs who looks for the reason of something slow, as JSON. */
export function debugMetrics({ takenAt, uptime, processes, process, traffic, blocks }: MetricsSnapshot): string {
  const { responseCache, cacheManager, metadata, coalescing, dns, compression, admission, pool, memory } = blocks
  const { sessionEvents, sessionStore, alerts, providerChecks } = blocks
  return JSON.stringify({
    performance: performanceOf(traffic, blocks, uptime),
    memory: {
      heapUsed: megabytes(process.heapUsed),
      heapTotal: megabytes(process.heapTotal),
      rss: megabytes(process.rss),
      external: megabytes(process.external),
    },
    cache: {
      ...(cacheManager && { manager: withHitRate(cacheManager) }),
      ...(responseCache && { response: withHitRate(responseCache) }),
      ...(metadata && { metadata }),
    },
    ...(pool && { pool }),
    ...(blocks.breakers && { breakers: blocks.breakers.slice(0, MOST_BREAKERS) }),
    ...(dns && { dns }),
    ...(coalescing && { coalescing }),
    ...(compression && { compression }),
    ...(admission && { admission }),
    ...(sessionEvents && { sessions: { ...sessionStore, ...sessionEvents } }),
    ...(blocks.reasoning && { reasoning: blocks.reasoning }),
    ...(alerts && { alerts }),
    ...(providerChecks && { providerChecks }),
    ...(memory && { memoryPressure: memory }),
    ...(blocks.config && { config: blocks.config }),
    ...(blocks.replaced && { workersReplaced: blocks.replaced }),
    ...(blocks.loopLag && { eventLoop: blocks.loopLag }),
    errors: traffic.errors,
    providers: traffic.providers,
    tokens: tokensOf(traffic),
    processes,
    uptime,
    timestamp: takenAt,
  })
}

function performanceOf(
  traffic: MetricsSnapshot['traffic'],
  { responseCache, inFlight, plans }: MetricsSnapshot['blocks'],
  uptime: number,
): object {
  const outcomes = add(OUTCOMES, Object.values(traffic.outcomes))
  const { total, errors } = totals(outcomes)
  const { recent, streaming } = traffic
  const times = { buckets: recent.buckets, sum: recent.milliseconds }
  const { average, ...percentiles } = latencyOf(times) ?? NO_LATENCY
  return {
    requests: {
      total,
      streaming,
      nonStreaming: total - streaming,
      errors,
      ...outcomesShown(outcomes),
      ...(inFlight !== null && { inFlight }),
    },
    performance: {
      avgLatency: average,
      ...percentiles,
      requestsPerSecond: rounded(share(recent.requests, Math.max(recent.seconds, 1))),
      errorRate: share(errors, total),
      recentErrorRate: share(recent.errors, recent.requests),
    },
    firstToken: latencyOf(recent.firstToken) ?? NO_LATENCY,
    ...(responseCache && {
      cache: {
        hits: responseCache.hits,
        misses: responseCache.misses,
        hitRate: share(responseCache.hits, responseCache.hits + responseCache.misses),
      },
    }),
    ...(plans && { fastPath: { ...plans, share: share(plans.fastPath, plans.total) } }),
    uptime,
  }
}

/** Every answer that is an error, whoever is to blame. */
function totals(outcomes: Outcomes): { readonly total: number; readonly errors: number } {
  const errors = outcomes.failed + outcomes.upstream_truncated + outcomes.rejected
  return { total: outcomes.complete + outcomes.client_closed + errors, errors }
}

function outcomesShown({ failed, upstream_truncated, rejected, client_closed }: Outcomes): object {
  return { failed, truncated: upstream_truncated, rejected, clientClosed: client_closed }
}

function tokensOf({ providers, losses, requestBytes, replyBytes }: MetricsSnapshot['traffic']): object {
  const { input, cacheRead, cacheWrite, output, reasoning } = add(PROVIDER, Object.values(providers))
  return { input, cacheRead, cacheWrite, output, reasoning, losses, requestBytes, replyBytes }
}

function withHitRate<C extends Counts<'hits' | 'misses'>>(counts: C): C & { readonly hitRate: number } {
  return { ...counts, hitRate: share(counts.hits, counts.hits + counts.misses) }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}
