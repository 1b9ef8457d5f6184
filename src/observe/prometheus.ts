import { cumulative } from './histogram.ts'
import type { HistogramCounts } from './histogram.ts'
import type { MetricsSnapshot } from './metrics-snapshot.ts'
import type { Cost } from './overview.ts'
import { BLOCK_METRICS, POOL_METRICS } from './metric-names.ts'
import { OUTCOMES, TOKENS } from './traffic-counts.ts'

/** Clients choose models, and with them breakers; a monitoring system keeps every label that it has ever seen. */
const MOST_BREAKERS = 100

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

/** `GET /metrics`. `costs`: by provider. https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4. */
export function prometheusText(snapshot: MetricsSnapshot, costs: Readonly<Record<string, Cost>>): string {
  return [...trafficLines(snapshot), ...costLines(costs), ...processLines(snapshot), ...blockLines(snapshot)].join('')
}

function trafficLines({ traffic }: MetricsSnapshot): readonly string[] {
  const { outcomes, errors, providers } = traffic
  const ofProviders = (value: (counts: (typeof providers)[string]) => number): Sample[] =>
    Object.entries(providers).map(([provider, counts]) => [{ provider }, value(counts)])
  return [
    metric(
      'ucr_requests_total',
      'counter',
      'Requests by protocol of the client and how they ended.',
      Object.entries(outcomes).flatMap(([protocol, counts]) =>
        OUTCOMES.map((outcome): Sample => [{ protocol, outcome }, counts[outcome]]),
      ),
    ),
    metric('ucr_streaming_requests_total', 'counter', 'Requests for a stream.', [[{}, traffic.streaming]]),
    metric(
      'ucr_errors_total',
      'counter',
      'Requests that ended with an error, by its code.',
      Object.entries(errors).map(([code, count]): Sample => [{ code }, count]),
    ),
    metric(
      'ucr_provider_requests_total',
      'counter',
      'Requests that a provider was asked for.',
      ofProviders(({ requests }) => requests),
    ),
    metric(
      'ucr_provider_failed_attempts_total',
      'counter',
      'Tries that failed at a provider.',
      ofProviders(({ failedAttempts }) => failedAttempts),
    ),
    metric(
      'ucr_tokens_total',
      'counter',
      'Tokens that providers reported. cacheRead and cacheWrite are part of input, reasoning is part of output.',
      Object.entries(providers).flatMap(([provider, counts]) =>
        TOKENS.map((kind): Sample => [{ provider, kind }, counts[kind]]),
      ),
    ),
    metric('ucr_dropped_fields_total', 'counter', 'Request fields that a vendor could not be told.', [
      [{}, traffic.losses],
    ]),
    metric('ucr_request_bytes_total', 'counter', 'Bytes of request bodies.', [[{}, traffic.requestBytes]]),
    metric('ucr_reply_bytes_total', 'counter', 'Bytes of reply bodies.', [[{}, traffic.replyBytes]]),
    histogram('ucr_request_duration_seconds', 'Time from a request to the end of its answer.', [
      [{ stream: 'false' }, traffic.wholeDuration],
      [{ stream: 'true' }, traffic.streamDuration],
    ]),
    histogram(
      'ucr_time_to_first_byte_seconds',
      'Time from a request to the first byte of its answer, which of a stream may be its head alone.',
      [
        [{ stream: 'false' }, traffic.wholeFirstByte],
        [{ stream: 'true' }, traffic.streamFirstByte],
      ],
    ),
    histogram(
      'ucr_time_to_first_token_seconds',
      'Time from a request for a stream to the first text, thinking or tool call in it. A stream without any is not counted.',
      [[{}, traffic.firstToken]],
    ),
  ]
}

function costLines(costs: Readonly<Record<string, Cost>>): readonly string[] {
  const ofProviders = (value: (cost: Cost) => number): Sample[] =>
    Object.entries(costs).map(([provider, cost]) => [{ provider }, value(cost)])
  return [
    metric(
      'ucr_cost_dollars_total',
      'counter',
      'US dollars: what a provider said that it spent, and list prices for the rest.',
      ofProviders(({ dollars }) => dollars),
    ),
    metric(
      'ucr_unpriced_requests_total',
      'counter',
      'Requests to a provider that are not in it: the price of the model, or its tokens, are not known.',
      ofProviders(({ unpriced }) => unpriced),
    ),
  ]
}

function processLines({ process, uptime, processes, takenAt }: MetricsSnapshot): readonly string[] {
  return [
    metric('ucr_processes', 'gauge', 'Processes that these figures are of.', [[{}, processes]]),
    metric('process_start_time_seconds', 'gauge', 'When the oldest process started, in Unix time.', [
      [{}, Math.round(takenAt / 1000 - uptime)],
    ]),
    metric('process_cpu_seconds_total', 'counter', 'CPU time.', [[{}, process.userSeconds + process.systemSeconds]]),
    metric('process_resident_memory_bytes', 'gauge', 'Memory in RAM.', [[{}, process.rss]]),
    metric('ucr_heap_used_bytes', 'gauge', 'JavaScript objects.', [[{}, process.heapUsed]]),
    metric('ucr_heap_total_bytes', 'gauge', 'Memory that V8 has for JavaScript objects.', [[{}, process.heapTotal]]),
    metric('ucr_external_memory_bytes', 'gauge', 'Memory of buffers and other native objects.', [
      [{}, process.external],
    ]),
  ]
}

function blockLines({ blocks }: MetricsSnapshot): readonly string[] {
  const lines = BLOCK_METRICS.flatMap(({ name, type, help, value }) => {
    const amount = value(blocks)
    return amount === null || amount === undefined ? [] : [metric(name, type, help, [[{}, amount]])]
  })
  const pools = POOL_METRICS.map(({ name, type, help, value }) =>
    metric(
      name,
      type,
      help,
      (blocks.pool ?? []).map((pool): Sample => [{ origin: pool.origin }, value(pool) ?? 0]),
    ),
  )
  const breakers = (blocks.breakers ?? []).slice(0, MOST_BREAKERS)
  const state = metric(
    'ucr_breaker_open',
    'gauge',
    'State of a deployment: 0 closed, 0.5 half-open, 1 open.',
    breakers.map((breaker): Sample => [{ deployment: breaker.key }, OPENNESS[breaker.state]]),
  )
  return [...lines, ...pools, state]
}

const OPENNESS = { closed: 0, 'half-open': 0.5, open: 1 } as const

function metric(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  return head(name, type, help) + samples.map(([labels, value]) => line(name, labels, value)).join('')
}

function histogram(
  name: string,
  help: string,
  series: readonly (readonly [labels: Labels, counts: HistogramCounts])[],
): string {
  const lines = series.flatMap(([labels, { buckets, sum }]) => {
    const count = buckets.reduce((total, each) => total + each, 0)
    return [
      ...cumulative(buckets).map((step) =>
        line(`${name}_bucket`, { ...labels, le: String(step.atMost / 1000) }, step.count),
      ),
      line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
      line(`${name}_sum`, labels, sum / 1000),
      line(`${name}_count`, labels, count),
    ]
  })
  return head(name, 'histogram', help) + lines.join('')
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
