import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { drive, once, percentile } from './driver.ts'
import { DRIVER_CORE } from './gateways/contestant.ts'
import type { Contestant, Running } from './gateways/contestant.ts'
import { claudeCodeRouter } from './gateways/claude-code-router.ts'
import { nginx } from './gateways/nginx.ts'
import { portkey } from './gateways/portkey.ts'
import { ucr } from './gateways/ucr.ts'
import { costOf } from './process-tree.ts'
import { scenarios } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

/** One gateway in one scenario in one round. Times in microseconds or milliseconds as named, memory in MB. */
export interface Sample {
  readonly scenario: string
  readonly gateway: string
  readonly round: number
  readonly cpuMicroseconds: number
  readonly requestsPerSecond: number
  readonly firstByteP50: number
  readonly firstByteP99: number
  readonly latencyP50: number
  readonly latencyP99: number
  readonly rss: number
}

export interface Results {
  readonly date: string
  readonly node: string
  readonly cores: number
  readonly gateways: readonly {
    readonly name: string
    readonly version: string
    readonly startMilliseconds: number
    readonly idleRss: number
  }[]
  readonly skipped: readonly string[]
  readonly samples: readonly Sample[]
}

const FAR_END_PORT = 19_100
const FIRST_PORT = 19_110

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    duration: { type: 'string', default: '2000' },
    only: { type: 'string', multiple: true, default: [] },
    gateways: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: join(import.meta.dirname, 'results', 'end-to-end.json') },
  },
})

await main()

async function main(): Promise<void> {
  execFileSync('taskset', ['-cp', DRIVER_CORE, String(process.pid)], { stdio: 'ignore' })
  const farEnd = await startFarEnd()
  const skipped: string[] = []
  const contestants = [nginx(), ucr(), claudeCodeRouter(), portkey()]
    .filter((contestant) => contestant !== null)
    .filter(({ name }) => values.gateways.length === 0 || values.gateways.includes(name))
  const entries: Entry[] = []
  try {
    for (const [index, contestant] of contestants.entries()) {
      entries.push(await startEntry(contestant, { gateway: FIRST_PORT + index, farEnd: FAR_END_PORT }))
    }
    const samples = await measure(entries, skipped)
    const results: Results = {
      date: new Date().toISOString(),
      node: process.version,
      cores: cpus().length,
      gateways: entries.map(({ contestant, startMilliseconds, idleRss }) => ({
        name: contestant.name,
        version: contestant.version,
        startMilliseconds,
        idleRss,
      })),
      skipped,
      samples,
    }
    mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
    writeFileSync(values.out, `${JSON.stringify(results, null, 1)}\n`)
  } finally {
    for (const { running } of entries) await running.stop()
    farEnd.kill()
  }
}

interface Entry {
  readonly contestant: Contestant
  readonly running: Running
  readonly port: number
  readonly startMilliseconds: number
  readonly idleRss: number
}

async function startFarEnd(): Promise<{ kill(): void }> {
  const child = spawn(
    'taskset',
    ['-c', DRIVER_CORE, process.execPath, join(import.meta.dirname, 'far-end.ts'), String(FAR_END_PORT)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== '') break
  }
  return child
}

async function startEntry(contestant: Contestant, ports: { gateway: number; farEnd: number }): Promise<Entry> {
  const started = performance.now()
  const running = await contestant.start(ports)
  const startMilliseconds = performance.now() - started
  await new Promise((resolve) => setTimeout(resolve, 1000))
  return { contestant, running, port: ports.gateway, startMilliseconds, idleRss: megabytes(costOf(running.pid).rss) }
}

async function measure(entries: readonly Entry[], skipped: string[]): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const scenario of scenarios.filter(({ id }) => values.only.length === 0 || values.only.includes(id))) {
    const able: Entry[] = []
    for (const entry of entries) {
      if (!entry.contestant.kinds.includes(scenario.kind)) continue
      const wrong = await wrongAnswer(entry, scenario)
      if (wrong === null) able.push(entry)
      else skipped.push(`${entry.contestant.name}, ${scenario.id}: ${wrong}`)
    }
    for (const entry of able) await load(entry, scenario, 500, 0)
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const entry of shuffled(able)) {
        const sample = await load(entry, scenario, Number(values.duration), round)
        samples.push(sample)
        process.stdout.write(
          `${scenario.id} ${round} ${sample.gateway}: ${sample.cpuMicroseconds.toFixed(1)} us, ${sample.requestsPerSecond.toFixed(0)}/s, p50 ${sample.latencyP50.toFixed(2)} ms\n`,
        )
      }
    }
  }
  return samples
}

/** What is wrong with a gateway's answer in a scenario, or null: only right answers are measured. */
async function wrongAnswer({ running, port }: Entry, scenario: Scenario): Promise<string | null> {
  const target = running.target(scenario.kind)
  const answer = await Promise.race([
    once({ port, path: target.path, headers: target.headers, body: (n) => scenario.body(target.model, n) }),
    new Promise<{ status: number; text: string }>((resolve) =>
      setTimeout(() => resolve({ status: 0, text: 'no answer in 5 s' }), 5000),
    ),
  ])
  if (answer.status !== 200) return `status ${answer.status}: ${answer.text.slice(0, 200)}`
  const missing = scenario.expect.filter((text) => !answer.text.includes(text))
  return missing.length === 0 ? null : `the answer lacks ${missing.join(', ')}`
}

async function load(
  { contestant, running, port }: Entry,
  scenario: Scenario,
  duration: number,
  round: number,
): Promise<Sample> {
  const target = running.target(scenario.kind)
  const before = costOf(running.pid)
  const result = await drive({
    port,
    path: target.path,
    headers: target.headers,
    body: (n) => scenario.body(target.model, n + round * 1e6),
    connections: scenario.connections,
    duration,
  })
  const after = costOf(running.pid)
  return {
    scenario: scenario.id,
    gateway: contestant.name,
    round,
    cpuMicroseconds: (after.cpu - before.cpu) / (result.requests * (scenario.events ?? 1)),
    requestsPerSecond: result.requests / result.seconds,
    firstByteP50: percentile(result.firstByte, 0.5),
    firstByteP99: percentile(result.firstByte, 0.99),
    latencyP50: percentile(result.latency, 0.5),
    latencyP99: percentile(result.latency, 0.99),
    rss: megabytes(after.rss),
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

function megabytes(bytes: number): number {
  return bytes / 1024 / 1024
}
