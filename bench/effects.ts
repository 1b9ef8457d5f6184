import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Settings } from './gateways/ucr.ts'
import { ucr } from './gateways/ucr.ts'
import { ask, runLoad } from './load.ts'
import { figure } from './markdown.ts'
import { costOf } from './process-tree.ts'
import { median, revisionOf } from './results.ts'
import { Bench } from './rows/row.ts'
import type { Started } from './rows/row.ts'
import { cachedScenario, paced, scenarios } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import { prepareTools, startFarEnd, stayOnDriverCore } from './tools.ts'

/** What each setting of the guide does, measured: the same work with one value and the other, in turns. */
export interface EffectResults {
  readonly date: string
  readonly revision: string
  readonly rows: readonly { readonly id: string; readonly text: string; readonly a: number; readonly b: number }[]
}

interface Effect {
  /** The name of its mark in the guide. */
  readonly id: string
  readonly a: Settings
  readonly b: Settings
  readonly measure: (started: Started, bench: Bench) => Promise<number>
  say(a: number, b: number): string
}

const ROUNDS = 5
const FAR_END_PORT = 19_300
const root = join(import.meta.dirname, '..')

function scenarioOf(id: string): Scenario {
  const found = scenarios.find((scenario) => scenario.id === id)
  if (found === undefined) throw new Error(`there is no ${id}`)
  return found
}

/** Microseconds of CPU per request. */
function cpuOf(scenario: Scenario): Effect['measure'] {
  return async ({ running, port }, bench) => {
    const load = { port, target: running.target(scenario.kind), scenario }
    await runLoad(bench.tools, { ...load, duration: 700 })
    const before = costOf(running.pid).cpu
    const { requests, events } = await runLoad(bench.tools, { ...load, duration: bench.options.duration })
    return (costOf(running.pid).cpu - before) / (scenario.events === null ? requests : events)
  }
}

/** Milliseconds to the first token, the slowest of a hundred, of so many streams at once. */
function firstTokenOf(count: number): Effect['measure'] {
  return async ({ running, port }, bench) => {
    const scenario = { ...scenarioOf('same-paced'), ...paced(count, 10, 60) }
    const { firstToken } = await runLoad(bench.tools, {
      port,
      target: running.target('same'),
      scenario,
      duration: 1000,
    })
    return firstToken[1] ?? Number.NaN
  }
}

const times = (a: number, b: number): string => `${figure(a)} us of CPU per request, ${figure(b)} us`

