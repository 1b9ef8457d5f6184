import type { VirtualKey } from '../admission/virtual-key.ts'
import { keyPlaceOf } from '../composition/open-key-store.ts'
import type { KeyPlaceConfig } from '../composition/open-key-store.ts'
import { StateDatabase } from '../composition/state-database.ts'
import { stateFolder, type Person } from './state-folder.ts'

/** The keys that were made by `ucr keys` and the admin API. Null: there are some, maybe, and they cannot be read. */
export async function storedClientKeys(config: KeyPlaceConfig, person: Person): Promise<readonly VirtualKey[] | null> {
  const database = new StateDatabase(stateFolder(person))
  const place = keyPlaceOf(config, database, null)
  try {
    return (await place.exists()) ? await (await place.open()).list() : []
  } catch {
    return null
  } finally {
    place.close()
    await database.close()
  }
}
