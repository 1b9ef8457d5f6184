import type { DatabaseSync } from 'node:sqlite'
import type { KeptReasoning, ReasoningBounds, ReasoningStore, ReasoningUse } from '../../reasoning/reasoning-store.ts'
import { prepareAll } from './statements.ts'
import type { Statements } from './statements.ts'
import { Transactions } from './transactions.ts'

/** It takes time, for which every request waits. */
const SWEPT_AT_ONCE = 20

const STATEMENTS = {
  put: `INSERT OR REPLACE INTO reasoning (name, expires, bytes, content) VALUES (:name, :expires, :bytes, :content)`,
  has: 'SELECT 1 FROM reasoning WHERE name = :name',
  drop: 'DELETE FROM reasoning WHERE name = :name',
  sweep: `DELETE FROM reasoning WHERE name IN
    (SELECT name FROM reasoning WHERE expires <= :now LIMIT ${SWEPT_AT_ONCE})`,
  totals: 'SELECT entries, bytes FROM reasoning_totals',
  evict: 'DELETE FROM reasoning WHERE name = (SELECT name FROM reasoning ORDER BY expires LIMIT 1)',
  find: `SELECT name, expires, content FROM reasoning
    WHERE name IN (SELECT value FROM json_each(:names)) AND expires > :now`,
  extend: 'UPDATE reasoning SET expires = :expires WHERE name IN (SELECT value FROM json_each(:names))',
} as const

/** Keeps reasoning in the gateway's database file, where its other processes and its next start find it. */
export class SqliteReasoningStore implements ReasoningStore {
  readonly #transactions: Transactions
  readonly #statements: Statements<keyof typeof STATEMENTS>

  /** The database stays its opener's to close. */
  constructor(database: DatabaseSync) {
    this.#transactions = new Transactions(database, { what: 'Reasoning' })
    this.#statements = prepareAll(database, STATEMENTS)
  }

  prepare(): void {}

  /** Done when this returns, unless another process is writing just then. */
  put({ name, content }: KeptReasoning, { now, ttl }: ReasoningUse, { max, maxBytes }: ReasoningBounds): Promise<void> {
    const { put, drop, sweep, evict } = this.#statements
    return this.#transactions.whole(() => {
      // A row that is replaced would not be counted as gone.
      drop.run({ name })
      put.run({ name, expires: now + ttl, bytes: content.length, content })
      sweep.run({ now })
      for (let totals = this.#totals(); totals.entries > max || totals.bytes > maxBytes; totals = this.#totals()) {
        if (evict.run().changes === 0) return
      }
    })
  }

  async drop(name: string): Promise<void> {
    // A deletion waits for all who write, also one of nothing.
    if (this.#statements.has.get({ name }) === undefined) return
    await this.#transactions.run(() => this.#statements.drop.run({ name }))
  }

  find(names: readonly string[], { now, ttl }: ReasoningUse): ReadonlyMap<string, Buffer> {
    const found = new Map<string, Buffer>()
    const ending: string[] = []
    for (const { name, expires, content } of this.#statements.find.all({ names: JSON.stringify(names), now })) {
      if (typeof name !== 'string' || typeof expires !== 'number' || !(content instanceof Uint8Array)) continue
      found.set(name, Buffer.from(content.buffer, content.byteOffset, content.byteLength))
      if (expires < now + ttl / 2) ending.push(name)
    }
    if (ending.length > 0) this.#extend(ending, now + ttl)
    return found
  }

  /** Nobody waits for that; where it cannot be done they end a little earlier. */
  #extend(names: readonly string[], expires: number): void {
    const extend = (): unknown => this.#statements.extend.run({ names: JSON.stringify(names), expires })
    this.#transactions.run(extend).catch(() => {})
  }

  close(): void {}

  #totals(): { readonly entries: number; readonly bytes: number } {
    const row = this.#statements.totals.get() ?? {}
    return { entries: Number(row['entries']), bytes: Number(row['bytes']) }
  }
}
