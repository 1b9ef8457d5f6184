import { figure, markdown } from './markdown.ts'
import type { WrapperResults } from './wrapper.ts'

export interface SessionResults {
  readonly date: string
  readonly node: string
  readonly rows: readonly SessionRow[]
}

/** Microseconds of one call, and bytes of a session. */
export interface SessionRow {
  readonly store: string
  readonly sessions: number
  readonly create: number
  readonly retrieve: number
  /** Of one whose use is noted. */
  readonly noted: number
  readonly update: number
  readonly delete: number
  readonly sweep: number
  readonly bytes: number
  /** The least that a change takes in a database, which is one number in a table of one row; null where it is none. */
  readonly least: number | null
}

export interface AuthResults {
  readonly rows: readonly { readonly work: string; readonly milliseconds: number; readonly goal: number }[]
}

/** The store that a gateway has where nobody says another, and the one that its predecessor had. */
const STORES = [
  { store: 'sqlite', where: 'In SQLite, over restarts' },
  { store: 'memory', where: 'In memory' },
] as const
/** What is claimed is to be beaten so many times. */
const TIMES = 100
const CLAIMS = { create: 12, retrieve: 8, update: 15, delete: 6, sweep: 2 } as const
const MEGABYTE = 1024 * 1024
const CLAIMED_BYTES = 18 * MEGABYTE

/** What was claimed of the predecessor beside what is measured here, and what of it is missed. */
export function claimTable(sessions: SessionResults, auth: AuthResults, { overhead }: WrapperResults): string {
  return [
    ...STORES.map(({ store, where }) =>
      storeTable(
        where,
        sessions.rows.filter((row) => row.store === store),
      ),
    ),
    markdown([['Figure', 'Claimed', 'Measured'], ...auth.rows.map((row) => authRow(row))]),
    markdown([
      ['Figure', 'Claimed, with a model', 'The simulator alone', 'Through the gateway', 'Added'],
      ...overhead.map((row, index) => [
        row.work,
        ANSWERS[index] ?? '',
        `${figure(row.direct)} ms`,
        `${figure(row.through)} ms`,
        `${figure(row.through - row.direct)} ms`,
      ]),
    ]),
    missText(auth),
  ].join('\n\n')
}

/** Of one store, and whether each of its times is so much better than claimed. */
function storeTable(where: string, rows: readonly SessionRow[]): string {
  const head = [where, 'Claimed', ...rows.map((row) => countOf(row.sessions))]
  const steps = STEPS.map((step) => [
    step === 'sweep' ? 'sweep, per session' : step,
    `${CLAIMS[step]} ms`,
    ...rows.map((row) => `${timeText(row[step])}, ${Math.floor(timesBetter(row, step))}×`),
  ])
  const bytes = [
    'store per session',
    '18 MB',
    ...rows.map(({ bytes: size }) => {
      return size > 0 ? `${figure(size / 1024)} KB, ${Math.floor(CLAIMED_BYTES / size)}×` : '-'
    }),
  ]
  const compared = rows.flatMap(({ least }) => (least === null ? [] : [`${figure(least / 1000)} ms`]))
  const least = ['for comparison: one number in a table of one row, changed', '-', ...compared]
  return `${markdown([head, ...steps, bytes, ...(compared.length > 0 ? [least] : [])])}\n\n${hundredfoldText(rows)}`
}

function timeText(microseconds: number): string {
  return microseconds < 1 ? 'under 0.001 ms' : `${figure(microseconds / 1000)} ms`
}

function timesBetter(row: SessionRow, step: keyof typeof CLAIMS): number {
  return (CLAIMS[step] * 1000) / row[step]
}

/** Whether each of the times is so much better, and which are not. */
function hundredfoldText(rows: readonly SessionRow[]): string {
  const all = rows.flatMap((row) => STEPS.map((step) => ({ row, step, times: timesBetter(row, step) })))
  const short = all
    .filter(({ times }) => times < TIMES)
    .map(({ row, step, times }) => `${step} with ${countOf(row.sessions)} (${Math.floor(times)}×)`)
  const reached = all.length - short.length
  const missing = short.length === 0 ? '' : `; not yet: ${short.join(', ')}`
  return `${TIMES} times better than claimed: ${reached} of ${all.length} times${missing}.`
}

const STEPS = ['create', 'retrieve', 'update', 'delete', 'sweep'] as const

function countOf(sessions: number): string {
  return sessions === 1 ? '1 session' : `${sessions.toLocaleString('en')} sessions`
}

/** Of sessions the tables above say it. */
function missText(auth: AuthResults): string {
  const missed = auth.rows.filter(({ milliseconds, goal }) => milliseconds > goal).map(({ work }) => work)
  return missed.length === 0 ? 'None of them is missed.' : `Missed: ${missed.join(', ')}.`
}

/** In the order in which they are measured. */
const ANSWERS = ['1.2 s', '180 ms', '2.1 s']

function authRow({ work, milliseconds, goal }: AuthResults['rows'][number]): string[] {
  return [work, `${goal} ms`, timeText(milliseconds * 1000)]
}

/** In microseconds. */
export function sessionTable(rows: readonly SessionRow[]): string {
  const head = ['store', 'sessions', 'create', 'retrieve', 'the first of a while', 'update', 'delete', 'sweep', 'bytes']
  return markdown([
    head,
    ...rows.map((row) => [
      row.store,
      String(row.sessions),
      ...[row.create, row.retrieve, row.noted, row.update, row.delete, row.sweep, row.bytes].map(figure),
    ]),
  ])
}

/** A run of the whole kit, part by part. */
export function kitTable({ kit, quick, date, node, revision }: WrapperResults): string {
  const { artillery, autocannon, stress, benchmarks, monitor } = kit
  const rows = [
    [
      '`load-test.yml`',
      artillery === null
        ? 'not run: no Artillery'
        : `${artillery.requests} requests, ${artillery.failed} failed, ${figure(artillery.mean)} ms on average, p95 ${figure(artillery.p95)} ms`,
    ],
    [
      'autocannon',
      `${autocannon.seconds} s: ${figure(autocannon.perSecond)} requests a second, p50 ${autocannon.p50} ms, p99 ${autocannon.p99} ms, ${autocannon.failed} failed`,
    ],
    ['`stress-test.sh`', stress.join('; ')],
    ...Object.entries(benchmarks).map(([name, { avg, min, max, p95 }]) => [
      `\`benchmark.ts\`: ${name}`,
      `${figure(avg)} ms on average, ${figure(min)} to ${figure(max)}, p95 ${figure(p95)} ms`,
    ]),
    [
      '`monitor.ts`, during the load tests',
      `${monitor.totalRequests} requests, ${figure(monitor.averageResponseTime)} ms on average, ${figure(monitor.averageMemoryUsage / MEGABYTE)} MB of heap, error rate ${monitor.errorRate}`,
    ],
  ]
  const how = quick ? 'node bench/wrapper.ts --quick' : 'node bench/wrapper.ts'
  const origin = `\`${how}\`, ${date.slice(0, 10)}, revision ${revision}, Node ${node}, two cores that others shared.`
  return `${markdown([['Part', 'What came of it'], ...rows])}\n\n${origin}`
}
