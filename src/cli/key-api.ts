import { KeyRegistry } from '../admission/key-registry.ts'
import { openKeyStore } from '../composition/open-key-store.ts'
import { keyRoutes } from '../server/key-routes.ts'
import { openAdminApi } from './admin-api.ts'
import type { AdminApi, AdminPart } from './admin-api.ts'
import type { Surroundings } from './command.ts'

/** The admin API for keys. */
export function openKeyApi(surroundings: Surroundings, config: string | null): Promise<AdminApi> {
  return openAdminApi(surroundings, config, KEYS)
}

const KEYS: AdminPart = {
  path: '/admin/keys',
  missing: '"ucr keys list" shows those that there are.',
  async routes(database, { keys }) {
    const store = await openKeyStore(database)
    const registry = new KeyRegistry({
      store: async () => store,
      isReserved: (name) => keys.some((key) => key.name === name),
      changed: async () => {},
      wallClock: () => Date.now(),
    })
    return keyRoutes({ registry, configured: () => keys, wallClock: () => Date.now() })
  },
}
