import { NO_TIMES } from './histogram.ts'
import type { MetricsSnapshot } from './metrics-snapshot.ts'
import type { SourceBlocks } from './metrics-sources.ts'

/** What is still true of a process when it is gone: all that it has counted, and nothing of how it was. */
export function lastingCounts({ takenAt, process, traffic, blocks }: MetricsSnapshot): MetricsSnapshot {
  return {
    takenAt,
    uptime: 0,
    processes: 0,
    process: { ...process, heapUsed: 0, heapTotal: 0, rss: 0, external: 0 },
    traffic: {
      ...traffic,
      recent: {
        seconds: 0,
        requests: 0,
        errors: 0,
        served: 0,
        milliseconds: 0,
        waited: 0,
        buckets: NO_TIMES.buckets,
        firstToken: NO_TIMES,
      },
    },
    blocks: lastingBlocks(blocks),
  }
}

function lastingBlocks(blocks: SourceBlocks): SourceBlocks {
  const { cacheManager, responseCache, coalescing, dns, pool, memory, alerts, config } = blocks
  return {
    cacheManager: cacheManager && { ...cacheManager, l1Size: 0, l2Size: 0 },
    responseCache: responseCache && { ...responseCache, size: 0, calculatedSize: 0, maxSize: 0 },
    metadata: blocks.metadata && { tokenCountCacheSize: 0 },
    coalescing: coalescing && { ...coalescing, inFlight: 0 },
    dns: dns && { ...dns, size: 0 },
    compression: blocks.compression,
    admission: blocks.admission,
    plans: blocks.plans,
    sessionEvents: blocks.sessionEvents,
    sessionStore: null,
    reasoning: blocks.reasoning,
    alerts: alerts && { ...alerts, firing: 0 },
    providerChecks: null,
    pool: pool?.map((one) => ({ ...one, connected: 0, running: 0, pending: 0, free: 0, closed: one.opened })) ?? null,
    breakers: null,
    keys: null,
    config: config && { ...config, outdated: 0 },
    replaced: null,
    loopLag: null,
    memory: memory && { ...memory, ratio: 0, usedBytes: 0, underPressure: false, shedding: false },
    inFlight: blocks.inFlight && 0,
  }
}
