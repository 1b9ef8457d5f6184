import { access } from 'node:fs/promises'
import type { VirtualKey } from '../admission/virtual-key.ts'
import { databaseIn, openKeyStore } from '../composition/open-key-store.ts'
import { stateFolder, type Person } from './state-folder.ts'

/** The keys that were made by `ucr keys` and the admin API. Null: there are some, maybe, and they cannot be read. */
export async function storedClientKeys(person: Person): Promise<readonly VirtualKey[] | null> {
  const folder = stateFolder(person)
  try {
    await access(databaseIn(folder))
  } catch {
    // Also where it must not be looked at: whoever may not read the folder runs no gateway with it.
    return []
  }
  try {
    const { store, close } = await openKeyStore(folder)
    try {
      return await store.list()
    } finally {
      close()
    }
  } catch {
    return null
  }
}
