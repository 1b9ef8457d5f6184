import { writeFileSync } from 'node:fs'
import { figuresOf, timesOf } from '../scripts/timing.ts'
import { fetchText, readWords } from './target.ts'

/**
 * `node tests/benchmark.ts`: one request after the other to a gateway that runs: ten warm-ups, then a hundred of each kind.
 * Writes benchmark-report.json; times are milliseconds by the clock.
 *
 *   node tests/benchmark.ts [--url http://localhost:8000] [--model sonnet] [--iterations 100] [--output benchmark-report.json]
 */
const WARM_UPS = 10

const words = readWords(['iterations', 'output'])
const { target } = words
const iterations = words.number('iterations', 100)
const output = words.text('output', 'benchmark-report.json')

const completion = { model: target.model, messages: [{ role: 'user', content: 'Say something short.' }] }
const benchmarks: Readonly<Record<string, () => Promise<unknown>>> = {
  'Basic Completion': () => fetchText(target, '/v1/chat/completions', completion),
  'Session Stats': () => fetchText(target, '/v1/sessions/stats'),
}

const measured: Record<string, { avg: number; min: number; max: number; p95: number; times: readonly number[] }> = {}
for (const [name, run] of Object.entries(benchmarks)) {
  const times = await timesOf(run, WARM_UPS, iterations)
  const { average: avg, min, max, p95 } = figuresOf(times)
  measured[name] = { avg, min, max, p95, times }
  console.log(`${name}: ${avg.toFixed(2)} ms on average, ${min.toFixed(2)} to ${max.toFixed(2)}, p95 ${p95.toFixed(2)}`)
}

const ranked = Object.entries(measured).toSorted(([, a], [, b]) => a.avg - b.avg)
const summary = {
  totalBenchmarks: ranked.length,
  fastestOperation: ranked[0]?.[0] ?? null,
  slowestOperation: ranked.at(-1)?.[0] ?? null,
}
const report = { timestamp: new Date().toISOString(), benchmarks: measured, summary }
writeFileSync(output, `${JSON.stringify(report, null, 2)}\n`)
console.log(`Report: ${output}`)
