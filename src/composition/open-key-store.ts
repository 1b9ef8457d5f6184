import type { KeyStore } from '../admission/key-store.ts'
import { MemoryKeyStore } from '../store/memory/key-store.ts'
import { SqliteKeyStore } from '../store/sqlite/key-store.ts'
import type { StateDatabase } from './state-database.ts'

/** Where there is to be no file, keys last as long as the process. Rejects where the file cannot be used. */
export async function openKeyStore(database: StateDatabase): Promise<KeyStore> {
  const opened = await database.open()
  return opened === null ? new MemoryKeyStore() : new SqliteKeyStore(opened)
}
