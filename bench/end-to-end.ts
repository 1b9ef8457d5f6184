import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Contestant } from './gateways/contestant.ts'
import { goalTable } from './goal-table.ts'
import { direct } from './gateways/direct.ts'
import { ucr } from './gateways/ucr.ts'
import { ABSENT, peers } from './peers/index.ts'
import type { Results, Skipped } from './results.ts'
import { revisionOf } from './results.ts'
import { rounds } from './rounds.ts'
import { NAMED_ROWS, ROWS } from './rows/index.ts'
import { Bench } from './rows/row.ts'
import type { Row } from './rows/row.ts'
import { prepareTools, startFarEnd, stayOnDriverCore } from './tools.ts'

const FAR_END_PORT = 19_100
const ROOT = join(import.meta.dirname, '..')

const { values } = parseArgs({
  options: {
    /** nginx and ours, three rounds, without the long rows. */
    quick: { type: 'boolean', default: false },
    /** Relays only: nginx, HAProxy and ours where nothing is translated. */
    relay: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    duration: { type: 'string', default: '1500' },
    minutes: { type: 'string', default: '30' },
    only: { type: 'string', multiple: true, default: [] },
    gateways: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: join(import.meta.dirname, 'results', 'end-to-end.json') },
  },
})

await main()

async function main(): Promise<void> {
  stayOnDriverCore()
  const tools = prepareTools()
  if (!tools.native) process.stdout.write('No C compiler: driver and far end are those in TypeScript.\n')
  const farEnd = await startFarEnd(tools, FAR_END_PORT)
  const options = { duration: Number(values.duration), minutes: Number(values.minutes) }
  const bench = new Bench(tools, options, FAR_END_PORT)
  const contestants = [...peers(), ucr({ name: 'ucr', root: ROOT }), direct(farEnd.pid ?? 0)].filter(isAsked)
  const skipped: Skipped[] = ABSENT.map(({ name, reason }) => ({ gateway: name, row: 'all', reason }))
  skipped.push(...failedInstalls())
  try {
    const count = Number(values.rounds ?? (values.quick ? 3 : 5))
    const samples = await rounds(bench, { rows: chosenRows(), contestants, count, skipped })
    save({
      date: new Date().toISOString(),
      node: process.version,
      machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
      revision: revisionOf(ROOT),
      native: tools.native,
      gateways: contestants.map(({ name, version, setup, origin }) => ({ name, version, setup, origin })),
      skipped,
      samples,
    })
  } finally {
    await bench.stopShared()
    farEnd.kill()
  }
}

function isAsked({ name }: Contestant): boolean {
  if (values.gateways.length > 0) return values.gateways.includes(name)
  if (values.relay) return ['nginx', 'haproxy', 'ucr', 'direct'].includes(name)
  return !values.quick || ['nginx', 'ucr', 'direct'].includes(name)
}

function chosenRows(): readonly Row[] {
  if (values.only.length > 0) {
    const chosen = [...ROWS, ...NAMED_ROWS].filter(({ id }) => values.only.includes(id))
    if (chosen.length < values.only.length) {
      throw new Error(`The rows are: ${[...ROWS, ...NAMED_ROWS].map(({ id }) => id).join(', ')}`)
    }
    return chosen
  }
  if (values.relay) return ROWS.filter(({ kind, slow }) => kind === 'same' && !slow)
  return ROWS.filter(({ slow }) => !values.quick || !slow)
}

/** Written by `install.mjs`. */
function failedInstalls(): Skipped[] {
  const file = join(import.meta.dirname, '.cache', 'failed.json')
  if (values.quick || !existsSync(file)) return []
  const failed = JSON.parse(readFileSync(file, 'utf8')) as { name: string; reason: string }[]
  return failed.map(({ name, reason }) => ({ gateway: name, row: 'all', reason }))
}

/** A run of some rows or gateways goes into a file of its own: the tables are made of whole runs. */
function save(results: Results): void {
  const part = values.only.length > 0 || values.gateways.length > 0 || values.relay
  const name = values.only.includes('soak') ? 'soak.json' : values.quick ? 'quick.json' : 'part.json'
  const file = part || values.quick ? join(dirname(values.out), name) : values.out
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`)
  process.stdout.write(`\n${goalTable(results, true)}\n\nWritten: ${file}\n`)
}
