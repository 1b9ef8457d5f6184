import { KeyRegistry } from '../admission/key-registry.ts'
import { keyPlaceOf } from '../composition/open-key-store.ts'
import { StateDatabase } from '../composition/state-database.ts'
import type { Config } from '../config/config.ts'
import type { JsonValue } from '../lib/json.ts'
import { keyRoutes } from '../server/key-routes.ts'
import { callAdminApi, findAdminApi } from './admin-api.ts'
import type { Surroundings } from './command.ts'
import { loadForCommand } from './load.ts'
import { callRoutes } from './route-call.ts'
import { openStateFolder } from './state-folder.ts'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** The admin API for keys: that of a running gateway, or the same code on the store where none runs. */
export interface KeyApi {
  /** `path` is what follows `/admin/keys`. Throws `Failure` with what the API says. */
  call(method: Method, path: string, body?: JsonValue): Promise<JsonValue>
}

/**
 * A gateway that this user runs is asked, so that what is done is in force when the command ends. Otherwise the store is
 * changed, which the next one reads.
 */
export async function openKeyApi(surroundings: Surroundings, config: string | null): Promise<KeyApi> {
  const loaded = await loadForCommand(surroundings, config)
  const admin = await findAdminApi(surroundings, loaded.config)
  if (admin === null) return storeApi(surroundings, loaded.config)
  return {
    call: (method, path, body) => {
      const fix = { 404: MISSING }
      return callAdminApi(admin, { method, path: `/keys${path}`, ...(body === undefined ? {} : { body }), fix })
    },
  }
}

const MISSING = '"ucr keys list" shows those that there are.'

function storeApi(surroundings: Surroundings, config: Config): KeyApi {
  const { keys } = config
  return {
    async call(method, path, body) {
      const database = new StateDatabase(await openStateFolder(surroundings))
      const place = keyPlaceOf(config, database, null)
      try {
        const store = await place.open()
        const registry = new KeyRegistry({
          store: async () => store,
          isReserved: (name) => keys.some((key) => key.name === name),
          changed: async () => {},
          wallClock: () => Date.now(),
        })
        const routes = keyRoutes({ registry, configured: () => keys, wallClock: () => Date.now() })
        return await callRoutes(routes, { method, path: `/admin/keys${path}`, body, missing: MISSING })
      } finally {
        place.close()
        await database.close()
      }
    },
  }
}
