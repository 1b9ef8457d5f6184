import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { nearestNames } from '../lib/nearest-name.ts'
import { debugMetrics } from '../observe/debug-metrics.ts'
import { quantile } from '../observe/histogram.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import type { RecentCounts } from '../observe/recent.ts'
import { debugPaths, isDebugPath } from './debug-paths.ts'

/** Milliseconds that a snapshot tells of when it tells what was recent. */
export const MINUTE = 60_000

/** What a metric is read from. */
export interface Measured {
  readonly snapshot: MetricsSnapshot
  /** Sessions that may be kept; null where there are none. */
  readonly maxSessions: number | null
  /** `/debug/metrics` of the same moment. */
  readonly page: () => JsonValue
}

interface MetricBase {
  /** For the reference page. */
  readonly help: string
  /** Fewer requests than this within the window say nothing, unless a rule says otherwise. */
  readonly minRequests: number
}

/** A number to look at, null where there is none. */
export type Metric =
  /** Of the requests within the window. */
  | (MetricBase & { readonly kind: 'requests'; readonly value: (requests: RecentCounts) => number | null })
  /** `now`: the last look counts. `mean`: that of all looks within the window. `rise`: by how much it grew within it. */
  | (MetricBase & { readonly kind: 'now' | 'mean' | 'rise'; readonly value: (measured: Measured) => number | null })

const requests = (help: string, value: (requests: RecentCounts) => number | null, minRequests = 0): Metric => ({
  kind: 'requests',
  help,
  value,
  minRequests,
})
const look = (
  kind: 'now' | 'mean' | 'rise',
  help: string,
  value: (measured: Measured) => number | null | undefined,
): Metric => ({ kind, help, minRequests: 0, value: (measured) => value(measured) ?? null })

/** Those with a name. One more is one more line. */
export const METRICS = {
  responseTime: requests('average time until an answer, or the first byte of a stream, in ms', (recent) =>
    ratio(recent.waited, recent.served),
  ),
  firstToken: requests('time within which 95 % of the streams had their first token, in ms', ({ firstToken }) =>
    timeOf(firstToken.buckets, 0.95),
  ),
  p95: requests('time within which 95 % of the requests were done, in ms', ({ buckets }) => timeOf(buckets, 0.95)),
  p99: requests('time within which 99 % of the requests were done, in ms', ({ buckets }) => timeOf(buckets, 0.99)),
  errorRate: requests(
    'share of answers that are errors, 0 to 1',
    (recent) => ratio(recent.errors, recent.requests),
    20,
  ),
  requestsPerSecond: requests('requests each second', (recent) => recent.requests / Math.max(recent.seconds, 1)),
  memory: look(
    'mean',
    'used share of the nearer memory limit, 0 to 1',
    ({ snapshot }) => snapshot.blocks.memory?.ratio,
  ),
  activeSessions: look('now', 'sessions that are kept', ({ snapshot }) => snapshot.blocks.sessionStore?.active),
  sessionsUsed: look('now', 'those as a share of `sessions.max`', ({ snapshot, maxSessions }) => {
    const active = snapshot.blocks.sessionStore?.active
    return active === undefined || maxSessions === null ? null : ratio(active, maxSessions)
  }),
  openBreakers: look('now', 'deployments that are left alone because they failed', ({ snapshot }) => {
    return snapshot.blocks.breakers?.filter(({ state }) => state === 'open').length
  }),
  rateLimited: look('rise', 'requests over a rate limit', ({ snapshot }) => snapshot.blocks.admission?.rateLimited),
  eventLoopLag: look(
    'now',
    'how late the event loop was in the worst ten seconds of the last minute (p99), in ms',
    ({ snapshot }) => snapshot.blocks.loopLag?.p99,
  ),
  providersDown: look(
    'now',
    'providers that their last check did not find well; needs `healthChecks.enabled`',
    ({ snapshot }) => snapshot.blocks.providerChecks?.down,
  ),
} as const satisfies Readonly<Record<string, Metric>>

/** By its name or its path. What is neither has no value. */
export function metricNamed(name: string): Metric {
  if (isName(name)) return METRICS[name]
  return look('mean', `\`${name}\` of /debug/metrics`, ({ page }) => numberAt(page(), name))
}

/** Why there is no metric of this name; null where there is one. */
export function whyNoMetric(name: string): { readonly message: string; readonly fix: string } | null {
  if (isName(name) || isDebugPath(name)) return null
  const known = [...Object.keys(METRICS), ...debugPaths()]
  const nearest = nearestNames(name, known, 1)
  return {
    message: 'must be the name of a metric, or the path of a number in /debug/metrics',
    fix:
      nearest.length > 0 ? `write "${nearest.join()}"` : `write one of ${Object.keys(METRICS).join(', ')}, or a path`,
  }
}

export function measuredOf(snapshot: MetricsSnapshot, maxSessions: number | null): Measured {
  let page: JsonValue | undefined
  return { snapshot, maxSessions, page: () => (page ??= parseJson(debugMetrics(snapshot))) }
}

function isName(name: string): name is keyof typeof METRICS {
  return Object.hasOwn(METRICS, name)
}

function numberAt(page: JsonValue, path: string): number | null {
  let at: JsonValue | undefined = page
  for (const name of path.split('.')) {
    if (at === null || typeof at !== 'object' || Array.isArray(at)) return null
    at = Object.hasOwn(at, name) ? at[name] : undefined
    if (at === undefined) return null
  }
  return typeof at === 'number' ? at : null
}

function timeOf(buckets: RecentCounts['buckets'], share: number): number | null {
  return buckets.some((count) => count > 0) ? quantile(buckets, share) : null
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
