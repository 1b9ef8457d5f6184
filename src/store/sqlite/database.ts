import { closeSync, constants, fchmodSync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { MIGRATIONS } from './migrations.ts'

/** Milliseconds for which opening waits for another process, and between two tries. */
const PATIENCE = 5000
const PAUSE = 20
/** KiB of pages that this process remembers: all sessions of a gateway of the usual size. */
const REMEMBERED = 8192
/** Pages of its log that SQLite brings into the file at once, for which it waits for the disk twice, however many they are. */
const LOGGED = 2000

/**
 * Opens the gateway's database file, makes it where there is none, and brings its tables up to date. Several processes may
 * have it open. What was written survives the end of the process, however it ends; the machine's may take the last moment.
 * Throws where the file cannot be used, or was written by a newer version.
 */
export async function openDatabase(path: string): Promise<DatabaseSync> {
  makePrivate(path)
  // Loaded here only: a gateway that keeps nothing in a file needs no database.
  const { DatabaseSync } = await import('node:sqlite')
  for (const start = performance.now(); ;) {
    // A statement that waited for another process would keep this one from everything else.
    const database = new DatabaseSync(path, { timeout: 0 })
    try {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${REMEMBERED};
        PRAGMA wal_autocheckpoint = ${LOGGED}`)
      migrate(database)
      return database
    } catch (error) {
      database.close()
      if (!isBusy(error) || performance.now() - start > PATIENCE) throw error
    }
    await delay(PAUSE)
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
  database.exec('BEGIN IMMEDIATE')
  const present = Number(version.get()?.['user_version'])
  if (present > MIGRATIONS.length) throw new Error('The database was written by a newer version of ucr.')
  for (const migration of MIGRATIONS.slice(present)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}
