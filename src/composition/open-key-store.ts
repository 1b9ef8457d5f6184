import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyStore } from '../admission/key-store.ts'
import { openDatabase } from '../store/sqlite/database.ts'
import { SqliteKeyStore } from '../store/sqlite/key-store.ts'

export interface OpenKeyStore {
  readonly store: KeyStore
  close(): void
}

/** The file that all gateways of one state folder keep their keys in. */
export function databaseIn(folder: string): string {
  return join(folder, 'ucr.db')
}

/** Throws where the file cannot be used. */
export async function openKeyStore(folder: string): Promise<OpenKeyStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const database = await openDatabase(databaseIn(folder))
  return { store: new SqliteKeyStore(database), close: () => database.close() }
}
