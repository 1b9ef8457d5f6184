import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import type { Message } from '../src/canonical/request.ts'
import { stringToJson } from '../src/lib/json.ts'
import { NO_DETAILS } from '../src/sessions/session.ts'
import type { SessionStore } from '../src/sessions/session-store.ts'
import { Sessions } from '../src/sessions/sessions.ts'
import { MemorySessionStore } from '../src/store/memory/session-store.ts'
import { RedisConnection } from '../src/store/redis/connection.ts'
import { RedisSessionStore } from '../src/store/redis/session-store.ts'
import { openDatabase } from '../src/store/sqlite/database.ts'
import { SqliteSessionStore } from '../src/store/sqlite/session-store.ts'
import { NO_REDIS, RedisServer } from '../test/support/redis-server.ts'
import { sessionTable } from './wrapper-tables.ts'
import type { SessionResults, SessionRow } from './wrapper-tables.ts'

/**
 * What sessions cost, in each store and with few and many of them. Each has a system prompt and two turns, 3.6 KB of text.
 * Times are medians of one call at a time, in microseconds; sweeping is per session that is swept. Bytes are what the store
 * grows by for each session: memory of this process, the file, memory of the server; for one session alone only a file
 * tells. Arguments: names of stores, numbers of sessions.
 */
interface Kept {
  readonly store: SessionStore
  /** The least that a change takes in this store, whatever is kept there. */
  readonly least?: () => void
  /** Bytes that it takes now. */
  readonly size: () => Promise<number>
  readonly close: () => Promise<void>
}

