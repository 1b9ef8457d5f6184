import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { HeapProfiler, Profiler } from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drive } from './driver.ts'
import { startFarEnd } from './far-end.ts'
import { KEY, benchConfig } from './gateways/ucr.ts'
import type { CpuReport, ProfilerCommand } from './profiler.ts'
import { scenarios } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

/**
 * What a request's time and memory go to, by part of the gateway: V8's CPU and allocation profiles of the real process
 * under load, one scenario after the other. Writes `results/profile.json`, from which `report.ts` makes the tables.
 */
export interface ProfileResults {
  readonly node: string
  readonly date: string
  readonly rows: readonly ProfileRow[]
}

export interface ProfileRow {
  readonly scenario: string
  /** Microseconds of CPU per request, the profiler's own included, and bytes allocated per request. */
  readonly microseconds: number
  readonly bytes: number
  readonly parts: Readonly<Record<string, { readonly microseconds: number; readonly bytes: number }>>
}

const root = join(import.meta.dirname, '..')
const PORT = 19_101
const WARM_UP = 2000
const DURATION = 4000

/** Parts by the path of the code; the first that fits. What Node keeps no path of is native. */
const PARTS: readonly (readonly [part: string, path: RegExp])[] = [
  ['listening side', /\/src\/server\//],
  ['upstream transport', /\/src\/upstream\/|\/undici\//],
  ['scanning JSON and events', /\/src\/lib\/(?:json|sse|byte)/],
  ['protocols', /\/src\/(?:protocols|canonical)\//],
  ['routing', /\/src\/(?:routing|models|providers)\//],
  ['caches', /\/src\/cache\//],
  ['sessions', /\/src\/(?:sessions|store)\//],
  ['keys, hosts, limits', /\/src\/admission\/|^node:internal\/crypto/],
  ['exchange', /\/src\/(?:exchange|composition|gateway)/],
  ['log and metrics', /\/src\/observe\/|\/pino\/|\/sonic-boom\/|\/thread-stream\//],
  [
    'Node: sockets, streams, HTTP',
    /^node:(?:net|_http|internal\/stream|stream|internal\/streams|internal\/js_stream|events|internal\/http|_stream)/,
  ],
  ['Node: buffers and text', /^node:(?:buffer|internal\/buffer|internal\/encoding|internal\/util)/],
  ['Node: timers, promises, the rest', /^node:/],
  ['other libraries', /\/node_modules\//],
]

/** The report reads the types only. */
if (process.argv[1] === import.meta.filename) await main()

async function main(): Promise<void> {
  const farEnd = await startFarEnd(0)
  const folder = mkdtempSync(join(tmpdir(), 'ucr-profile-'))
  const file = join(folder, 'ucr.config.json')
  writeFileSync(file, JSON.stringify(benchConfig(PORT, farEnd.port, join(folder, 'ucr.log'))), { mode: 0o600 })
  const gateway = fork(join(root, 'src', 'cli', 'main.ts'), ['start', '--config', file], {
    execArgv: ['--import', join(import.meta.dirname, 'profiler.ts')],
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_STATE_HOME: folder, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  try {
    if (gateway.stdout !== null) await once(gateway.stdout, 'data')
    const rows: ProfileRow[] = []
    for (const scenario of scenarios.filter(({ events }) => events === null)) {
      rows.push(await profileOf(scenario, gateway))
      process.stdout.write(`${summary(rows.at(-1))}\n`)
    }
    const results: ProfileResults = { node: process.version, date: new Date().toISOString(), rows }
    mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
    writeFileSync(join(import.meta.dirname, 'results', 'profile.json'), `${JSON.stringify(results, null, 1)}\n`)
  } finally {
    gateway.kill()
    farEnd.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function profileOf(scenario: Scenario, gateway: ChildProcess): Promise<ProfileRow> {
  await load(scenario, WARM_UP)
  await told(gateway, 'cpu-start')
  const timed = await load(scenario, DURATION)
  const { profile, cpu } = (await told(gateway, 'cpu-stop')) as CpuReport
  await told(gateway, 'heap-start')
  const sampled = await load(scenario, DURATION)
  const heap = (await told(gateway, 'heap-stop')) as HeapProfiler.SamplingHeapProfile

  const times = timesOf(profile)
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0)
  const sizes = sizesOf(heap.head)
  const parts = [...new Set([...times.keys(), ...sizes.keys()])].map((part) => {
    const microseconds = ((times.get(part) ?? 0) / busy) * (cpu / timed)
    return [part, { microseconds, bytes: (sizes.get(part) ?? 0) / sampled }] as const
  })
  return {
    scenario: scenario.id,
    microseconds: cpu / timed,
    bytes: parts.reduce((sum, [, { bytes }]) => sum + bytes, 0),
    parts: Object.fromEntries(parts),
  }
}

/** Requests that were answered. */
async function load(scenario: Scenario, duration: number): Promise<number> {
  const model = scenario.kind === 'same' ? 'claude-sonnet-5' : 'gpt-5.5'
  const { requests, failures } = await drive({
    port: PORT,
    path: '/v1/messages',
    headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
    body: (n) => scenario.body(model, n),
    connections: scenario.connections,
    duration,
  })
  if (failures > 0) throw new Error(`${scenario.id}: ${failures} requests failed`)
  return requests
}

async function told(gateway: ChildProcess, command: ProfilerCommand): Promise<unknown> {
  gateway.send(command)
  const [message] = await once(gateway, 'message')
  return (message as { readonly result: unknown }).result
}

function timesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id)
    if (frame === undefined || frame.functionName === '(idle)' || frame.functionName === '(root)') continue
    const part = partOf(frame.functionName, frame.url)
    times.set(part, (times.get(part) ?? 0) + (timeDeltas[index] ?? 0))
  }
  return times
}

function sizesOf(head: HeapProfiler.SamplingHeapProfileNode): Map<string, number> {
  const sizes = new Map<string, number>()
  const nodes = [head]
  for (const { callFrame, selfSize, children } of nodes) {
    const part = partOf(callFrame.functionName, callFrame.url)
    sizes.set(part, (sizes.get(part) ?? 0) + selfSize)
    nodes.push(...children)
  }
  return sizes
}

function partOf(name: string, url: string): string {
  if (name === '(garbage collector)') return 'garbage collection'
  if (url === '') return 'kernel and native code'
  return PARTS.find(([, path]) => path.test(url))?.[0] ?? 'other'
}

function summary(row: ProfileRow | undefined): string {
  if (row === undefined) return ''
  const parts = Object.entries(row.parts).toSorted(([, a], [, b]) => b.microseconds - a.microseconds)
  const lines = parts.map(
    ([part, { microseconds, bytes }]) =>
      `  ${microseconds.toFixed(1).padStart(8)} us ${bytes.toFixed(0).padStart(8)} B  ${part}`,
  )
  return `${row.scenario}: ${row.microseconds.toFixed(1)} us, ${row.bytes.toFixed(0)} B\n${lines.join('\n')}`
}
