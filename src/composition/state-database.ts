import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../store/sqlite/database.ts'
import { KeyWitness } from '../store/sqlite/key-witness.ts'

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
    this.#opened ??= openIn(this.#folder).catch((error: unknown) => {
      // Whoever needs it next tries again.
      this.#opened = null
      throw error
    })
    return this.#opened
  }

  /** Is there anything that was kept? False only where there surely is not. */
  async exists(): Promise<boolean> {
    if (this.#opened !== null) return true
    if (this.#folder === undefined) return false
    try {
      await access(databaseIn(this.#folder))
      return true
    } catch (error) {
      return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
    }
  }

  /** Have there been keys in it? They may be gone with the file. */
  hasHadKeys(): boolean {
    return this.#folder !== undefined && new KeyWitness(databaseIn(this.#folder)).isThere
  }

  async close(): Promise<void> {
    const database = await this.#opened?.catch(() => null)
    if (database?.isOpen === true) database.close()
  }
}

async function openIn(folder: string): Promise<DatabaseSync> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return openDatabase(databaseIn(folder))
}

function databaseIn(folder: string): string {
  return join(folder, 'ucr.db')
}
