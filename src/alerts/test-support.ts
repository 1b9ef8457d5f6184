import { takeSnapshot } from '../observe/metrics-snapshot.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import type { MetricsSources } from '../observe/metrics-sources.ts'
import type { RecentCounts } from '../observe/recent.ts'
import { NO_TRACE } from '../observe/tracer.ts'
import { TrafficRecorder } from '../observe/traffic-recorder.ts'
import type { AlertMessage } from './message.ts'
import { termsOf } from './rule.ts'
import type { Rule, RuleWish } from './rule.ts'

export const MINUTES = 60_000

export function ruleOf(wish: Omit<RuleWish, 'name'>, name = 'mine'): Rule {
  return { ...termsOf({ ...wish, name }), id: name, source: 'config' }
}

/** All workers at one time: so many requests of the last minute, and the rest from the sources. */
export function snapshotOf(recent: Partial<RecentCounts> = {}, sources: MetricsSources = {}): MetricsSnapshot {
  const nobody = { tracer: NO_TRACE, exchange() {}, attemptFailed() {}, warn() {}, error() {}, debug() {} }
  const snapshot = takeSnapshot(new TrafficRecorder(nobody, () => 0), sources)
  const whole = { ...snapshot.traffic.recent, seconds: 60, ...recent }
  return { ...snapshot, traffic: { ...snapshot.traffic, recent: whole } }
}

export function messageCalled(rule: string, more: Partial<AlertMessage> = {}): AlertMessage {
  return {
    id: `id-of-${rule}`,
    time: '2026-01-01T00:00:00.000Z',
    test: false,
    rule,
    metric: 'p95',
    state: 'warning',
    value: 1500.5,
    threshold: 1000,
    window: 60,
    gateway: { service: 'ucr', version: '1.2.3', host: 'here' },
    ...more,
  }
}
