import { canonicalBody } from '../src/cache/canonical-body.ts'
import { CacheKeys } from '../src/cache/cache-keys.ts'
import { MultiLayerCache } from '../src/cache/multi-layer-cache.ts'
import { scanJson } from '../src/lib/json.ts'
import { TokenCounter } from '../src/models/tokens.ts'
import { PROTOCOLS } from '../src/protocols/index.ts'
import { figuresOf, timesOf } from './timing.ts'

/**
 * `node scripts/benchmark.ts`: what single steps cost in this process, in wall time: ten warm-ups, then a thousand of each.
 * Two of the classic five have no twin in this gateway; what stands for them is said beside. Whole requests beside other
 * gateways: `npm run bench`.
 */
const WARM_UPS = 10
const ITERATIONS = 1000

interface Step {
  readonly name: string
  /** What it stands for, where the gateway has no such thing. */
  readonly note?: string
  readonly run: (n: number) => unknown
}

interface Outcome {
  readonly name: string
  readonly average: number
}

const body = Buffer.from(
  JSON.stringify({
    model: 'claude-sonnet-5',
    max_tokens: 1024,
    temperature: 0,
    messages: [{ role: 'user', content: 'Explain the difference between a process and a thread. '.repeat(4) }],
  }),
)
const text = body.toString('latin1')
const keys = new CacheKeys(Buffer.alloc(32, 1))
const cache = new MultiLayerCache<string>({ l1: { max: 100, ttl: 60_000 }, l2: { max: 1000, ttl: 300_000 } })
const counted = new MultiLayerCache<number>({ l1: { max: 100, ttl: 60_000 }, l2: { max: 1000, ttl: 300_000 } })
const counter = new TokenCounter()
const target = { operation: 'generate', path: '/v1/messages', query: '', headers: {} } as const
counted.set('known', await counter.countText(text, 'claude-sonnet-5'))

const steps: readonly Step[] = [
  {
    name: 'Cache key',
    run: () =>
      keys.digest(['tenant', 'provider', 'claude-sonnet-5'], canonicalBody(scanJson(text), new Set(['stream']))),
  },
  {
    name: 'Cache set and get',
    run: (n) => {
      cache.set(`key ${n}`, 'value')
      return cache.get(`key ${n}`)
    },
  },
  { name: 'Token count', run: () => counter.countText(text, 'claude-sonnet-5') },
  {
    name: 'String interning',
    note: 'no strings are interned, as few are made: this reads model, stream and traits off the bytes of a request',
    run: () => PROTOCOLS['anthropic-messages'].peek(body, target, { maxDepth: 256 }),
  },
  {
    name: 'Memoised call',
    note: 'a token count that is known, out of the two tiers that remember them',
    run: () => counted.get('known'),
  },
]

const outcomes: Outcome[] = []
for (const step of steps) outcomes.push(await measure(step))

process.stdout.write('\nSummary\n')
for (const { name, average } of outcomes.toSorted((a, b) => a.average - b.average)) {
  process.stdout.write(
    `  ${name.padEnd(20)} ${milliseconds(average)} on average, ${Math.round(1000 / average)} per second\n`,
  )
}

async function measure({ name, note, run }: Step): Promise<Outcome> {
  const { total, average, min, max, p50, p95, p99 } = figuresOf(await timesOf(run, WARM_UPS, ITERATIONS))
  const lines = [
    ['Iterations', String(ITERATIONS)],
    ['Total', milliseconds(total)],
    ['Average', milliseconds(average)],
    ['Min', milliseconds(min)],
    ['Max', milliseconds(max)],
    ['p50', milliseconds(p50)],
    ['p95', milliseconds(p95)],
    ['p99', milliseconds(p99)],
  ]
  process.stdout.write(`\n${name}${note === undefined ? '' : ` (${note})`}\n`)
  for (const [label = '', value = ''] of lines) process.stdout.write(`  ${label.padEnd(12)}${value}\n`)
  return { name, average }
}

function milliseconds(value: number): string {
  return `${value.toFixed(4)} ms`
}
