import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type {
  ChangeResult,
  CreateResult,
  ListRequest,
  NewSession,
  OwnedListRequest,
  OwnedRecord,
  SessionChange,
  SessionCounts,
  SessionKey,
  SessionPage,
  SessionRecord,
  SessionStore,
  SessionTotals,
  StoredSession,
  StoredTurn,
  Use,
} from '../../sessions/session-store.ts'
import type { RedisConnection } from './connection.ts'
import { SESSION_SCRIPTS } from './session-scripts.ts'

/** Sessions. It takes milliseconds, for which the server does nothing else. */
const SWEPT_AT_ONCE = 500
/** Bytes of histories that are remembered, so that they need not be sent again as long as nobody changes them. */
const REMEMBERED = 32 * 1024 * 1024

/** By what the script says of it; anything else is one that is not there. */
const CHANGE_RESULTS: Readonly<Record<number, ChangeResult>> = { 0: 'conflict', 1: 'changed', 2: 'held' }

/** A history as it was at a change, which has a name of its own. */
interface Remembered {
  readonly token: string
  readonly version: number
  readonly opening: Buffer
  readonly turns: readonly StoredTurn[]
}

/**
 * Keeps sessions in Redis or Valkey, where all gateways that share the server find them. Not for a cluster: one step touches
 * keys of many slots.
 */
