import { execFile, execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { figuresOf, timesOf } from '../scripts/timing.ts'

/**
 * `npm run build && node bench/wrapper.ts [--quick]`: the test kit of the guide to claude-wrapper on a gateway of this checkout
 * with the simulator behind it, and what the gateway adds to an answer. `--quick`: the load tests for a few seconds. Artillery
 * is taken from ARTILLERY, or left out. Results are kept in results/wrapper.json; `node bench/report.ts` writes the tables.
 */
export interface WrapperResults {
  readonly date: string
  readonly node: string
  readonly revision: string
  readonly quick: boolean
  readonly overhead: readonly Overhead[]
  readonly kit: Kit
}

/** Median milliseconds of one thing, asked of the simulator and through the gateway. */
interface Overhead {
  readonly work: string
  readonly direct: number
  readonly through: number
}

interface Kit {
  /** Null: it is not installed. */
  readonly artillery: {
    readonly requests: number
    readonly failed: number
    readonly mean: number
    readonly p95: number
  } | null
  readonly autocannon: {
    readonly seconds: number
    readonly perSecond: number
    readonly p50: number
    readonly p99: number
    readonly failed: number
  }
  readonly stress: readonly string[]
  readonly benchmarks: Readonly<
    Record<string, { readonly avg: number; readonly min: number; readonly max: number; readonly p95: number }>
  >
  readonly monitor: Readonly<
    Record<'totalRequests' | 'averageResponseTime' | 'averageMemoryUsage' | 'errorRate', number>
  >
}

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const program = join(root, 'dist', 'ucr.js')
const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-'))
const home = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, PATH: process.env['PATH'] ?? '' }
const quick = process.argv.includes('--quick')
const QUESTION = { model: 'sonnet', messages: [{ role: 'user', content: 'Say something short.' }] }
const ROUNDS = 200
const USERS = 50

const children: ChildProcess[] = []
try {
  const simulator = await startProgram(['simulator', '--port', '0'], /on (http:\S+)/)
  const config = join(folder, 'ucr.config.json')
  writeFileSync(config, JSON.stringify(configOf(simulator)), { mode: 0o600 })
  const gateway = await startProgram(['start', '--config', config], /listening on (http:\S+)/)
  const overhead = await measureOverhead(simulator, gateway)
  const kit = await runKit(gateway)
  const results: WrapperResults = {
    date: new Date().toISOString(),
    node: process.version,
    revision: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    quick,
    overhead,
    kit,
  }
  mkdirSync(join(root, 'bench', 'results'), { recursive: true })
  writeFileSync(join(root, 'bench', 'results', 'wrapper.json'), `${JSON.stringify(results, null, 1)}\n`)
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

function configOf(simulator: string): object {
  return {
    server: { port: 0 },
    logging: { file: join(folder, 'ucr.log') },
    providers: [{ id: 'sim', type: 'simulator', baseUrl: simulator }],
    models: { sonnet: 'sim/text' },
  }
}

/** Starts `ucr` and gives what it says about its address. */
async function startProgram(words: readonly string[], address: RegExp): Promise<string> {
  const child = spawn(process.execPath, [program, ...words], { env: home, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  for (;;) {
    const found = address.exec(said)
    if (found?.[1] !== undefined) return found[1]
    if (child.exitCode !== null) throw new Error(`ucr ${words.join(' ')} ended: ${said}`)
    await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), once(child, 'exit')])
  }
}

async function measureOverhead(simulator: string, gateway: string): Promise<readonly Overhead[]> {
  const asked = [
    { url: simulator, model: 'text' },
    { url: gateway, model: 'sonnet' },
  ] as const
  const compare = async (work: string, rounds: number, ask: (url: string, model: string) => Promise<number>) => {
    const times: [number[], number[]] = [[], []]
    // In turns, so that whatever else the machine does meets both.
    for (let round = -10; round < rounds; round++) {
      for (const [index, { url, model }] of asked.entries()) {
        const time = await ask(url, model)
        if (round >= 0) times[index]?.push(time)
      }
    }
    const [direct, through] = times.map((list) => figuresOf(list).p50)
    const row = { work, direct: direct ?? Number.NaN, through: through ?? Number.NaN }
    console.log(
      `${work}: ${row.direct.toFixed(2)} ms from the simulator, ${row.through.toFixed(2)} ms through the gateway`,
    )
    return row
  }
  return [
    await compare('basic completion', ROUNDS, complete),
    await compare('time to the first token', ROUNDS, firstToken),
    await compare(`${USERS} users at once, until all have their answers`, 20, async (url, model) => {
      const [time = Number.NaN] = await timesOf(
        () => Promise.all(Array.from({ length: USERS }, () => complete(url, model))),
        0,
        1,
      )
      return time
    }),
  ]
}

