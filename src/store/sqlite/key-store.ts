import type { DatabaseSync } from 'node:sqlite'
import type { KeyChangeResult, KeyChanges, KeyStore } from '../../admission/key-store.ts'
import type { KeySecret, VirtualKey } from '../../admission/virtual-key.ts'
import { parseJson } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { KeyWitness } from './key-witness.ts'
import { prepareAll } from './statements.ts'
import type { Row, Statements } from './statements.ts'
import { Transactions } from './transactions.ts'

const STATEMENTS = {
  list: 'SELECT * FROM keys ORDER BY created, id',
  changed: 'SELECT * FROM keys WHERE version > :since',
  get: 'SELECT * FROM keys WHERE id = :id',
  named: 'SELECT * FROM keys WHERE name = :name AND revoked IS NULL',
  taken: 'SELECT id FROM keys WHERE name = :name AND revoked IS NULL AND id <> :id',
  put: `INSERT INTO keys (id, name, tenant, owner, models, routes, rate_max, rate_window, claude_tools, expires,
      disabled, metadata, created, revoked, version)
    VALUES (:id, :name, :tenant, :owner, :models, :routes, :rateMax, :rateWindow, :claudeTools, :expires,
      :disabled, :metadata, :created, :revoked, (SELECT version FROM keys_version))
    ON CONFLICT (id) DO UPDATE SET name = :name, tenant = :tenant, owner = :owner, models = :models, routes = :routes,
      rate_max = :rateMax, rate_window = :rateWindow, claude_tools = :claudeTools, expires = :expires,
      disabled = :disabled, metadata = :metadata, created = :created, revoked = :revoked, version = (SELECT version FROM keys_version)`,
  remove: 'DELETE FROM keys WHERE id = :id',
  allSecrets: 'SELECT key, hash, hint, created, expires FROM key_secrets ORDER BY position',
  secrets: 'SELECT hash, hint, created, expires FROM key_secrets WHERE key = :id ORDER BY position',
  dropSecrets: 'DELETE FROM key_secrets WHERE key = :id',
  addSecret: `INSERT INTO key_secrets (hash, key, position, hint, created, expires)
    VALUES (:hash, :id, :position, :hint, :created, :expires)`,
  version: 'SELECT version, removed FROM keys_version',
  nextVersion: 'UPDATE keys_version SET version = version + 1',
  checkpoint: 'PRAGMA wal_checkpoint(PASSIVE)',
  noteRemoval: 'UPDATE keys_version SET removed = version',
} as const

/** Keeps keys in the gateway's database file, where its other processes and its next start find them. */
export class SqliteKeyStore implements KeyStore {
  readonly #transactions: Transactions
  readonly #statements: Statements<keyof typeof STATEMENTS>
  readonly #witness: KeyWitness

  /** The database stays its opener's to close. Throws where it is damaged, or where there have been keys in another one. */
  constructor(database: DatabaseSync) {
    refuseDamaged(database)
    this.#transactions = new Transactions(database, { what: 'Keys' })
    this.#statements = prepareAll(database, STATEMENTS)
    this.#witness = new KeyWitness(database.location() ?? '')
    if (this.#version() > 0) this.#witness.write()
    else if (this.#witness.isThere)
      throw new Error(`The keys that were kept are gone; ${this.#witness.path} says more.`)
  }

  list(): Promise<readonly VirtualKey[]> {
    return this.#transactions.view(() => this.#all())
  }

  get(id: string): Promise<VirtualKey | null> {
    return this.#transactions.view(() => this.#get(id))
  }

  named(name: string): Promise<VirtualKey | null> {
    return this.#transactions.view(() => {
      const row = this.#statements.named.get({ name })
      return row === undefined ? null : this.#withSecrets(row)
    })
  }

