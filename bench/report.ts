import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EffectResults } from './effects.ts'
import { goalTable } from './goal-table.ts'
import { figure, format, markdown, replaceBetween } from './markdown.ts'
import { median, paired, seriesOf } from './results.ts'
import type { Results } from './results.ts'
import type { ProfileResults } from './profile.ts'
import { ROWS } from './rows/index.ts'
import type { Row } from './rows/row.ts'
import type { StartResults } from './start.ts'
import { claimTable, kitTable, sessionTable } from './wrapper-tables.ts'
import type { AuthResults, SessionResults } from './wrapper-tables.ts'
import type { WrapperResults } from './wrapper.ts'

/**
 * Writes the tables of the documents from the results of the last runs: every number there comes from here. Ratios are
 * medians over the rounds of one run, each round's figure divided by the reference's in the same round.
 */
const root = join(import.meta.dirname, '..')
const reference = join(root, 'docs', 'reference', 'performance.md')
const guide = join(root, 'docs', 'guide', 'performance.md')
const readme = join(root, 'README.md')
const authPage = join(root, 'docs', 'reference', 'auth.md')
const sessionPage = join(root, 'docs', 'reference', 'sessions.md')
const wrapperPage = join(root, 'docs', 'guide', 'wrapper.md')

const PAIRS = { same: 'Anthropic to Anthropic', cross: 'Anthropic to OpenAI', back: 'OpenAI to Anthropic', cached: '' }

const CPU = { value: 'cpu', unit: 'us' } as const
const MEMORY = { value: 'kilobytesPerStream', unit: 'KB' } as const

/** Of the first page, in the order of its table. */
const PEER_ROWS: readonly {
  readonly row: string
  readonly value: string
  readonly unit: string
  readonly title: string
}[] = [
  { row: 'same-small', ...CPU, title: 'CPU: 300 B, passed on' },
  { row: 'same-large', ...CPU, title: 'CPU: 150 KB, passed on' },
  { row: 'same-burst', ...CPU, title: 'CPU: stream of 60 events, passed on' },
  { row: 'cross-small', ...CPU, title: 'CPU: 300 B, Anthropic to OpenAI' },
  { row: 'cross-large', ...CPU, title: 'CPU: 150 KB, Anthropic to OpenAI' },
  { row: 'cross-burst', ...CPU, title: 'CPU: stream, Anthropic to OpenAI' },
  { row: 'back-burst', ...CPU, title: 'CPU: stream, OpenAI to Anthropic' },
  { row: 'cached', ...CPU, title: 'CPU: answer that is kept' },
  { row: 'same-memory', ...MEMORY, title: 'memory: open stream' },
  { row: 'same-memory-large', ...MEMORY, title: 'memory: open stream, prompt of 150 KB' },
  { row: 'cross-memory-large', ...MEMORY, title: 'memory: the same, Anthropic to OpenAI' },
  { row: 'idle', value: 'rss', unit: 'MB', title: 'memory: left alone' },
]

/** Rows that differ in kind. */
const PROFILED: ReadonlySet<string> = new Set([
  'same-small',
  'same-large',
  'same-burst',
  'cross-small',
  'cross-large',
  'cross-burst',
])

const whole = JSON.parse(read('end-to-end.json')) as Results | null
if (whole !== null) {
  replaceBetween(reference, 'goals', `${goalTable(whole)}\n\n${origin(whole, 'npm run bench')}`)
  replaceBetween(reference, 'end-to-end', `${costTable(whole)}\n\n${origin(whole, 'npm run bench')}`)
  replaceBetween(reference, 'latency', latencyTable(whole))
  replaceBetween(reference, 'memory', memoryTable(whole))
  replaceBetween(reference, 'gateways', gatewayTable(whole))
  replaceBetween(reference, 'skipped', skippedList(whole))
  replaceBetween(reference, 'wins', winList(whole))
  replaceBetween(readme, 'performance', `${peerTable(whole)}\n\n${origin(whole, 'npm run bench')}`)
}
const soak = JSON.parse(read('soak.json')) as Results | null
if (soak !== null) replaceBetween(reference, 'soak', soakLine(soak))
const codec = JSON.parse(read('codec.json')) as CodecResults | null
if (codec !== null) replaceBetween(reference, 'codec', codecTable(codec))
const profile = JSON.parse(read('profile.json')) as ProfileResults | null
if (profile !== null) {
  const source = `\`node bench/profile.ts\`, ${profile.date.slice(0, 10)}, Node ${profile.node}.`
  replaceBetween(reference, 'profile', `${profileTable(profile)}\n\n${source}`)
}
const auth = JSON.parse(read('auth.json')) as AuthResults | null
if (auth !== null) replaceBetween(authPage, 'auth', authTable(auth))
const start = JSON.parse(read('start.json')) as StartResults | null
if (start !== null) replaceBetween(guide, 'start', startTable(start))
const effects = JSON.parse(read('effects.json')) as EffectResults | null
if (effects !== null) {
  for (const effect of effects.rows) {
    replaceBetween(
      guide,
      `effect-${effect.id}`,
      `Measured: ${effect.text} (${effects.date.slice(0, 10)}, ${effects.revision})`,
    )
  }
}
const wrapper = JSON.parse(read('wrapper.json')) as WrapperResults | null
const sessions = JSON.parse(read('sessions.json')) as SessionResults | null
if (wrapper !== null) replaceBetween(wrapperPage, 'kit', kitTable(wrapper))
if (wrapper !== null && sessions !== null && auth !== null) {
  replaceBetween(wrapperPage, 'claims', claimTable(sessions, auth, wrapper))
}
// A page about all stores has no use for one of them.
if (sessions !== null && new Set(sessions.rows.map(({ store }) => store)).size === 3) {
  replaceBetween(sessionPage, 'sessions', sessionTable(sessions.rows))
}
format(root, [reference, guide, readme, authPage, wrapperPage, sessionPage])