async function complete(url: string, model: string): Promise<number> {
  const started = performance.now()
  const answer = await post(url, { ...QUESTION, model })
  await answer.text()
  return performance.now() - started
}

async function firstToken(url: string, model: string): Promise<number> {
  const started = performance.now()
  const { body } = await post(url, { ...QUESTION, model, stream: true })
  let time = Number.NaN
  let text = ''
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString()
    if (Number.isNaN(time) && /"content":"[^"]/.test(text)) time = performance.now() - started
  }
  return time
}

async function post(url: string, body: object): Promise<Response> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (answer.status !== 200) throw new Error(`${url} answered with ${answer.status}: ${await answer.text()}`)
  return answer
}

async function runKit(url: string): Promise<Kit> {
  const kit = join(root, 'tests')
  const seconds = quick ? 5 : 60
  const environment = { ...process.env, WRAPPER_URL: url }
  const node = async (script: string, ...words: readonly string[]): Promise<void> => {
    await run(process.execPath, [join(kit, script), ...words], { env: environment, cwd: folder })
  }
  const report = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'))
  await node('benchmark.ts')
  const { benchmarks } = report('benchmark-report.json') as Pick<Kit, 'benchmarks'>
  // Watched while the load tests run.
  const watched = node('monitor.ts', '--seconds', String(quick ? 10 : 300))
  const stress = (await run('bash', [join(kit, 'stress-test.sh')], { env: environment })).stdout.trim().split('\n')
  const autocannon = await runAutocannon(url, seconds)
  const artillery = await runArtillery(url, kit)
  await watched
  const { summary } = report('performance-report.json') as { readonly summary: Kit['monitor'] }
  return {
    artillery,
    autocannon,
    stress,
    benchmarks: Object.fromEntries(
      Object.entries(benchmarks).map(([name, { avg, min, max, p95 }]) => [name, { avg, min, max, p95 }]),
    ),
    monitor: summary,
  }
}

async function runAutocannon(url: string, seconds: number): Promise<Kit['autocannon']> {
  const words = ['-c', '50', '-d', String(seconds), '-m', 'POST', '-H', 'content-type=application/json', '--json']
  const command = join(root, 'bench', 'node_modules', '.bin', 'autocannon')
  const address = `${url}/v1/chat/completions`
  const { stdout } = await run(command, [...words, '--no-progress', '-b', JSON.stringify(QUESTION), address])
  const { requests, latency, errors, timeouts, non2xx } = JSON.parse(stdout) as {
    readonly requests: { readonly average: number }
    readonly latency: { readonly p50: number; readonly p99: number }
    readonly errors: number
    readonly timeouts: number
    readonly non2xx: number
  }
  return {
    seconds,
    perSecond: requests.average,
    p50: latency.p50,
    p99: latency.p99,
    failed: errors + timeouts + non2xx,
  }
}

async function runArtillery(url: string, kit: string): Promise<Kit['artillery']> {
  const command = process.env['ARTILLERY']
  if (command === undefined || !existsSync(command)) return null
  const output = join(folder, 'artillery.json')
  const words = ['run', '--target', url, '--output', output, ...(quick ? ['--environment', 'quick'] : [])]
  await run(command, [...words, join(kit, 'load-test.yml')], { maxBuffer: 64 * 1024 * 1024 })
  const { aggregate } = JSON.parse(readFileSync(output, 'utf8')) as {
    readonly aggregate: {
      readonly counters: Readonly<Record<string, number | undefined>>
      readonly summaries: Readonly<Record<string, { readonly mean: number; readonly p95: number } | undefined>>
    }
  }
  const { counters, summaries } = aggregate
  const times = summaries['http.response_time']
  return {
    requests: counters['http.requests'] ?? 0,
    failed: (counters['vusers.failed'] ?? 0) + (counters['plugins.expect.failed'] ?? 0),
    mean: times?.mean ?? Number.NaN,
    p95: times?.p95 ?? Number.NaN,
  }
}
