import type { VirtualKey } from '../admission/virtual-key.ts'
import { openKeyStore } from '../composition/open-key-store.ts'
import { StateDatabase } from '../composition/state-database.ts'
import { stateFolder, type Person } from './state-folder.ts'

/** The keys that were made by `ucr keys` and the admin API. Null: there are some, maybe, and they cannot be read. */
export async function storedClientKeys(person: Person): Promise<readonly VirtualKey[] | null> {
  const database = new StateDatabase(stateFolder(person))
  try {
    return (await database.exists()) ? await (await openKeyStore(database)).list() : []
  } catch {
    return null
  } finally {
    await database.close()
  }
}