function authTable({ rows }: AuthResults): string {
  const lines = rows.map(({ work, milliseconds, goal }) => [work, `${figure(milliseconds)} ms`, `${goal} ms`])
  return markdown([['Work', 'Measured', 'Goal'], ...lines])
}

function startTable({ rows, date, revision }: StartResults): string {
  const lines = rows.map(({ way, milliseconds, rss }) => [way, `${figure(milliseconds)} ms`, `${figure(rss)} MB`])
  const table = markdown([['Start', 'First served request', 'RSS'], ...lines])
  return `${table}\n\n\`node bench/start.ts\`, ${date.slice(0, 10)}, revision ${revision}.`
}

interface CodecResults {
  readonly rows: readonly { readonly work: string; readonly microseconds: number; readonly ratio: number }[]
}

/** JSON; `null` where that run was never made. */
function read(name: string): string {
  const file = join(root, 'bench', 'results', name)
  return existsSync(file) ? readFileSync(file, 'utf8') : 'null'
}

function origin({ date, node, machine, revision, native }: Results, command: string): string {
  const tools = native ? 'driver and far end in C' : 'driver and far end in TypeScript'
  return `\`${command}\`, ${date.slice(0, 10)}, revision ${revision}, ${machine}, Node ${node}, ${tools}.`
}

function costTable(results: Results): string {
  const names = results.gateways.map(({ name }) => name).filter((name) => name !== 'nginx' && name !== 'direct')
  const lines = ROWS.filter(({ id }) => seriesOf(results.samples, id, 'nginx', 'cpu').size > 0).map((row) => [
    titleOf(row),
    figure(median([...seriesOf(results.samples, row.id, 'nginx', 'cpu').values()])),
    ...names.map((name) => ratio(results, row.id, name)),
  ])
  return markdown([['Work', 'nginx, us', ...names.map((name) => `${name}, x nginx`)], ...lines])
}

/** What a reader wants to know first: what the gateway takes, and how many times as much the others do. */
function peerTable(results: Results): string {
  const others = results.gateways.map(({ name }) => name).filter((name) => name !== 'ucr' && name !== 'direct')
  const of = (row: string, name: string, value: string): number =>
    median([...seriesOf(results.samples, row, name, value).values()])
  const times = (value: number): string => (Number.isNaN(value) ? '-' : `${figure(value)} x`)
  const lines = PEER_ROWS.map(({ row, value, unit, title }) => {
    const ours = of(row, 'ucr', value)
    return [title, `${figure(ours)} ${unit}`, ...others.map((name) => times(of(row, name, value) / ours))]
  })
  return markdown([['', 'ucr', ...others], ...lines])
}

/** Parts of the gateway by what they take in all rows together. */
function profileTable({ rows }: ProfileResults): string {
  const shown = rows.filter(({ scenario }) => PROFILED.has(scenario))
  const total = (part: string): number => shown.reduce((sum, { parts }) => sum + (parts[part]?.microseconds ?? 0), 0)
  const names = [...new Set(shown.flatMap(({ parts }) => Object.keys(parts)))].toSorted((a, b) => total(b) - total(a))
  const cell = (microseconds: number, bytes: number): string => `${figure(microseconds)} us, ${figure(bytes / 1024)} KB`
  return markdown([
    ['Part', ...shown.map(({ scenario }) => `\`${scenario}\``)],
    ['**all**', ...shown.map(({ microseconds, bytes }) => `**${cell(microseconds, bytes)}**`)],
    ...names.map((part) => [
      part,
      ...shown.map(({ parts }) => cell(parts[part]?.microseconds ?? 0, parts[part]?.bytes ?? 0)),
    ]),
  ])
}

