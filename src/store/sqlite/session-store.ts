import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
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
import { sessionStatements, SWEPT_AT_ONCE } from './session-statements.ts'
import type { SessionStatements } from './session-statements.ts'
import type { Row } from './statements.ts'
import { Transactions } from './transactions.ts'
import type { FileTrouble } from './transactions.ts'

/** A use that moves a session's end by less than this part of its time costs more to note than it is worth. */
const WORTH_NOTING = 1 / 60

/** Keeps sessions in the gateway's database file, where its other processes and its next start find them. */
export class SqliteSessionStore implements SessionStore {
  readonly isVolatile = false
  readonly #transactions: Transactions
  readonly #statements: SessionStatements

  /** The database stays its opener's to close. */
  constructor(database: DatabaseSync, trouble?: FileTrouble) {
    this.#transactions = new Transactions(database, { what: 'Sessions', ...(trouble !== undefined && { trouble }) })
    this.#statements = sessionStatements(database)
  }

  create(key: SessionKey, session: NewSession, use: Use, max: number): Promise<CreateResult> {
    return this.#transactions.whole((): CreateResult => {
      const number = this.#insert(key, session, use)
      if (number === null) return { kind: 'exists' }
      this.#statements.setOpening.run({ number, opening: session.opening })
      for (const turn of session.turns) this.#statements.addTurn.run({ number, ...turn })
      if (this.#total() <= max) return { kind: 'created', evicted: 0 }
      this.#deleteOver(use.now)
      return { kind: 'created', evicted: this.#evictDownTo(max) }
    })
  }

  async read(key: SessionKey, use: Use): Promise<StoredSession | null> {
    const found = await this.look(key, use.now)
    if (found === null || !isWorthNoting(found.record.expires, use)) return found
    await this.#transactions.run(() => this.#statements.use.run({ ...key, ...times(use) }))
    return { ...found, record: { ...found.record, lastUsed: use.now, expires: use.now + use.ttl } }
  }