const EFFECTS: readonly Effect[] = [
  {
    id: 'responses',
    a: { cache: { responses: { mode: 'deterministic' } } },
    b: { cache: { responses: { mode: 'off' } } },
    measure: cpuOf({ ...cachedScenario, kind: 'same' }),
    say: (a, b) =>
      `${times(a, b)} where it is off and the vendor answers at once; the vendor's own time is saved besides.`,
  },
  {
    id: 'coalesce',
    a: { cache: { coalesce: true } },
    b: { cache: { coalesce: false } },
    async measure({ running, port }, { farEndPort }) {
      const target = running.target('same')
      const count = async (): Promise<number> =>
        Number((await ask(farEndPort, { ...target, method: 'GET', path: '/requests' }, '')).text)
      const body = JSON.stringify({
        ...JSON.parse(cachedScenario.body(target.model, 0)),
        metadata: { user_id: `${Math.random()}` },
      })
      const before = await count()
      await Promise.all(Array.from({ length: 50 }, () => ask(port, target, body)))
      return (await count()) - before
    },
    say: (a, b) => `50 equal requests at the same time make ${a} call(s) of the vendor, ${b} without.`,
  },
  {
    id: 'pipelining',
    a: { upstream: { pipelining: 1 } },
    b: { upstream: { pipelining: 10, connections: 10 } },
    measure: firstTokenOf(50),
    say: (a, b) =>
      `50 streams at once: p99 to the first token ${figure(a)} ms, ${figure(b)} ms with 10 on each of 10 connections.`,
  },
  {
    id: 'connections',
    a: { upstream: { connections: 1024 } },
    b: { upstream: { connections: 100 } },
    measure: firstTokenOf(250),
    say: (a, b) => `250 streams at once: p99 to the first token ${figure(a)} ms, ${figure(b)} ms with 100 connections.`,
  },
  {
    id: 'server-engine',
    a: { server: { engine: 'lean' } },
    b: { server: { engine: 'node' } },
    measure: cpuOf(scenarioOf('same-small')),
    say: (a, b) => `${times(a, b)} with \`node\` (JSON of 300 B, passed through).`,
  },
  {
    id: 'upstream-engine',
    a: { upstream: { engine: 'lean' } },
    b: { upstream: { engine: 'undici' } },
    measure: cpuOf(scenarioOf('same-small')),
    say: (a, b) => `${times(a, b)} with \`undici\` (JSON of 300 B, passed through).`,
  },
  {
    id: 'passthrough',
    a: { plan: 'auto' },
    b: { plan: 'translate' },
    measure: cpuOf(scenarioOf('same-large')),
    say: (a, b) => `${times(a, b)} where it is translated all the same (JSON of 150 KB).`,
  },
  {
    id: 'compression',
    a: { server: { compression: { enabled: true, clients: 'all' } } },
    b: { server: { compression: { enabled: false } } },
    async measure({ running, port }) {
      const target = running.target('same')
      const headers = { ...target.headers, 'accept-encoding': 'gzip' }
      const body = JSON.stringify({
        model: target.model,
        max_tokens: 9,
        messages: [{ role: 'user', content: 'bench-long' }],
      })
      const answer = await ask(port, { ...target, headers }, body)
      return Number(answer.headers['content-length'] ?? Buffer.byteLength(answer.text, 'latin1'))
    },
    say: (a, b) =>
      `an answer of ${b} bytes takes ${a} bytes of the network with gzip (its text repeats itself; prose shrinks to a third).`,
  },
  {
    id: 'access-log',
    a: { logging: { level: 'info' } },
    b: { logging: { level: 'error' } },
    measure: cpuOf(scenarioOf('same-small')),
    say: (a, b) => `${times(a, b)} without the access log.`,
  },
]

/** The report reads the types only. */
if (process.argv[1] === import.meta.filename) await main()

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } })
  stayOnDriverCore()
  const tools = prepareTools()
  const farEnd = await startFarEnd(tools, FAR_END_PORT)
  const bench = new Bench(tools, { duration: 1000, minutes: 0 }, FAR_END_PORT)
  const rows: EffectResults['rows'][number][] = []
  try {
    for (const effect of EFFECTS.filter(({ id }) => values.only.length === 0 || values.only.includes(id))) {
      try {
        const [a, b] = await bothOf(effect, bench)
        rows.push({ id: effect.id, text: effect.say(a, b), a, b })
        process.stdout.write(`${effect.id}: ${rows.at(-1)?.text}\n`)
      } catch (error) {
        process.stdout.write(`${effect.id}: not measured, ${error instanceof Error ? error.message : String(error)}\n`)
      }
    }
  } finally {
    farEnd.kill()
  }
  const folder = join(import.meta.dirname, values.only.length === 0 ? 'results' : '.cache')
  mkdirSync(folder, { recursive: true })
  const results: EffectResults = { date: new Date().toISOString(), revision: revisionOf(root), rows }
  writeFileSync(join(folder, 'effects.json'), `${JSON.stringify(results, null, 1)}\n`)
}

async function bothOf({ id, a, b, measure }: Effect, bench: Bench): Promise<readonly [number, number]> {
  const sides = await Promise.all(
    [a, b].map((settings) => bench.fresh(ucr({ name: id, root, settings: { logging: {}, ...settings } }))),
  )
  const measured: [number[], number[]] = [[], []]
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, list] of measured.entries()) {
        const side = sides[index]
        if (side !== undefined) list.push(await measure(side, bench))
      }
    }
  } finally {
    for (const { running } of sides) await running.stop()
  }
  return [median(measured[0]), median(measured[1])]
}
