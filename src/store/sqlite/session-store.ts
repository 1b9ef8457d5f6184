import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
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
import { inTransaction } from './database.ts'

/** Sessions. It takes milliseconds, for which every request waits. */
const SWEPT_AT_ONCE = 100

const COLUMNS = 'row, id, created, last_used, expires, version, details, messages, bytes'

const STATEMENTS = {
  insert: `INSERT INTO sessions (tenant, id, created, last_used, expires, version, details, opening, messages, bytes)
    VALUES (:tenant, :id, :now, :now, :expires, 1, :details, :opening, 0, 0)`,
  use: `UPDATE sessions SET last_used = :now, expires = :expires WHERE tenant = :tenant AND id = :id AND expires > :now
    RETURNING ${COLUMNS}, opening`,
  turns: 'SELECT messages, bytes, content FROM session_turns WHERE session = :row ORDER BY position',
  change: `UPDATE sessions SET version = version + 1, last_used = :now, expires = :expires,
    details = coalesce(:details, details), opening = coalesce(:opening, opening)
    WHERE tenant = :tenant AND id = :id AND expires > :now AND version = :version RETURNING row`,
  exists: 'SELECT row FROM sessions WHERE tenant = :tenant AND id = :id AND expires > :now',
  drop: `DELETE FROM session_turns WHERE session = :row AND position IN
    (SELECT position FROM session_turns WHERE session = :row ORDER BY position LIMIT :drop)`,
  addTurn: `INSERT INTO session_turns VALUES (:row,
    (SELECT coalesce(max(position), 0) + 1 FROM session_turns WHERE session = :row), :messages, :bytes, :content)`,
  measure: `UPDATE sessions SET (messages, bytes) =
    (SELECT coalesce(sum(messages), 0), coalesce(sum(bytes), 0) FROM session_turns WHERE session = :row)
    WHERE row = :row`,
  delete: 'DELETE FROM sessions WHERE tenant = :tenant AND id = :id RETURNING expires',
  list: `SELECT ${COLUMNS} FROM sessions WHERE tenant = :tenant AND expires > :now
    AND (created, id) < (:created, :id) ORDER BY created DESC, id DESC LIMIT :limit`,
  listAll: `SELECT ${COLUMNS}, tenant FROM sessions WHERE expires > :now AND (expires, tenant, id) < (:expires, :tenant, :id)
    ORDER BY expires DESC, tenant DESC, id DESC LIMIT :limit`,
  listed: 'SELECT count(*) AS total FROM sessions WHERE tenant = :tenant AND expires > :now',
  count: `SELECT count(*) AS total, count(*) FILTER (WHERE expires > :now) AS active,
    coalesce(sum(messages) FILTER (WHERE expires > :now), 0) AS messages,
    min(created) FILTER (WHERE expires > :now) AS oldest FROM sessions WHERE tenant = :tenant`,
  active: 'SELECT count(*) AS active FROM sessions WHERE expires > :now',
  hold: `INSERT INTO session_holds VALUES (:tenant, :id, :holder, :until) ON CONFLICT DO UPDATE
    SET holder = :holder, until = :until WHERE holder = :holder OR until <= :now`,
  release: 'DELETE FROM session_holds WHERE tenant = :tenant AND id = :id AND holder = :holder',
  sweepHolds: 'DELETE FROM session_holds WHERE until <= :now',
  total: 'SELECT coalesce(sum(sessions), 0) AS total FROM session_tenants',
  sweep: 'DELETE FROM sessions WHERE row IN (SELECT row FROM sessions WHERE expires <= :now LIMIT :most)',
  // Each look at a tenant's oldest use is one step in an index.
  evict: `DELETE FROM sessions WHERE row = (SELECT row FROM sessions WHERE tenant =
    (SELECT tenant FROM session_tenants t WHERE sessions = (SELECT max(sessions) FROM session_tenants)
    ORDER BY (SELECT min(last_used) FROM sessions s WHERE s.tenant = t.tenant) LIMIT 1)
    ORDER BY last_used, row LIMIT 1)`,
} as const

type Statements = { readonly [S in keyof typeof STATEMENTS]: StatementSync }
type Row = Record<string, SQLOutputValue>

/** Keeps sessions in the gateway's database file, where its other processes and its next start find them. */
export class SqliteSessionStore implements SessionStore {
  readonly isVolatile = false
  readonly #database: DatabaseSync
  readonly #statements: Statements

  /** The database stays its opener's to close. */
  constructor(database: DatabaseSync) {
    this.#database = database
    this.#statements = prepareAll(database)
  }

