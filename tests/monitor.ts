import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fetchText, readWords } from './target.ts'

/**
 * `node tests/monitor.ts`: looks each second at a gateway that runs, for five minutes, and writes performance-report.json.
 * All of it is measured by the gateway itself (`GET /metrics`), so that nothing in it has to be switched on.
 *
 *   node tests/monitor.ts [--url http://localhost:8000] [--seconds 300] [--interval 1] [--output performance-report.json]
 *
 * `summary`: requests answered meanwhile, their average in milliseconds, the average of the heap in use in bytes, and the
 * share of requests that failed. Ctrl-C ends it early, with a report.
 */
interface Sample {
  /** Unix milliseconds. */
  readonly timestamp: number
  /** Bytes, of all workers together. */
  readonly heapUsed: number
  readonly rss: number
  /** Since the gateway started. */
  readonly requests: number
  readonly errors: number
  /** Milliseconds that all of those that were served took together. */
  readonly served: number
  readonly responseTime: number
  readonly inFlight: number
}

const words = readWords(['seconds', 'interval', 'output'])
const output = words.text('output', 'performance-report.json')
const interval = words.number('interval', 1) * 1000
const until = performance.now() + words.number('seconds', 300) * 1000

const early = new AbortController()
const { signal } = early
process.once('SIGINT', () => early.abort())

const samples: Sample[] = [await sample()]
while (!signal.aborted && performance.now() < until) {
  await delay(Math.min(interval, until - performance.now()), null, { signal }).catch(() => {})
  samples.push(await sample())
}
const report = { summary: summaryOf(samples), detail: samples }
writeFileSync(output, `${JSON.stringify(report, null, 2)}\n`)
console.log(`${samples.length} samples: ${JSON.stringify(report.summary)}\nReport: ${output}`)

async function sample(): Promise<Sample> {
  const text = await fetchText(words.target, '/metrics')
  const total = (name: string, holds: (labels: string) => boolean = () => true): number => sumOf(text, name, holds)
  return {
    timestamp: Date.now(),
    heapUsed: total('ucr_heap_used_bytes'),
    rss: total('process_resident_memory_bytes'),
    requests: total('ucr_requests_total'),
    errors: total('ucr_requests_total', (labels) => !/outcome="(?:complete|client_closed)"/.test(labels)),
    served: total('ucr_request_duration_seconds_count'),
    responseTime: total('ucr_request_duration_seconds_sum') * 1000,
    inFlight: total('ucr_requests_in_flight'),
  }
}

/** The sum of a metric's lines in Prometheus' text format. */
function sumOf(text: string, name: string, holds: (labels: string) => boolean): number {
  let sum = 0
  for (const line of text.split('\n')) {
    const found = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line)
    if (found?.[1] === name && holds(found[2] ?? '')) sum += Number(found[3])
  }
  return sum
}

function summaryOf(all: readonly Sample[]) {
  const [first, last] = [all[0], all.at(-1)]
  if (first === undefined || last === undefined) throw new Error('there is no sample')
  const totalRequests = last.requests - first.requests
  const served = last.served - first.served
  return {
    totalRequests,
    averageResponseTime: served === 0 ? 0 : (last.responseTime - first.responseTime) / served,
    averageMemoryUsage: all.reduce((sum, { heapUsed }) => sum + heapUsed, 0) / all.length,
    errorRate: totalRequests === 0 ? 0 : (last.errors - first.errors) / totalRequests,
  }
}
