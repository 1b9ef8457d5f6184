import type { DatabaseSync } from 'node:sqlite'
import type { RuleStore, StoredRule } from '../../alerts/rule-store.ts'
import { prepareAll } from './statements.ts'
import type { Row, Statements } from './statements.ts'
import { Transactions } from './transactions.ts'

const STATEMENTS = {
  list: 'SELECT * FROM alert_rules ORDER BY created, id',
  add: `INSERT INTO alert_rules
      (id, name, metric, operator, warning, critical, window, cooldown, hysteresis, min_requests, created)
    VALUES (:id, :name, :metric, :operator, :warning, :critical, :window, :cooldown, :hysteresis, :minRequests, :createdAt)
    ON CONFLICT (name) DO NOTHING`,
  remove: 'DELETE FROM alert_rules WHERE id = :id',
} as const

/** Keeps alert rules in the gateway's database file, where its other processes and its next start find them. */
export class SqliteRuleStore implements RuleStore {
  readonly #transactions: Transactions
  readonly #statements: Statements<keyof typeof STATEMENTS>

  /** The database stays its opener's to close. */
  constructor(database: DatabaseSync) {
    this.#transactions = new Transactions(database, { what: 'Alert rules' })
    this.#statements = prepareAll(database, STATEMENTS)
  }

  list(): Promise<readonly StoredRule[]> {
    return this.#transactions.run(() => this.#statements.list.all().map(ruleOf))
  }

  add(rule: StoredRule): Promise<boolean> {
    return this.#transactions.run(() => this.#statements.add.run({ ...rule }).changes > 0)
  }

  remove(id: string): Promise<boolean> {
    return this.#transactions.run(() => this.#statements.remove.run({ id }).changes > 0)
  }
}

function ruleOf(row: Row): StoredRule {
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    metric: textOf(row, 'metric'),
    operator: row['operator'] === 'below' ? 'below' : 'above',
    warning: thresholdOf(row, 'warning'),
    critical: thresholdOf(row, 'critical'),
    window: Number(row['window']),
    cooldown: Number(row['cooldown']),
    hysteresis: Number(row['hysteresis']),
    minRequests: Number(row['min_requests']),
    createdAt: Number(row['created']),
  }
}

function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`The database has no text in ${column}.`)
  return value
}

function thresholdOf(row: Row, column: string): number | null {
  const value = row[column]
  return typeof value === 'number' ? value : null
}
