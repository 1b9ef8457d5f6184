import { describe, expect, it } from 'vitest'
import { debugMetrics } from './debug-metrics.ts'
import { mergeSnapshots, takeSnapshot } from './metrics-snapshot.ts'
import type { MetricsSnapshot } from './metrics-snapshot.ts'
import type { MetricsSources } from './metrics-sources.ts'
import type { ExchangeRecord, Observer } from './observer.ts'
import { prometheusText } from './prometheus.ts'
import { NO_TRACE } from './tracer.ts'
import { TrafficRecorder } from './traffic-recorder.ts'

const NOBODY: Observer = { tracer: NO_TRACE, exchange() {}, attemptFailed() {}, warn() {}, error() {}, debug() {} }

const RECORD: ExchangeRecord = {
  requestId: 'r1',
  protocol: 'anthropic-messages',
  operation: 'generate',
  keyName: null,
  requestedModel: 'fast',
  provider: 'gpt',
  model: 'gpt-5.5-mini',
  plan: 'translate',
  reason: 'alias:fast',
  attempts: 1,
  stream: false,
  httpStatus: 200,
  status: 'complete',
  errorCode: null,
  losses: [],
  usage: null,
  cache: null,
  billed: true,
  duration: 100,
  timeToFirstByte: 50,
  timeToFirstToken: null,
  requestBytes: 10,
  replyBytes: 20,
}

const POOL = { connected: 2, running: 1, pending: 3, free: 1, opened: 5, closed: 3, requests: 9, errors: 1 }

function snapshotOf(records: readonly Partial<ExchangeRecord>[], sources: MetricsSources = {}): MetricsSnapshot {
  const recorder = new TrafficRecorder(NOBODY, () => 10_000)
  for (const record of records) recorder.exchange({ ...RECORD, ...record })
  return takeSnapshot(recorder, sources)
}

function shown(snapshot: MetricsSnapshot): Record<string, Record<string, unknown>> {
  return JSON.parse(debugMetrics(snapshot)) as Record<string, Record<string, unknown>>
}

describe('TrafficRecorder', () => {
  it('passes on everything that it is told', () => {
    const told: string[] = []
    const next: Observer = {
      tracer: NO_TRACE,
      exchange: ({ requestId }) => void told.push(`exchange ${requestId}`),
      attemptFailed: ({ deployment }) => void told.push(`attempt ${deployment}`),
      warn: (_id, text) => void told.push(`warn ${text}`),
      error: (_id, text) => void told.push(`error ${text}`),
      debug: (_id, text) => void told.push(`debug ${text}`),
    }
    const recorder = new TrafficRecorder(next, () => 0)
    recorder.exchange(RECORD)
    const attempt = { requestId: 'r', attempt: 1, errorCode: 'internal', detail: '', willRetry: false } as const
    recorder.attemptFailed({ ...attempt, deployment: 'gpt/a/b' })
    recorder.warn(null, 'w')
    recorder.error(null, 'e', null)
    recorder.debug(null, 'd')
    expect(told).toEqual(['exchange r1', 'attempt gpt/a/b', 'warn w', 'error e', 'debug d'])
    expect(recorder.counts().providers['gpt']).toMatchObject({ requests: 1, failedAttempts: 1 })
  })

  it('lets a client wait for all of an answer, and for the beginning of a stream', () => {
    expect(snapshotOf([{}]).traffic.recent).toMatchObject({ milliseconds: 100, waited: 100 })
    expect(snapshotOf([{ stream: true }]).traffic.recent).toMatchObject({ milliseconds: 100, waited: 50 })
  })

  it('keeps times to the first token apart from those to the first byte, and of streams that had one', () => {
    const { traffic } = snapshotOf([{}, { stream: true }, { stream: true, timeToFirstToken: 80 }])
    expect(traffic.streamFirstByte.sum).toBe(100)
    for (const { sum, buckets } of [traffic.firstToken, traffic.recent.firstToken]) {
      expect(sum).toBe(80)
      expect(buckets.reduce((total, count) => total + count)).toBe(1)
    }
  })

  it('shows at most a hundred names, whatever comes', () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ provider: `p${index}` }))
    const { providers } = snapshotOf(many).traffic
    expect(Object.keys(providers)).toHaveLength(101)
    expect(providers['other']).toMatchObject({ requests: 200 })
  })

  it('takes no answer of the cache for one of the provider', () => {
    const { providers } = snapshotOf([{ billed: false, cache: 'hit', attempts: 0 }]).traffic
    expect(providers).toEqual({})
  })
})

