import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { debugMetrics } from '../observe/debug-metrics.ts'
import { takeSnapshot } from '../observe/metrics-snapshot.ts'
import * as fields from '../observe/metrics-sources.ts'
import type { MetricsSources } from '../observe/metrics-sources.ts'
import { PROVIDER, zeros } from '../observe/traffic-counts.ts'
import { NO_TRACE } from '../observe/tracer.ts'
import { TrafficRecorder } from '../observe/traffic-recorder.ts'

/** Every part that a gateway can have, with nothing in it. */
const EVERYTHING: Required<Omit<MetricsSources, 'pool' | 'breakers'>> = {
  cacheManager: () => zeros(fields.CACHE_MANAGER),
  responseCache: () => zeros(fields.RESPONSE_CACHE),
  metadata: () => zeros(fields.METADATA),
  coalescing: () => zeros(fields.COALESCING),
  dns: () => zeros(fields.DNS),
  compression: () => zeros(fields.COMPRESSION),
  admission: () => zeros(fields.ADMISSION),
  plans: () => zeros(fields.PLANS),
  sessionEvents: () => zeros(fields.SESSION_EVENTS),
  sessionStore: () => zeros(fields.SESSION_STORE),
  reasoning: () => zeros(fields.REASONING),
  alerts: () => zeros(fields.ALERTS),
  providerChecks: () => zeros(fields.PROVIDER_CHECKS),
  keys: () => zeros(fields.KEYS),
  config: () => zeros(fields.CONFIG),
  replaced: () => zeros(fields.REPLACED),
  loopLag: () => zeros(['p50', 'p99', 'max']),
  memory: () => ({
    ...zeros(['ratio', 'limitBytes', 'usedBytes', 'events', 'collections']),
    limit: 'heap',
    underPressure: false,
    shedding: false,
  }),
  inFlight: () => 0,
}

/** Numbers that are there as soon as there is something to tell of. */
const LATER = [/^errors\.[a-z_]+$/, new RegExp(`^providers\\.[^.]+\\.(?:${PROVIDER.join('|')})$`)]

/** The paths of the numbers that `/debug/metrics` has in every gateway. */
export function debugPaths(): readonly string[] {
  const traffic = new TrafficRecorder(NOBODY, () => 0)
  return pathsOf(parseJson(debugMetrics(takeSnapshot(traffic, EVERYTHING))), [])
}

export function isDebugPath(path: string): boolean {
  return LATER.some((pattern) => pattern.test(path)) || debugPaths().includes(path)
}

function pathsOf(value: JsonValue, at: readonly string[]): readonly string[] {
  if (typeof value === 'number') return [at.join('.')]
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...at, name]))
}

const NOBODY = { tracer: NO_TRACE, exchange() {}, attemptFailed() {}, warn() {}, error() {}, debug() {} }