  look(key: SessionKey, now: number): Promise<StoredSession | null> {
    return this.#transactions.run(() => {
      const [opening, ...turns] = this.#statements.read.all({ ...key, now })
      if (opening === undefined) return null
      return { record: recordOf(opening), opening: bytesOf(opening, 'content'), turns: turns.map(turnOf) }
    })
  }

  change(key: SessionKey, change: SessionChange, use: Use): Promise<ChangeResult> {
    const { version, details = null, opening, turn, drop = 0, holder = null } = change
    const { messages, bytes } = turn ?? NOTHING
    return this.#transactions.whole(() => {
      const { change: update, use: note, setOpening, addTurn } = this.#statements
      const changed = update.get({ ...key, now: use.now, version, details, messages, bytes, holder })
      if (changed === undefined) return this.#whyNot(key, version, use.now)
      const number = whole(changed, 'number')
      if (isWorthNoting(whole(changed, 'expires'), use)) note.run({ ...key, ...times(use) })
      if (drop > 0) this.#drop(key, number, drop)
      if (turn !== undefined) addTurn.run({ number, ...turn })
      if (opening !== undefined) setOpening.run({ number, opening })
      return 'changed'
    })
  }

  delete(key: SessionKey, now: number): Promise<boolean> {
    return this.#transactions.run(() => {
      const deleted = this.#statements.delete.get({ ...key })
      return deleted !== undefined && whole(deleted, 'expires') > now
    })
  }

  list(tenant: string, { now, limit, after }: ListRequest): Promise<SessionPage> {
    const { created, id } = after ?? { created: Number.MAX_SAFE_INTEGER, id: '' }
    return this.#transactions.run(() => {
      const rows = this.#statements.list.all({ tenant, now, limit, created, id })
      const listed = this.#statements.listed.get({ tenant, now }) ?? {}
      return { sessions: rows.map(recordOf), total: whole(listed, 'total') }
    })
  }

  listAll({ now, limit, after }: OwnedListRequest): Promise<readonly OwnedRecord[]> {
    const { expires, tenant, id } = after ?? { expires: Number.MAX_SAFE_INTEGER, tenant: '', id: '' }
    return this.#transactions.run(() => {
      const rows = this.#statements.listAll.all({ now, limit, expires, tenant, id })
      return rows.map((row) => ({ ...recordOf(row), tenant: textOf(row, 'tenant') }))
    })
  }

  count(tenant: string, now: number): Promise<SessionCounts> {
    return this.#transactions.run(() => {
      const row = this.#statements.count.get({ tenant, now }) ?? {}
      return {
        total: whole(row, 'total'),
        active: whole(row, 'active'),
        messages: whole(row, 'messages'),
        oldest: row['oldest'] === null ? null : whole(row, 'oldest'),
      }
    })
  }

  totals(now: number): Promise<SessionTotals> {
    return this.#transactions.run(() => ({
      total: this.#total(),
      active: whole(this.#statements.active.get({ now }) ?? {}, 'active'),
    }))
  }

  hold(key: SessionKey, holder: string, { now, ttl }: Use): Promise<boolean> {
    return this.#transactions.run(
      () => this.#statements.hold.run({ ...key, holder, now, until: now + ttl }).changes === 1,
    )
  }

  async release(key: SessionKey, holder: string): Promise<void> {
    await this.#transactions.run(() => this.#statements.release.run({ ...key, holder }))
  }

  async sweep(now: number): Promise<number> {
    for (let swept = 0; ;) {
      const gone = await this.#transactions.view(() => {
        if (this.#statements.isHoldOver.get({ now }) !== undefined) this.#statements.sweepHolds.run({ now })
        return this.#deleteOver(now)
      })
      swept += gone
      if (gone < SWEPT_AT_ONCE) return swept
      await nextTurn()
    }
  }

  evict(count: number): Promise<number> {
    return this.#transactions.whole(() => this.#evictDownTo(Math.max(0, this.#total() - count)))
  }

  async close(): Promise<void> {}

  /** The number of its turns; null where there is one of that name. One whose time is over makes room for it. */
  #insert(key: SessionKey, { details, turns }: NewSession, use: Use): number | null {
    const values = { ...key, ...times(use), details, ...sumOf(turns) }
    let inserted = this.#statements.insert.get(values)
    if (inserted === undefined && this.#statements.deleteOver.run({ ...key, now: use.now }).changes > 0) {
      inserted = this.#statements.insert.get(values)
    }
    return inserted === undefined ? null : whole(inserted, 'number')
  }

  /** Some of those whose time is over; how many. Found first: one statement that finds and deletes takes twice as long. */
  #deleteOver(now: number): number {
    const over = this.#statements.over.all({ now })
    for (const { tenant = null, id = null } of over) this.#statements.deleteOver.run({ tenant, id, now })
    return over.length
  }

  /** Of a change that was not made. */
  #whyNot(key: SessionKey, version: number, now: number): ChangeResult {
    const present = this.#statements.version.get({ ...key, now })
    if (present === undefined) return 'absent'
    return whole(present, 'version') === version ? 'held' : 'conflict'
  }

  #drop(key: SessionKey, number: number, drop: number): void {
    const gone = this.#statements.drop.all({ number, drop })
    const sum = sumOf(gone.map((row) => ({ messages: whole(row, 'messages'), bytes: whole(row, 'bytes') })))
    this.#statements.shrink.run({ ...key, ...sum })
  }

  #total(): number {
    return whole(this.#statements.total.get() ?? {}, 'total')
  }

  #evictDownTo(max: number): number {
    let evicted = 0
    for (let total = this.#total(); total > max; total--) {
      this.#statements.evict.run()
      evicted++
    }
    return evicted
  }
}

type Size = Pick<StoredTurn, 'messages' | 'bytes'>

const NOTHING: Size = { messages: 0, bytes: 0 }

function sumOf(turns: readonly Size[]): Size {
  return turns.reduce(
    (sum, { messages, bytes }) => ({ messages: sum.messages + messages, bytes: sum.bytes + bytes }),
    NOTHING,
  )
}

function isWorthNoting(expires: number, { now, ttl }: Use): boolean {
  return Math.abs(now + ttl - expires) >= ttl * WORTH_NOTING
}

function times({ now, ttl }: Use): { readonly now: number; readonly expires: number } {
  return { now, expires: now + ttl }
}

function recordOf(row: Row): SessionRecord {
  return {
    id: textOf(row, 'id'),
    created: whole(row, 'created'),
    lastUsed: whole(row, 'last_used'),
    expires: whole(row, 'expires'),
    version: whole(row, 'version'),
    details: textOf(row, 'details'),
    messages: whole(row, 'messages'),
    bytes: whole(row, 'bytes'),
  }
}

function turnOf(row: Row): StoredTurn {
  return { messages: whole(row, 'turn_messages'), bytes: whole(row, 'turn_bytes'), content: bytesOf(row, 'content') }
}

function whole(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new Error(`The database has no number in ${column}.`)
  return value
}

function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`The database has no text in ${column}.`)
  return value
}

function bytesOf(row: Row, column: string): Buffer {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new Error(`The database has no bytes in ${column}.`)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
