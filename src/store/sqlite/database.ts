import { closeSync, constants, fchmodSync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { MIGRATIONS } from './migrations.ts'

/** Milliseconds that a statement waits for another process of this gateway to finish its own. */
const BUSY_TIMEOUT = 5000
const OPEN_TRIES = 50

/**
 * Opens the gateway's database file, makes it where there is none, and brings its tables up to date. Several processes may
 * have it open. What was written survives the end of the process, however it ends; the machine's may take the last moment.
 * Throws where the file cannot be used, or was written by a newer version.
 */
export async function openDatabase(path: string): Promise<DatabaseSync> {
  makePrivate(path)
  // Loaded here only: a gateway that keeps nothing in a file needs no database.
  const { DatabaseSync } = await import('node:sqlite')
  for (let tries = 1; ; tries++) {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      migrate(database)
      return database
    } catch (error) {
      database.close()
      // To begin with its log SQLite wants the file for itself, and waits for nobody.
      if (!isBusy(error) || tries === OPEN_TRIES) throw error
    }
    await delay(20)
  }
}

/** All of it or nothing. Nobody else writes meanwhile. */
export function inTransaction<T>(database: DatabaseSync, step: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = step()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** For its owner only, as are the files that SQLite puts beside it. A symbolic link is refused. */
function makePrivate(path: string): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600)
  try {
    fchmodSync(file, 0o600)
  } finally {
    closeSync(file)
  }
}

function migrate(database: DatabaseSync): void {
  const version = database.prepare('PRAGMA user_version')
  if (version.get()?.['user_version'] === MIGRATIONS.length) return
  inTransaction(database, () => {
    const present = Number(version.get()?.['user_version'])
    if (present > MIGRATIONS.length) throw new Error('The database was written by a newer version of ucr.')
    for (const migration of MIGRATIONS.slice(present)) database.exec(migration)
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
  })
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}
