import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../store/sqlite/database.ts'

/** The gateway's database file, opened when something is first kept in it, and once for all who do. */
export class StateDatabase {
  readonly #folder: string | undefined
  #opened: Promise<DatabaseSync> | null = null

  /** Without a folder nothing may be kept in files. */
  constructor(folder: string | undefined) {
    this.#folder = folder
  }

  /** Null where there is to be none. Rejects where it cannot be used. */
  open(): Promise<DatabaseSync | null> {
    if (this.#folder === undefined) return Promise.resolve(null)
    this.#opened ??= openIn(this.#folder)
    return this.#opened
  }

  async close(): Promise<void> {
    const database = await this.#opened?.catch(() => null)
    if (database?.isOpen === true) database.close()
  }
}

async function openIn(folder: string): Promise<DatabaseSync> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return openDatabase(join(folder, 'ucr.db'))
}
