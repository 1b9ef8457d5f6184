import { describe, expect, it } from 'vitest'
import { bucketOf, BUCKET_COUNT } from '../observe/histogram.ts'
import type { RecentCounts } from '../observe/recent.ts'
import type { MetricsSources } from '../observe/metrics-sources.ts'
import { measuredOf } from './metrics.ts'
import type { Rule } from './rule.ts'
import { Samples } from './samples.ts'
import { MINUTES, ruleOf, snapshotOf } from './test-support.ts'

type Look = readonly [seconds: number, recent: Partial<RecentCounts>, sources?: MetricsSources]

/** What a rule's metric is after these looks. */
function valueAfter(rule: Rule, looks: readonly Look[]): number | null {
  const samples = new Samples()
  for (const [seconds, recent, sources] of looks) {
    samples.add(measuredOf(snapshotOf(recent, sources), 1000), [rule], seconds * 1000)
  }
  return samples.valueOf(rule)
}

/** So many requests that took so long each. */
const took = (count: number, milliseconds: number, errors = 0): Partial<RecentCounts> => ({
  requests: count,
  served: count,
  errors,
  milliseconds: count * milliseconds * 2,
  waited: count * milliseconds,
  buckets: Array.from({ length: BUCKET_COUNT }, (_, bucket) => (bucket === bucketOf(milliseconds) ? count : 0)),
})

describe('Samples.valueOf()', () => {
  it('of requests is that of the last minute', () => {
    const looks: readonly Look[] = [
      [0, took(1, 5000)],
      [10, took(10, 100, 5)],
    ]
    expect(valueAfter(ruleOf({ metric: 'responseTime', warning: 1 }), looks)).toBe(100)
    expect(valueAfter(ruleOf({ metric: 'p99', warning: 1 }), looks)).toBeCloseTo(100, -1.2)
    expect(valueAfter(ruleOf({ metric: 'errorRate', warning: 1, minRequests: 10 }), looks)).toBe(0.5)
    expect(valueAfter(ruleOf({ metric: 'requestsPerSecond', warning: 1 }), looks)).toBe(10 / 60)
  })

  it('of first tokens is that of the streams that had one, over the whole window', () => {
    const streamed = (milliseconds: number): Partial<RecentCounts> => {
      const { buckets = [] } = took(10, milliseconds)
      return { ...took(10, 9000), firstToken: { buckets, sum: 10 * milliseconds } }
    }
    const rule = ruleOf({ metric: 'firstToken', warning: 1, window: 2 * MINUTES })
    expect(valueAfter(rule, [[0, took(10, 9000)]])).toBeNull()
    expect(valueAfter(rule, [[0, streamed(300)]])).toBeGreaterThanOrEqual(300)
    const both: readonly Look[] = [
      [0, streamed(600)],
      [60, streamed(300)],
    ]
    expect(valueAfter(rule, both)).toBeGreaterThanOrEqual(600)
  })

  it('of requests adds up the minutes of a longer window, each once', () => {
    const looks = Array.from({ length: 31 }, (_, index): Look => [index * 10, took(6 * (index + 1), 100, index)])
    // The looks at 300, 240 and 180 seconds.
    const rate = valueAfter(ruleOf({ metric: 'errorRate', warning: 1, window: 3 * MINUTES }), looks)
    expect(rate).toBeCloseTo((30 + 24 + 18) / (6 * (31 + 25 + 19)))
    expect(valueAfter(ruleOf({ metric: 'requestsPerSecond', warning: 1, window: 3 * MINUTES }), looks)).toBe(
      (6 * (31 + 25 + 19)) / 180,
    )
  })

  it('of requests takes looks that came a little early or late', () => {
    const looks: readonly Look[] = [
      [0, took(10, 100)],
      [59.6, took(20, 100)],
      [120.3, took(30, 100)],
    ]
    expect(valueAfter(ruleOf({ metric: 'requestsPerSecond', warning: 1, window: 2 * MINUTES }), looks)).toBe(50 / 120)
  })

  it('concludes nothing from too few requests', () => {
    expect(valueAfter(ruleOf({ metric: 'errorRate', warning: 1 }), [[0, took(19, 1, 19)]])).toBeNull()
    expect(valueAfter(ruleOf({ metric: 'errorRate', warning: 1 }), [[0, took(20, 1, 20)]])).toBe(1)
    expect(valueAfter(ruleOf({ metric: 'responseTime', warning: 1 }), [[0, took(0, 1)]])).toBeNull()
  })

  it('is the mean of what goes up and down, of looks within the window', () => {
    const at = (ratio: number): MetricsSources => ({
      memory: () => ({
        ratio,
        limit: 'heap',
        limitBytes: 1,
        usedBytes: 1,
        underPressure: false,
        shedding: false,
        events: 0,
        collections: 0,
      }),
    })
    const looks: readonly Look[] = [
      [0, {}, at(1)],
      [40, {}, at(0.5)],
      [70, {}, at(0.7)],
    ]
    expect(valueAfter(ruleOf({ metric: 'memory', warning: 1 }), looks)).toBeCloseTo(0.6)
  })

  it('is the last of what can be counted, and how much more it became of what only grows', () => {
    const at = (active: number, rateLimited: number): MetricsSources => ({
      sessionStore: () => ({ active, total: active }),
      admission: () => ({ rateLimited, overloaded: 0, wrongCredentials: 0, uncounted: 0 }),
    })
    // A worker with 90 of them ended.
    const looks: readonly Look[] = [
      [0, {}, at(1, 100)],
      [10, {}, at(2, 110)],
      [20, {}, at(3, 20)],
      [30, {}, at(800, 25)],
    ]
    expect(valueAfter(ruleOf({ metric: 'activeSessions', warning: 1 }), looks)).toBe(800)
    expect(valueAfter(ruleOf({ metric: 'sessionsUsed', warning: 1 }), looks)).toBe(0.8)
    expect(valueAfter(ruleOf({ metric: 'rateLimited', warning: 1 }), looks)).toBe(15)
  })

  it('is any number of /debug/metrics, by its path', () => {
    const sources = { inFlight: () => 7 }
    const looks: readonly Look[] = [[0, took(10, 100), sources]]
    expect(valueAfter(ruleOf({ metric: 'performance.requests.inFlight', warning: 1 }), looks)).toBe(7)
    expect(valueAfter(ruleOf({ metric: 'performance.performance.avgLatency', warning: 1 }), looks)).toBe(200)
    expect(valueAfter(ruleOf({ metric: 'errors.internal', warning: 1 }), looks)).toBeNull()
  })

  it('is nothing where the gateway has no such part', () => {
    for (const metric of ['memory', 'activeSessions', 'sessionsUsed', 'openBreakers', 'rateLimited', 'providersDown']) {
      expect(valueAfter(ruleOf({ metric, warning: 1 }), [[0, {}]]), metric).toBeNull()
    }
  })
})