function titleOf({ kind, title }: Row): string {
  return PAIRS[kind] === '' ? title : `${PAIRS[kind]}: ${title}`
}

function ratio({ samples }: Results, row: string, name: string): string {
  const relay = seriesOf(samples, row, 'nginx', 'cpu')
  const ratios = paired(seriesOf(samples, row, name, 'cpu'), relay, (value, other) => value / other)
  if (ratios.length === 0) return '-'
  return `${figure(median(ratios))} (${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))})`
}

function middle({ samples }: Results, row: string, name: string, value: string): string {
  return figure(median([...seriesOf(samples, row, name, value).values()]))
}

function latencyTable(results: Results): string {
  const values = ['firstByteP50', 'firstByteP99', 'firstTokenP50', 'firstTokenP99', 'delayP50', 'delayP99']
  const head = ['50 streams, ms', 'first byte p50', 'p99', 'first token p50', 'p99', 'each event p50', 'p99']
  const lines = (['same-paced', 'cross-paced'] as const).flatMap((row) =>
    results.gateways
      .filter(({ name }) => seriesOf(results.samples, row, name, 'cpu').size > 0)
      .map(({ name }) => [
        `${PAIRS[row === 'same-paced' ? 'same' : 'cross']}: ${name}`,
        ...values.map((value) => middle(results, row, name, value)),
      ]),
  )
  return markdown([head, ...lines])
}

function memoryTable(results: Results): string {
  const cells = [
    ['idle', 'rss'],
    ['idle', 'cpuPercent'],
    ['start', 'milliseconds'],
    ['same-memory', 'kilobytesPerStream'],
    ['same-memory-large', 'kilobytesPerStream'],
    ['cross-memory-large', 'kilobytesPerStream'],
    ['same-streams', 'peakRss'],
    ['same-streams', 'delayP99'],
    ['cross-streams', 'peakRss'],
    ['cross-streams', 'delayP99'],
  ] as const
  const head = [
    'Gateway',
    'idle RSS, MB',
    'idle CPU, %',
    'start, ms',
    'KB per stream',
    'prompts of 150 KB: KB per stream',
    'translated: KB per stream',
    '1,000 streams: peak RSS, MB',
    'event p99, ms',
    'translated: peak RSS, MB',
    'event p99, ms',
  ]
  const lines = results.gateways.map(({ name }) => [
    name,
    ...cells.map(([row, value]) => middle(results, row, name, value)),
  ])
  return markdown([head, ...lines])
}

function gatewayTable(results: Results): string {
  return markdown([
    ['Gateway', 'Version', 'Set up'],
    ...results.gateways.map(({ name, version, setup }) => [name, version, setup]),
  ])
}

function skippedList({ skipped }: Results): string {
  if (skipped.length === 0) return 'Nothing was left out.'
  return skipped.map(({ gateway, row, reason }) => `- ${gateway}, ${row}: ${oneLine(reason)}`).join('\n')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[<>`]/g, '').slice(0, 160)
}

/** Where others are cheaper than we are: said as plainly as the rest. */
function winList(results: Results): string {
  const lines = ROWS.flatMap((row) => {
    const ours = median([...seriesOf(results.samples, row.id, 'ucr', 'cpu').values()])
    const cheaper = results.gateways
      .filter(({ name }) => name !== 'ucr' && name !== 'direct')
      .filter(({ name }) => median([...seriesOf(results.samples, row.id, name, 'cpu').values()]) < ours)
    return cheaper.length === 0 ? [] : [`- ${titleOf(row)}: ${cheaper.map(({ name }) => name).join(', ')}`]
  })
  return lines.length === 0 ? 'No gateway needs less CPU in any row.' : lines.join('\n')
}

function soakLine(results: Results): string {
  const values = results.samples.find(({ row }) => row === 'soak')?.values ?? {}
  const {
    slope = Number.NaN,
    slopeError = Number.NaN,
    minutes = 0,
    requests = 0,
    reloads = 0,
    firstRss = 0,
    lastRss = 0,
  } = values
  const still = Math.abs(slope) <= slopeError ? 'no slope that can be told from zero' : 'a slope that is not zero'
  return `${requests} requests and ${reloads} reloads in ${minutes} minutes: RSS ${figure(firstRss)} MB at the start, ${figure(lastRss)} MB at the end; in the second half ${figure(slope)} ± ${figure(slopeError)} MB an hour, ${still}. ${origin(results, `npm run bench -- --only soak --minutes ${minutes}`)}`
}

function codecTable({ rows }: CodecResults): string {
  const cells = rows.map(({ work, microseconds, ratio: times }) => [work, microseconds.toFixed(1), figure(times)])
  return markdown([['Work', 'us', 'x JSON'], ...cells])
}
