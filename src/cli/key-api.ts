import { KeyRegistry } from '../admission/key-registry.ts'
import { openKeyStore } from '../composition/open-key-store.ts'
import { StateDatabase } from '../composition/state-database.ts'
import type { Config } from '../config/config.ts'
import { GatewayError } from '../lib/error.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { keyRoutes } from '../server/key-routes.ts'
import { ServerRouter } from '../server/router.ts'
import { callAdminApi, findAdminApi } from './admin-api.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'
import { loadForCommand } from './load.ts'
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
      const fix = { 404: '"ucr keys list" shows those that there are.' }
      return callAdminApi(admin, { method, path: `/keys${path}`, ...(body === undefined ? {} : { body }), fix })
    },
  }
}

function storeApi(surroundings: Surroundings, { keys }: Config): KeyApi {
  return {
    async call(method, path, body) {
      const database = new StateDatabase(await openStateFolder(surroundings))
      try {
        const store = await openKeyStore(database)
        const registry = new KeyRegistry({
          store: async () => store,
          isReserved: (name) => keys.some((key) => key.name === name),
          changed: async () => {},
          wallClock: () => Date.now(),
        })
        return await answered(
          new ServerRouter([], keyRoutes({ registry, configured: () => keys, wallClock: () => Date.now() })),
          method,
          path,
          body,
        )
      } catch (thrown) {
        if (thrown instanceof GatewayError && thrown.code !== 'internal') throw refused(thrown.status, thrown.message)
        throw thrown
      } finally {
        await database.close()
      }
    },
  }
}

async function answered(
  router: ServerRouter,
  method: Method,
  pathAndQuery: string,
  body: JsonValue | undefined,
): Promise<JsonValue> {
  const [path = '', query = ''] = `/admin/keys${pathAndQuery}`.split('?', 2)
  const match = router.find(method, path, {})
  if (match.kind !== 'plain') throw new Error(`${method} ${path} is no route`)
  const { params } = match
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  const answer = await match.route.answer({ id: '', path, query, params, headers: {}, body: bytes, principal: null })
  if ('stream' in answer) throw new Error(`${method} ${path} has no answer of JSON`)
  return parseJson(answer.body.toString())
}

function refused(status: number, message: string): Failure {
  return new Failure(message, status === 404 ? { fix: '"ucr keys list" shows those that there are.' } : {})
}
