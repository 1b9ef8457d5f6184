import type { LoopLagFigures } from '../observe/loop-lag.ts'
import type { MetricsSources } from '../observe/metrics-sources.ts'
import type { Compression } from '../server/compression.ts'
import type { Shared } from './snapshot.ts'

export interface GatewayParts {
  readonly shared: Shared
  readonly compression: Compression
  readonly inFlight: () => number
  readonly loopLag: () => LoopLagFigures
  readonly keys: NonNullable<MetricsSources['keys']>
  readonly config: NonNullable<MetricsSources['config']>
  /** Null where there are no workers. */
  readonly replaced: NonNullable<MetricsSources['replaced']> | null
}

/** Where the figures of a gateway come from, besides its requests. */
export function gatewaySources({
  shared,
  compression,
  inFlight,
  loopLag,
  keys,
  config,
  replaced,
}: GatewayParts): MetricsSources {
  const { caches, calls, plans, transport, health, sessions, reasoning } = shared
  return {
    cacheManager: () => ({ ...caches.warm.getStats() }),
    responseCache: () => ({ ...caches.responses.stats() }),
    metadata: () => caches.stats().metadata,
    coalescing: () => ({ ...calls.stats() }),
    dns: () => ({ ...transport.dnsStats() }),
    compression: () => ({ ...compression.stats() }),
    plans: () => ({ ...plans.stats() }),
    ...(sessions !== null && {
      sessionEvents: () => ({ ...sessions.events }),
      sessionStore: () => ({ ...sessions.figures.recent }),
    }),
    ...(reasoning !== null && { reasoning: () => reasoning.counts() }),
    pool: () => transport.stats(),
    breakers: () => health.snapshot(),
    keys,
    config,
    ...(replaced !== null && { replaced }),
    loopLag,
    inFlight,
  }
}
