// Writes the generated part of docs/reference/metrics.md: `npm run docs`.
// With `--check` it writes nothing and fails when the file is not what it would write.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeSnapshot } from '../src/observe/metrics-snapshot.ts'
import { prometheusText } from '../src/observe/prometheus.ts'
import { NO_TRACE } from '../src/observe/tracer.ts'
import { TrafficRecorder } from '../src/observe/traffic-recorder.ts'
import { ROOT } from './bootstrap.mjs'
import { formatted, replaced, settle, table } from './generated-file.mjs'

const PAGE = 'docs/reference/metrics.md'

/** Something has to have happened, or there is nothing to tell of it. */
const RECORD = /** @type {const} */ ({
  requestId: '',
  protocol: 'openai-chat',
  operation: 'generate',
  keyName: null,
  requestedModel: null,
  provider: 'any',
  model: null,
  plan: null,
  reason: null,
  attempts: 1,
  stream: false,
  httpStatus: 500,
  status: 'failed',
  errorCode: 'internal',
  losses: [],
  usage: null,
  cache: null,
  billed: true,
  duration: 0,
  timeToFirstByte: 0,
  timeToFirstToken: 0,
  requestBytes: 0,
  replyBytes: 0,
})
const BREAKER = /** @type {const} */ ({ key: '', state: 'closed', failures: 0, successes: 0, blockedFor: 0, why: null })

const nobody = { tracer: NO_TRACE, exchange() {}, attemptFailed() {}, warn() {}, error() {}, debug() {} }
const recorder = new TrafficRecorder(nobody, () => 0)
recorder.exchange(RECORD)
/** Every count there is. */
const zeros = new Proxy({}, { get: (_, name) => (name === 'origin' ? '' : 0) })
/** What is more than counts. */
const others = new Map([
  ['pool', [zeros]],
  ['breakers', [BREAKER]],
])
const sources = new Proxy(
  { inFlight: () => 0 },
  {
    get: (own, name) => (name === 'inFlight' ? own.inFlight : () => others.get(String(name)) ?? zeros),
  },
)
const text = prometheusText(takeSnapshot(recorder, sources), { any: { dollars: 0, unpriced: 0 } })
const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)\n(\S*)/gm)].map(
  ([, name = '', help = '', type = '', sample = '']) => [`\`${name}\``, type, labelsOf(sample), help],
)
const page = readFileSync(join(ROOT, PAGE), 'utf8')
settle(PAGE, formatted(replaced(PAGE, page, 'metrics', table(['Name', 'Type', 'Labels', 'What it is'], rows))))

/** @param {string} sample */
function labelsOf(sample) {
  const names = [...sample.matchAll(/(\w+)="/g)].map(([, name = '']) => `\`${name}\``)
  return names.filter((name) => name !== '`le`').join(', ')
}