  add(key: VirtualKey): Promise<boolean> {
    this.#witness.write()
    return this.#written(() => {
      if (this.#isTaken(key)) return false
      this.#put(key)
      return true
    })
  }

  change(id: string, change: (key: VirtualKey) => VirtualKey): Promise<KeyChangeResult> {
    return this.#written((): KeyChangeResult => {
      const before = this.#get(id)
      if (before === null) return { kind: 'missing' }
      const key = change(before)
      if (this.#isTaken(key)) return { kind: 'name-taken' }
      this.#put(key)
      return { kind: 'changed', key }
    })
  }

  remove(id: string): Promise<boolean> {
    return this.#written(() => {
      this.#statements.nextVersion.run()
      this.#statements.noteRemoval.run()
      return this.#statements.remove.run({ id }).changes > 0
    })
  }

  changes(since: number | null): Promise<KeyChanges> {
    return this.#transactions.view(() => this.#changes(since))
  }

  /** Into the database itself: who loses its log must not get a key back that was revoked. */
  async #written<T>(step: () => T): Promise<T> {
    const result = await this.#transactions.whole(step)
    this.#statements.checkpoint.get()
    return result
  }

  #version(): number {
    return numberOf(this.#statements.version.get() ?? {}, 'version') ?? 0
  }

  #changes(since: number | null): KeyChanges {
    const row = this.#statements.version.get() ?? {}
    const [version, removed] = [numberOf(row, 'version') ?? 0, numberOf(row, 'removed') ?? 0]
    if (since === version) return { version, keys: [], isAll: false }
    // A greater one is of another file that was here before.
    if (since === null || since < removed || since > version) return { version, keys: this.#all(), isAll: true }
    const rows = this.#statements.changed.all({ since })
    return { version, keys: rows.map((changed) => this.#withSecrets(changed)), isAll: false }
  }

  #all(): readonly VirtualKey[] {
    const secrets = Map.groupBy(this.#statements.allSecrets.all(), (row) => textOf(row, 'key'))
    return this.#statements.list.all().map((row) => keyOf(row, secrets.get(textOf(row, 'id')) ?? []))
  }

  #get(id: string): VirtualKey | null {
    const row = this.#statements.get.get({ id })
    return row === undefined ? null : this.#withSecrets(row)
  }

  #withSecrets(row: Row): VirtualKey {
    return keyOf(row, this.#statements.secrets.all({ id: textOf(row, 'id') }))
  }

  #isTaken({ id, name, revokedAt }: VirtualKey): boolean {
    return revokedAt === null && this.#statements.taken.get({ id, name }) !== undefined
  }

  #put(key: VirtualKey): void {
    const { id, name, tenant, owner, models, routes, rateLimit, expiresAt, disabled, metadata, createdAt } = key
    this.#statements.nextVersion.run()
    this.#statements.put.run({
      id,
      name,
      tenant,
      owner,
      models: models === null ? null : JSON.stringify(models),
      routes: routes === null ? null : JSON.stringify(routes),
      rateMax: rateLimit?.max ?? null,
      rateWindow: rateLimit?.timeWindow ?? null,
      claudeTools: JSON.stringify(key.claudeTools),
      expires: expiresAt,
      disabled: disabled ? 1 : 0,
      metadata: JSON.stringify(metadata),
      created: createdAt,
      revoked: key.revokedAt,
    })
    this.#statements.dropSecrets.run({ id })
    for (const [position, secret] of key.secrets.entries()) {
      const { hash, hint, createdAt: created, expiresAt: expires } = secret
      this.#statements.addSecret.run({ hash, id, position, hint, created, expires })
    }
  }
}

/** Looks at the tables of keys alone: of all that is kept it would take long. */
function refuseDamaged(database: DatabaseSync): void {
  for (const table of ['keys', 'key_secrets', 'keys_version']) {
    const found = database
      .prepare(`PRAGMA quick_check(${table})`)
      .all()
      .map(({ quick_check: text }) => text)
    if (found.length !== 1 || found[0] !== 'ok') throw new Error(`The database is damaged: ${found.join('; ')}`)
  }
}

function keyOf(row: Row, secrets: readonly Row[]): VirtualKey {
  const [max, timeWindow] = [numberOf(row, 'rate_max'), numberOf(row, 'rate_window')]
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    tenant: textOf(row, 'tenant'),
    owner: row['owner'] === null ? null : textOf(row, 'owner'),
    models: listOf(row, 'models'),
    routes: listOf(row, 'routes'),
    rateLimit: max === null || timeWindow === null ? null : { max, timeWindow },
    claudeTools: listOf(row, 'claude_tools') ?? [],
    expiresAt: numberOf(row, 'expires'),
    disabled: numberOf(row, 'disabled') !== 0,
    metadata: textsOf(row, 'metadata'),
    secrets: secrets.map(secretOf),
    createdAt: numberOf(row, 'created') ?? 0,
    revokedAt: numberOf(row, 'revoked'),
  }
}

function secretOf(row: Row): KeySecret {
  return {
    hash: textOf(row, 'hash'),
    hint: textOf(row, 'hint'),
    createdAt: numberOf(row, 'created') ?? 0,
    expiresAt: numberOf(row, 'expires'),
  }
}

function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`The database has no text in ${column}.`)
  return value
}

function numberOf(row: Row, column: string): number | null {
  const value = row[column]
  return typeof value === 'number' ? value : null
}

function jsonOf(row: Row, column: string): JsonValue {
  return row[column] === null ? null : parseJson(textOf(row, column))
}

/** A list that cannot be read allows nothing. */
function listOf(row: Row, column: string): readonly string[] | null {
  const value = jsonOf(row, column)
  if (value === null) return null
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function textsOf(row: Row, column: string): Readonly<Record<string, string>> {
  const value = jsonOf(row, column)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  )
}
