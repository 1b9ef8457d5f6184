import { createSecretKey } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SlidingCounter } from '../src/admission/rate-counter.ts'
import { RemoteCounter } from '../src/admission/remote-counter.ts'
import { lastingCounts } from '../src/observe/lasting-counts.ts'
import { takeSnapshot } from '../src/observe/metrics-snapshot.ts'
import { NO_TRACE } from '../src/observe/tracer.ts'
import { TrafficRecorder } from '../src/observe/traffic-recorder.ts'
import { PROTOCOLS } from '../src/protocols/index.ts'
import { ReasoningKeeper } from '../src/reasoning/reasoning-keeper.ts'
import type { ReasoningStore } from '../src/reasoning/reasoning-store.ts'
import { createSealer } from '../src/exchange/sealer.ts'
import { LossList } from '../src/canonical/loss.ts'
import type { Part } from '../src/canonical/content.ts'
import type { CanonicalRequest } from '../src/canonical/request.ts'
import { scanJson, toJsonText } from '../src/lib/json.ts'
import { MemoryReasoningStore } from '../src/store/memory/reasoning-store.ts'
import { RedisConnection } from '../src/store/redis/connection.ts'
import { RedisRateStore } from '../src/store/redis/rate-store.ts'
import { RedisReasoningStore } from '../src/store/redis/reasoning-store.ts'
import { openDatabase } from '../src/store/sqlite/database.ts'
import { SqliteReasoningStore } from '../src/store/sqlite/reasoning-store.ts'
import { NO_REDIS, RedisServer } from '../test/support/redis-server.ts'

/** What it costs to share: medians by the clock, in microseconds, one after the other. */
const ROUNDS = 3000
const WARM = 500
/** Turns with a call in a conversation whose reasoning is put back. */
const TURNS = 20

const now = (): number => performance.now()

async function median(step: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = -WARM; round < ROUNDS; round++) {
    const start = performance.now()
    await step()
    if (round >= 0) times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return (times[Math.floor(times.length / 2)] ?? 0) * 1000
}

function tell(work: string, microseconds: number): void {
  process.stdout.write(`${work}: ${microseconds.toFixed(1)} us\n`)
}

const LIMIT = { max: 1_000_000, timeWindow: 60_000 }
const own = new SlidingCounter(LIMIT.max, LIMIT.timeWindow, now)
tell('a request counted in memory', await median(() => own.take('a')))

const nothing = (): void => {}
const silent = {
  tracer: NO_TRACE,
  exchange: nothing,
  attemptFailed: nothing,
  warn: nothing,
  error: nothing,
  debug: nothing,
}
const traffic = new TrafficRecorder(silent, now)
const left = (): string => JSON.stringify(lastingCounts(takeSnapshot(traffic, {})))
tell(`what a worker leaves (${left().length} bytes)`, await median(left))

const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-'))
const database = await openDatabase(join(folder, 'ucr.db'))
await keeping('memory', new MemoryReasoningStore())
await keeping('sqlite', new SqliteReasoningStore(database))
database.close()
rmSync(folder, { recursive: true })

if (NO_REDIS === null) {
  const server = await RedisServer.start({ durable: false })
  const open = async (): Promise<RedisConnection> => {
    const connection = await RedisConnection.open({ url: server.url, what: '', lost: () => {}, back: () => {} })
    await connection.ready(10_000)
    return connection
  }
  const [rates, reasoning] = [await open(), await open()]
  const store = new RedisRateStore({ connection: rates, failed: () => {}, now })
  const remote = (max: number): RemoteCounter =>
    new RemoteCounter({ store, limit: { ...LIMIT, max }, own, onFailure: 'local', alone: () => {}, now })
  const [roomy, full] = [remote(LIMIT.max), remote(1)]
  tell('a request counted in Redis', await median(() => roomy.take('a')))
  tell('a request refused after Redis refused one', await median(() => full.take('a')))
  await keeping('redis', new RedisReasoningStore(reasoning))
  rates.close()
  reasoning.close()
  await server.close()
} else {
  process.stdout.write(`${NO_REDIS}\n`)
}

async function keeping(name: string, store: ReasoningStore): Promise<void> {
  const keys = { names: createSecretKey(Buffer.alloc(32, 1)), contents: createSecretKey(Buffer.alloc(32, 2)) }
  const settings = { ttl: 3_600_000, max: 10_000, maxBytes: 64 * 1024 * 1024 }
  const keeper = new ReasoningKeeper({ store, settings, keys, now: () => Date.now(), failed: () => {} })
  const conversation = conversationOf(TURNS)
  for (let turn = 0; turn < TURNS; turn++) keeper.keep('me', conversation, answerWith(turn))
  tell(`reasoning of a turn kept, ${name}`, await median(() => keeper.keep('me', conversation, answerWith(0))))
  tell(`reasoning of ${TURNS} turns put back, ${name}`, await median(() => keeper.restore('me', conversation)))
}

function idOf(turn: number): string {
  return `toolu_01A09q90qw90lq917835${String(turn).padStart(4, '0')}`
}

/** A Chat client's, with a question, a call and a result of a kilobyte in each turn. */
function conversationOf(turns: number): CanonicalRequest {
  const messages = Array.from({ length: turns }, (_, turn) => {
    const call = { id: idOf(turn), type: 'function', function: { name: 'look', arguments: '{}' } }
    return [
      { role: 'user', content: `Question ${turn}` },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: call.id, content: 'x'.repeat(1000) },
    ]
  })
  const root = scanJson(JSON.stringify({ model: 'any', messages: messages.flat() }))
  const sealer = createSealer([{ id: '1', secret: Buffer.alloc(32) }], 'me')
  return PROTOCOLS['openai-chat'].client.decodeRequest(root, { sealer, headers: {}, losses: new LossList() })
}

function answerWith(turn: number): readonly Part[] {
  const rest = { cache: null, ext: null }
  const seal = { kind: 'signature', value: 's'.repeat(800), origin: null } as const
  return [
    { kind: 'reasoning', text: toJsonText('t'.repeat(1000)), seal, ...rest },
    { kind: 'tool-call', id: idOf(turn), name: 'look', input: toJsonText({}), invalid: false, ...rest },
  ]
}