  async create(key: SessionKey, session: NewSession, use: Use, max: number): Promise<CreateResult> {
    return inTransaction(this.#database, () => {
      if (this.#rowOf(key, use.now) !== null) return { kind: 'exists' }
      this.#statements.delete.get({ ...key })
      const { details, opening } = session
      const row = this.#statements.insert.run({ ...key, ...times(use), details, opening }).lastInsertRowid
      for (const turn of session.turns) this.#statements.addTurn.run({ row, ...turn })
      this.#statements.measure.run({ row })
      if (this.#total() > max) this.#statements.sweep.run({ now: use.now, most: SWEPT_AT_ONCE })
      return { kind: 'created', evicted: this.#evictDownTo(max) }
    })
  }

  async read(key: SessionKey, use: Use): Promise<StoredSession | null> {
    return inTransaction(this.#database, () => {
      const found = this.#statements.use.get({ ...key, ...times(use) })
      if (found === undefined) return null
      const turns = this.#statements.turns.all({ row: whole(found, 'row') })
      return { record: recordOf(found), opening: bytesOf(found, 'opening'), turns: turns.map(turnOf) }
    })
  }

  async change(key: SessionKey, change: SessionChange, use: Use): Promise<ChangeResult> {
    const { version, details = null, opening = null, turn, drop = 0 } = change
    return inTransaction(this.#database, () => {
      const changed = this.#statements.change.get({ ...key, ...times(use), version, details, opening })
      if (changed === undefined) return this.#rowOf(key, use.now) === null ? 'absent' : 'conflict'
      const row = whole(changed, 'row')
      if (drop > 0) this.#statements.drop.run({ row, drop })
      if (turn !== undefined) this.#statements.addTurn.run({ row, ...turn })
      if (drop > 0 || turn !== undefined) this.#statements.measure.run({ row })
      return 'changed'
    })
  }

  async delete(key: SessionKey, now: number): Promise<boolean> {
    const deleted = this.#statements.delete.get({ ...key })
    return deleted !== undefined && whole(deleted, 'expires') > now
  }

  async list(tenant: string, { now, limit, after }: ListRequest): Promise<SessionPage> {
    const { created, id } = after ?? { created: Number.MAX_SAFE_INTEGER, id: '' }
    const rows = this.#statements.list.all({ tenant, now, limit, created, id })
    const listed = this.#statements.listed.get({ tenant, now }) ?? {}
    return { sessions: rows.map(recordOf), total: whole(listed, 'total') }
  }

  async listAll({ now, limit, after }: OwnedListRequest): Promise<readonly OwnedRecord[]> {
    const { expires, tenant, id } = after ?? { expires: Number.MAX_SAFE_INTEGER, tenant: '', id: '' }
    const rows = this.#statements.listAll.all({ now, limit, expires, tenant, id })
    return rows.map((row) => ({ ...recordOf(row), tenant: textOf(row, 'tenant') }))
  }

  async count(tenant: string, now: number): Promise<SessionCounts> {
    const row = this.#statements.count.get({ tenant, now }) ?? {}
    return {
      total: whole(row, 'total'),
      active: whole(row, 'active'),
      messages: whole(row, 'messages'),
      oldest: row['oldest'] === null ? null : whole(row, 'oldest'),
    }
  }

  async totals(now: number): Promise<SessionTotals> {
    return { total: this.#total(), active: whole(this.#statements.active.get({ now }) ?? {}, 'active') }
  }

  async hold(key: SessionKey, holder: string, { now, ttl }: Use): Promise<boolean> {
    return this.#statements.hold.run({ ...key, holder, now, until: now + ttl }).changes === 1
  }

  async release(key: SessionKey, holder: string): Promise<void> {
    this.#statements.release.run({ ...key, holder })
  }

  async sweep(now: number): Promise<number> {
    this.#statements.sweepHolds.run({ now })
    for (let swept = 0; ;) {
      const { changes } = this.#statements.sweep.run({ now, most: SWEPT_AT_ONCE })
      swept += Number(changes)
      if (Number(changes) < SWEPT_AT_ONCE) return swept
      await nextTurn()
    }
  }

  async evict(count: number): Promise<number> {
    return inTransaction(this.#database, () => this.#evictDownTo(Math.max(0, this.#total() - count)))
  }

  async close(): Promise<void> {}

  #rowOf(key: SessionKey, now: number): number | null {
    const found = this.#statements.exists.get({ ...key, now })
    return found === undefined ? null : whole(found, 'row')
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

function prepareAll(database: DatabaseSync): Statements {
  const prepare = (name: keyof typeof STATEMENTS): StatementSync => database.prepare(STATEMENTS[name])
  return {
    insert: prepare('insert'),
    use: prepare('use'),
    turns: prepare('turns'),
    change: prepare('change'),
    exists: prepare('exists'),
    drop: prepare('drop'),
    addTurn: prepare('addTurn'),
    measure: prepare('measure'),
    delete: prepare('delete'),
    list: prepare('list'),
    listAll: prepare('listAll'),
    listed: prepare('listed'),
    count: prepare('count'),
    active: prepare('active'),
    hold: prepare('hold'),
    release: prepare('release'),
    sweepHolds: prepare('sweepHolds'),
    total: prepare('total'),
    sweep: prepare('sweep'),
    evict: prepare('evict'),
  }
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
  return { messages: whole(row, 'messages'), bytes: whole(row, 'bytes'), content: bytesOf(row, 'content') }
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