describe('mergeSnapshots()', () => {
  it('shows of several processes what one would have counted', () => {
    const first = [
      { duration: 10 },
      { duration: 20, stream: true, timeToFirstToken: 15 },
      { status: 'failed', errorCode: 'internal' },
    ] as const
    const second = [
      { duration: 4000, provider: 'claude' },
      { protocol: 'openai-chat', losses: [] },
    ] as const
    const merged = mergeSnapshots([snapshotOf(first), snapshotOf(second)])
    expect(merged.traffic).toEqual(snapshotOf([...first, ...second]).traffic)
    expect(merged.processes).toBe(2)
    expect(shown(merged)['performance']).toMatchObject({ requests: { total: 5, streaming: 1, errors: 1 } })
  })

  it('survives the way from one process to another', () => {
    const snapshot = snapshotOf([{}, { status: 'rejected', errorCode: 'unauthorized' }], { inFlight: () => 2 })
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
  })

  it('adds up what parts count, and leaves out parts that nobody has', () => {
    const sources = (times: number): MetricsSources => ({
      dns: () => ({ size: times, hits: 2 * times, misses: 0, stale: 0, errors: 0 }),
      pool: () => [{ origin: 'https://a', ...POOL }],
      inFlight: () => times,
    })
    const { blocks } = mergeSnapshots([snapshotOf([], sources(1)), snapshotOf([], sources(10))])
    expect(blocks).toMatchObject({ dns: { size: 11, hits: 22 }, inFlight: 11, memory: null })
    expect(blocks.pool).toEqual([
      expect.objectContaining({ origin: 'https://a', connected: 4, pending: 6, opened: 10, requests: 18, errors: 2 }),
    ])
  })

  it('keeps the worst of states', () => {
    const breaker = { key: 'gpt/x', failures: 1, successes: 2, blockedFor: 0, why: null }
    const memory = { limit: 'heap', limitBytes: 100, usedBytes: 50, events: 1, collections: 2 } as const
    const of = (state: 'closed' | 'open' | 'half-open', ratio: number): MetricsSnapshot =>
      snapshotOf([], {
        breakers: () => [{ ...breaker, state }],
        memory: () => ({ ...memory, ratio, underPressure: ratio > 0.8, shedding: ratio > 0.9 }),
      })
    const { blocks } = mergeSnapshots([of('closed', 0.5), of('open', 0.95), of('half-open', 0.1)])
    expect(blocks.breakers).toEqual([{ ...breaker, state: 'open', failures: 3, successes: 6 }])
    expect(blocks.memory).toMatchObject({ ratio: 0.95, shedding: true, underPressure: true, events: 3, collections: 6 })
  })
})

describe('debugMetrics()', () => {
  it('before the first request has zeros, and nothing that is no number', () => {
    expect(shown(snapshotOf([]))['performance']).toMatchObject({
      requests: { total: 0, streaming: 0, nonStreaming: 0, errors: 0 },
      performance: { avgLatency: 0, p50: 0, p99: 0, requestsPerSecond: 0, errorRate: 0 },
      firstToken: { average: 0, p50: 0, p95: 0, p99: 0 },
    })
  })

  it('tells clients that left from errors', () => {
    const snapshot = snapshotOf([
      {},
      { status: 'client_closed' },
      { status: 'rejected' },
      { status: 'upstream_truncated' },
    ])
    expect(shown(snapshot)['performance']).toMatchObject({
      requests: { total: 4, errors: 2, clientClosed: 1, rejected: 1, truncated: 1, failed: 0 },
      performance: { errorRate: 0.5 },
    })
  })
})

describe('prometheusText()', () => {
  it('writes each metric once, with help and type before its samples', () => {
    const text = prometheusText(
      snapshotOf([{}, { stream: true, timeToFirstToken: 60 }], {
        pool: () => [{ origin: 'https://a', ...POOL }],
        breakers: () => [{ key: 'gpt/x', state: 'half-open', failures: 0, successes: 0, blockedFor: 0, why: null }],
        admission: () => ({ rateLimited: 4, overloaded: 5, wrongCredentials: 3, uncounted: 4 }),
        loopLag: () => ({ p50: 1, p99: 20, max: 300 }),
        keys: () => ({ configured: 1, stored: 2 }),
      }),
      { gpt: { dollars: 0.25, unpriced: 1 } },
    )
    const names = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => ({ name, type }))
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length)
    for (const { name, type } of names) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.*\\n# TYPE ${name} ${type}\\n${name}`, 'm'))
      expect(name.endsWith('_total')).toBe(type === 'counter')
    }
    expect(text).toContain('ucr_requests_total{protocol="anthropic-messages",outcome="complete"} 2\n')
    expect(text).toContain('ucr_request_duration_seconds_bucket{stream="true",le="0.128"} 1\n')
    expect(text).toContain('ucr_request_duration_seconds_sum{stream="true"} 0.1\n')
    expect(text).toContain('ucr_time_to_first_byte_seconds_sum{stream="true"} 0.05\n')
    expect(text).toContain('ucr_time_to_first_token_seconds_bucket{le="0.064"} 1\n')
    expect(text).toContain('ucr_time_to_first_token_seconds_sum 0.06\n')
    expect(text).toContain('ucr_upstream_connections_opened_total{origin="https://a"} 5\n')
    expect(text).toContain('ucr_breaker_open{deployment="gpt/x"} 0.5\n')
    expect(text).toContain('ucr_overloaded_total 5\n')
    expect(text).toContain('ucr_cost_dollars_total{provider="gpt"} 0.25\n')
    expect(text).toContain('ucr_event_loop_lag_p99_seconds 0.02\n')
    expect(text).toContain('ucr_keys_stored 2\n')
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('has no metric of a part that is not there', () => {
    expect(prometheusText(snapshotOf([]), {})).not.toContain('ucr_dns')
  })

  it('escapes labels, hides keys in them, and shows so many deployments at most', () => {
    const breakers = [
      'gpt/"a\\b',
      'gpt/sk-ant-canary0123456789',
      ...Array.from({ length: 500 }, (_, index) => `gpt/m${index}`),
    ]
    const text = prometheusText(
      snapshotOf([], {
        breakers: () =>
          breakers.map((key) => ({ key, state: 'open', failures: 0, successes: 0, blockedFor: 0, why: null })),
      }),
      {},
    )
    expect(text).toContain('deployment="gpt/\\"a\\\\b"')
    expect(text).not.toContain('canary')
    expect(text.match(/^ucr_breaker_open\{/gm)).toHaveLength(100)
  })
})
