import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from './gateways/contestant.ts'
import { KEY, benchConfig } from './gateways/ucr.ts'
import { ask } from './load.ts'
import { figure } from './markdown.ts'
import { costOf } from './process-tree.ts'
import { median, revisionOf } from './results.ts'
import { megabytes, pause } from './rows/row.ts'
import { scenarios } from './scenarios.ts'
import { prepareTools, startFarEnd, stayOnDriverCore } from './tools.ts'

/**
 * What loading parts of the program only when they are needed, and keeping compiled code, save at the start: the gateway
 * started each way in turns, to its first served request. Writes `results/start.json`.
 */
export interface StartResults {
  readonly date: string
  readonly revision: string
  readonly rows: readonly { readonly way: string; readonly milliseconds: number; readonly rss: number }[]
}

interface Way {
  readonly name: string
  /** From the folder of the project. */
  readonly program: string
  readonly environment: Readonly<Record<string, string>>
}

const NO_CACHE = { NODE_DISABLE_COMPILE_CACHE: '1' }

const WAYS: readonly Way[] = [
  { name: 'as it is', program: 'dist/ucr.js', environment: {} },
  { name: 'everything loaded at the start', program: 'bench/eager.mjs', environment: {} },
  { name: 'as it is, compiled anew', program: 'dist/ucr.js', environment: NO_CACHE },
  { name: 'everything loaded, compiled anew', program: 'bench/eager.mjs', environment: NO_CACHE },
]

const ROUNDS = 15
const FAR_END_PORT = 19_400
const root = join(import.meta.dirname, '..')

/** The report reads the types only. */
if (process.argv[1] === import.meta.filename) await main()

async function main(): Promise<void> {
  stayOnDriverCore()
  const farEnd = await startFarEnd(prepareTools(), FAR_END_PORT)
  const folder = mkdtempSync(join(tmpdir(), 'ucr-start-'))
  let port = FAR_END_PORT
  const samples = WAYS.map((way) => ({ way, milliseconds: [] as number[], rss: [] as number[] }))
  try {
    // The first of each way fills the cache of compiled code.
    for (let round = -1; round < ROUNDS; round++) {
      for (const { way, milliseconds, rss } of samples) {
        const started = await startOnce(way, ++port, folder)
        if (round < 0) continue
        milliseconds.push(started.milliseconds)
        rss.push(started.rss)
      }
    }
  } finally {
    farEnd.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  const rows = samples.map(({ way: { name }, milliseconds, rss }) => ({
    way: name,
    milliseconds: median(milliseconds),
    rss: median(rss),
  }))
  for (const { way, milliseconds, rss } of rows) {
    process.stdout.write(`${way}: ${figure(milliseconds)} ms to the first served request, ${figure(rss)} MB\n`)
  }
  const results: StartResults = { date: new Date().toISOString(), revision: revisionOf(root), rows }
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
  writeFileSync(join(import.meta.dirname, 'results', 'start.json'), `${JSON.stringify(results, null, 1)}\n`)
}

async function startOnce(
  { program, environment }: Way,
  port: number,
  folder: string,
): Promise<{ milliseconds: number; rss: number }> {
  const file = join(folder, 'ucr.config.json')
  writeFileSync(file, JSON.stringify(benchConfig(port, FAR_END_PORT, join(folder, 'ucr.log'))), { mode: 0o600 })
  const from = performance.now()
  const child = await startPinned(
    {
      command: process.execPath,
      args: [join(root, program), 'start', '--config', file],
      environment: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, ...environment },
    },
    { port, farEnd: FAR_END_PORT, cores: null },
  )
  try {
    await firstAnswer(port)
    const milliseconds = performance.now() - from
    await pause(300)
    return { milliseconds, rss: megabytes(costOf(child.pid ?? 0).rss) }
  } finally {
    await stopped(child)
  }
}

async function firstAnswer(port: number): Promise<void> {
  const body = scenarios.find(({ id }) => id === 'same-small')?.body('claude-sonnet-5', 1) ?? ''
  const headers = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }
  const { status } = await ask(port, { path: '/v1/messages', model: 'claude-sonnet-5', headers }, body)
  if (status !== 200) throw new Error(`the first request was answered with ${status}`)
}