const HOUR = 3_600_000
const SAMPLES = 1000
const ROUNDS = 3

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const STORES: Readonly<Record<string, () => Promise<Kept>>> = {
  memory: async () => {
    const store = new MemorySessionStore()
    const size = async (): Promise<number> => {
      // Memory of buffers is given back a moment after their objects are gone.
      for (let round = 0; round < 3; round++) {
        collect()
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    return { store, size, close: () => store.close() }
  },
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-'))
    const file = join(folder, 'ucr.db')
    const database = await openDatabase(file)
    const size = async (): Promise<number> => {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return statSync(file).size
    }
    const close = async (): Promise<void> => {
      database.close()
      rmSync(folder, { recursive: true })
    }
    database.exec('CREATE TABLE least (value INTEGER); INSERT INTO least VALUES (0)')
    const change = database.prepare('UPDATE least SET value = value + 1')
    return { store: new SqliteSessionStore(database), least: () => void change.run(), size, close }
  },
  ...(NO_REDIS === null && {
    redis: async () => {
      const server = await RedisServer.start({ durable: false })
      const client = new Redis(server.url)
      const store = new RedisSessionStore(
        await RedisConnection.open({ url: server.url, what: 'Sessions', lost: () => {}, back: () => {} }),
      )
      const size = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
      const close = async (): Promise<void> => {
        client.disconnect()
        await store.close()
        await server.close()
      }
      return { store, size, close }
    },
  }),
}

/** Other words in each session, so that no store has them twice. */
function says(role: Message['role'], seed: number, words: number): Message {
  const text = Array.from({ length: words }, (_, at) => WORDS[(seed * 7919 + at * at * 331 + at) % WORDS.length]).join(
    ' ',
  )
  const part = {
    kind: 'text',
    text: stringToJson(text),
    refusal: false,
    citations: null,
    cache: null,
    ext: null,
  } as const
  return { role, parts: [part], name: null, ext: null }
}

const SYLLABLES = ['ba', 'ten', 'ri', 'sol', 'ma', 'ker', 'du', 'ing', 'est', 'on', 'lay', 'ver', 'pu']
/** About as many different ones as people use. */
const WORDS = Array.from({ length: 2197 }, (_, at) =>
  [at, at / 13, at / 169].map((digit) => SYLLABLES[Math.floor(digit) % 13]).join(''),
)

interface Figures {
  readonly create: number
  readonly retrieve: number
  /** The first of a while, whose use the store notes. */
  readonly noted: number
  readonly update: number
  readonly delete: number
  readonly sweep: number
  readonly bytes: number
  readonly least: number | null
}

async function measureStore({ store, size, least }: Kept, count: number): Promise<Figures> {
  let now = Date.now()
  const settings = {
    ttl: HOUR,
    max: Number.MAX_SAFE_INTEGER,
    sweepInterval: HOUR,
    maxMessages: 1000,
    maxBytes: 1e9,
    memoryThreshold: 1,
    compression: true,
  }
  const sessions = new Sessions({
    store,
    settings,
    holder: 'bench',
    now: () => now,
    memoryShare: () => 0,
    failed: (text, cause) => console.error(text, cause),
  })
  const key = (index: number | string) => ({ tenant: 'bench', id: `session_${index}` })
  const turn = (seed: number) => ({
    messages: [says('user', seed, 60), says('assistant', seed + 1, 120)],
    instructions: null,
  })
  const system = { details: { ...NO_DETAILS, model: 'm' }, instructions: says('system', 1, 80).parts }
  const make = (index: number | string) => sessions.create(key(index), system)
  const talk = async (index: number | string, seed: number): Promise<void> => {
    for (const each of [seed, seed + 1]) await sessions.add(key(index), null, turn(each))
  }
  /** What each step takes is made before, by `prepare`. */
  const timed = async <T>(prepare: (at: number) => T, step: (given: T) => Promise<unknown>): Promise<number> => {
    const times: number[] = []
    for (let at = 0; at < SAMPLES; at++) {
      const given = prepare(at)
      const before = performance.now()
      await step(given)
      times.push(performance.now() - before)
    }
    return median(times) * 1000
  }
  const some = (at: number): number => (at * 7919) % count
  /** Sessions live longer and shorter by turns, so that each use moves their end. */
  const moving = (at: number): void => sessions.adopt({ ...settings, ttl: (2 + (at % 2)) * HOUR })
  const timedSweep = async (): Promise<number> => {
    now += 4 * HOUR
    const before = performance.now()
    const swept = await store.sweep(now)
    return ((performance.now() - before) * 1000) / swept
  }
  /** Of many, all at once; of one alone, the median of many sweeps. */
  const sweepOf = async (many: number): Promise<number> => {
    if (many > 1) return timedSweep()
    await timedSweep()
    const times: number[] = []
    for (let at = 0; at < SAMPLES; at++) {
      await make('last')
      await talk('last', at)
      times.push(await timedSweep())
    }
    return median(times)
  }

  // One that goes again before sizes are compared, so that code and pages that all share are there.
  await make('first')
  await talk('first', 0)
  await size()
  const empty = await size()
  for (let index = 0; index < count; index++) {
    await make(index)
    await talk(index, index)
  }
  const bytes = ((await size()) - empty) / count
  const create = await timed((at) => `new_${at}`, make)
  for (let at = 0; at < SAMPLES; at++) await talk(`new_${at}`, at)
  const used = (at: number) => key(some(at))
  const figures = {
    create,
    retrieve: await timed(used, (each) => sessions.read(each)),
    update: await timed(
      (at) => [key(`new_${at}`), null, turn(at)] as const,
      (given) => sessions.add(...given),
    ),
    noted: await timed(
      (at) => {
        moving(at)
        return used(at)
      },
      (each) => sessions.read(each),
    ),
    delete: await timed(
      (at) => key(`new_${at}`),
      (each) => sessions.delete(each),
    ),
  }
  await size()
  const change = least === undefined ? null : await timed(NOTHING, async () => least())
  // What those changes left to be brought into the file is no sweep's to pay.
  await size()
  return { ...figures, sweep: await sweepOf(count), bytes, least: change }
}

const NOTHING = (): void => {}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const wanted = process.argv.slice(2)
const numbers = wanted.map(Number).filter((count) => count > 0)
const counts = numbers.length > 0 ? numbers : [1, 1000, 100_000]
const names = Object.keys(STORES).filter((name) => wanted.includes(name))
const rows: SessionRow[] = []
for (const [name, open] of Object.entries(STORES)) {
  if (names.length > 0 && !names.includes(name)) continue
  for (const count of counts) {
    const rounds: Figures[] = []
    for (let round = 0; round < (count > 10_000 ? 1 : ROUNDS); round++) {
      const kept = await open()
      rounds.push(await measureStore(kept, count))
      await kept.close()
    }
    const of = (pick: (figures: Figures) => number): number => median(rounds.map(pick))
    const row = {
      store: name,
      sessions: count,
      create: of((figures) => figures.create),
      retrieve: of((figures) => figures.retrieve),
      noted: of((figures) => figures.noted),
      update: of((figures) => figures.update),
      delete: of((figures) => figures.delete),
      sweep: of((figures) => figures.sweep),
      bytes: of((figures) => figures.bytes),
      least: rounds.some(({ least }) => least === null) ? null : of(({ least }) => least ?? Number.NaN),
    }
    rows.push(row)
    console.error(Object.values(row).join(' '))
  }
}
const file = join(import.meta.dirname, 'results', 'sessions.json')
console.log(sessionTable(rows))
// Fewer sessions than usual are for a look. Stores that were not measured now stay as they were.
if (numbers.length === 0) {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SessionResults).rows : []
  const others = before.filter(({ store }) => !rows.some((row) => row.store === store))
  const results: SessionResults = { date: new Date().toISOString(), node: process.version, rows: [...others, ...rows] }
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`)
}