export class RedisSessionStore implements SessionStore {
  readonly isVolatile = false
  readonly #connection: RedisConnection
  readonly #remembered = new LRUCache<string, Remembered>({ maxSize: REMEMBERED, sizeCalculation: sizeOf })

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async create(key: SessionKey, { details, opening, turns }: NewSession, use: Use, max: number): Promise<CreateResult> {
    const [now, expires] = times(use)
    const args = [...namesOf(key), now, expires, max, randomUUID(), details, opening, ...turns.map(writeTurn)]
    const evicted = whole(await this.#connection.run(SESSION_SCRIPTS.create, args))
    return evicted < 0 ? { kind: 'exists' } : { kind: 'created', evicted }
  }

  read(key: SessionKey, use: Use): Promise<StoredSession | null> {
    return this.#read(key, times(use))
  }

  look(key: SessionKey, now: number): Promise<StoredSession | null> {
    return this.#read(key, [now, ''])
  }

  async change(key: SessionKey, change: SessionChange, use: Use): Promise<ChangeResult> {
    const { version, details, opening, turn, drop = 0, holder = '' } = change
    const token = randomUUID()
    const args: (string | number | Buffer)[] = [...namesOf(key), ...times(use), version, token, drop, holder]
    if (details !== undefined) args.push('details', details)
    if (opening !== undefined) args.push('opening', opening)
    if (turn !== undefined) args.push('turn', writeTurn(turn))
    const result = whole(await this.#connection.run(SESSION_SCRIPTS.change, args))
    if (result === 1) this.#remember(namesOf(key).join(':'), change, token)
    return CHANGE_RESULTS[result] ?? 'absent'
  }

  async delete(key: SessionKey, now: number): Promise<boolean> {
    return whole(await this.#connection.run(SESSION_SCRIPTS.delete, [...namesOf(key), now])) === 1
  }

  async list(tenant: string, { now, limit, after }: ListRequest): Promise<SessionPage> {
    const { created, id } = after ?? { created: Number.MAX_SAFE_INTEGER, id: '' }
    const args = [encoded(tenant), now, limit, created, encoded(id)]
    const [total, ...found] = listOf(await this.#connection.run(SESSION_SCRIPTS.list, args))
    const sessions = found.map((each) => {
      const [name, fields] = listOf(each)
      return recordOf(decodeURIComponent(textOf(name)), listOf(fields))
    })
    return { sessions, total: whole(total) }
  }

  async listAll({ now, limit, after }: OwnedListRequest): Promise<readonly OwnedRecord[]> {
    const place = after === null ? [Number.MAX_SAFE_INTEGER, ''] : [after.expires, namesOf(after).join(':')]
    const found = listOf(await this.#connection.run(SESSION_SCRIPTS.listAll, [now, limit, ...place]))
    return found.map((each) => {
      const [tenant, id, fields] = listOf(each)
      const record = recordOf(decodeURIComponent(textOf(id)), listOf(fields))
      return { ...record, tenant: decodeURIComponent(textOf(tenant)) }
    })
  }

  async count(tenant: string, now: number): Promise<SessionCounts> {
    const reply = listOf(await this.#connection.run(SESSION_SCRIPTS.count, [encoded(tenant), now]))
    const [total = 0, active = 0, messages = 0, oldest = 0] = reply.map(whole)
    return { total, active, messages, oldest: oldest === 0 ? null : oldest }
  }

  async totals(now: number): Promise<SessionTotals> {
    const [total = 0, active = 0] = listOf(await this.#connection.run(SESSION_SCRIPTS.totals, [now])).map(whole)
    return { total, active }
  }

  async hold(key: SessionKey, holder: string, use: Use): Promise<boolean> {
    return whole(await this.#connection.run(SESSION_SCRIPTS.hold, [...namesOf(key), holder, ...times(use)])) === 1
  }

  async release(key: SessionKey, holder: string): Promise<void> {
    await this.#connection.run(SESSION_SCRIPTS.release, [...namesOf(key), holder])
  }

  async sweep(now: number): Promise<number> {
    for (let swept = 0; ;) {
      const gone = whole(await this.#connection.run(SESSION_SCRIPTS.sweep, [now, SWEPT_AT_ONCE]))
      swept += gone
      if (gone < SWEPT_AT_ONCE) return swept
    }
  }

  async evict(count: number): Promise<number> {
    return whole(await this.#connection.run(SESSION_SCRIPTS.evict, [count]))
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  async #read(
    key: SessionKey,
    [now, expires]: readonly [now: number, expires: number | ''],
  ): Promise<StoredSession | null> {
    const name = namesOf(key).join(':')
    const known = this.#remembered.get(name)
    const args = [...namesOf(key), now, expires, known?.token ?? '']
    const reply = await this.#connection.run(SESSION_SCRIPTS.read, args)
    if (reply === null) return null
    const [fields, opening, turns] = listOf(reply)
    const record = recordOf(key.id, listOf(fields))
    if (opening === undefined && known !== undefined) return { record, opening: known.opening, turns: known.turns }
    const token = textOf(listOf(fields)[7])
    const read = { opening: bytesOf(opening), turns: listOf(turns).map((turn) => readTurn(bytesOf(turn))) }
    this.#remembered.set(name, { ...read, token, version: record.version })
    return { record, ...read }
  }

  /** What it is now, if it was known what it was before. */
  #remember(name: string, { version, opening, turn, drop = 0 }: SessionChange, token: string): void {
    const before = this.#remembered.get(name)
    if (before?.version !== version) return
    const turns = [...before.turns.slice(drop), ...(turn === undefined ? [] : [turn])]
    this.#remembered.set(name, { token, version: version + 1, opening: opening ?? before.opening, turns })
  }
}

function sizeOf({ opening, turns }: Remembered): number {
  return turns.reduce((sum, { content }) => sum + content.length, opening.length + 1)
}

/** Without the colons that names of keys are put together with. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function namesOf({ tenant, id }: SessionKey): readonly [tenant: string, id: string] {
  return [encoded(tenant), encoded(id)]
}

function times({ now, ttl }: Use): readonly [now: number, expires: number] {
  return [now, now + ttl]
}

function writeTurn({ messages, bytes, content }: StoredTurn): Buffer {
  return Buffer.concat([Buffer.from(`${messages} ${bytes}\n`), content])
}

function readTurn(entry: Buffer): StoredTurn {
  const end = entry.indexOf('\n')
  const [messages, bytes] = entry.toString('latin1', 0, end).split(' ').map(Number)
  return { messages: messages ?? 0, bytes: bytes ?? 0, content: entry.subarray(end + 1) }
}

function recordOf(id: string, fields: readonly unknown[]): SessionRecord {
  const [created = 0, lastUsed = 0, expires = 0, version = 0, messages = 0, bytes = 0] = fields.slice(0, 6).map(whole)
  return { id, created, lastUsed, expires, version, messages, bytes, details: textOf(fields[6]) }
}

function listOf(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw unexpected('list')
  return reply
}

function bytesOf(reply: unknown): Buffer {
  if (!Buffer.isBuffer(reply)) throw unexpected('text')
  return reply
}

function textOf(reply: unknown): string {
  return bytesOf(reply).toString()
}

function whole(reply: unknown): number {
  const number = typeof reply === 'number' ? reply : Number(textOf(reply))
  if (!Number.isSafeInteger(number)) throw unexpected('number')
  return number
}

function unexpected(what: string): Error {
  return new Error(`Redis answered something else than a ${what}.`)
}
