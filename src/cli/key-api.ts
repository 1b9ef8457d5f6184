import { KeyRegistry } from '../admission/key-registry.ts'
import { keyPlaceOf } from '../composition/open-key-store.ts'
import { StateDatabase } from '../composition/state-database.ts'
import { readAdminToken } from '../config/admin-token.ts'
import type { Config } from '../config/config.ts'
import { GatewayError } from '../lib/error.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { keyRoutes } from '../server/key-routes.ts'
import { ServerRouter } from '../server/router.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'
import { reachable } from './find-gateway.ts'
import { ask } from './http.ts'
import { loadForCommand } from './load.ts'
import { runningGateways } from './run-record.ts'
import { openStateFolder, stateFolder } from './state-folder.ts'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** The admin API for keys: that of a running gateway, or the same code on the store where none runs. */
export interface KeyApi {
  /** `path` is what follows `/admin/keys`. Throws `Failure` with what the API says. */
  call(method: Method, path: string, body?: JsonValue): Promise<JsonValue>
}

/** Milliseconds for one answer. */
const TIMEOUT = 10_000

/**
 * A gateway that this user runs is asked, so that what is done is in force when the command ends. Otherwise the store is
 * changed, which the next one reads.
 */
export async function openKeyApi(surroundings: Surroundings, config: string | null): Promise<KeyApi> {
  const loaded = await loadForCommand(surroundings, config)
  const token = surroundings.environment['UCR_ADMIN_TOKEN']?.trim() || (await readAdminToken(stateFolder(surroundings)))
  const records = await runningGateways(surroundings)
  const running = records.find(({ port }) => loaded.config.server.ports.includes(port)) ?? records[0]
  const [url] = running?.urls ?? []
  return url === undefined || token === null ? storeApi(surroundings, loaded.config) : httpApi(reachable(url), token)
}

function httpApi(url: string, token: string): KeyApi {
  return {
    async call(method, path, body) {
      const { status, json, text } = await ask({
        url: `${url}/admin/keys${path}`,
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : JSON_BODY) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeout: TIMEOUT,
      })
      if (status < 300 && json !== undefined) return json
      if (status === 401) throw new Failure(`The gateway at ${url} does not take this admin token.`, { fix: TOKEN_FIX })
      throw refused(status, messageOf(json) ?? text)
    },
  }
}

const JSON_BODY = { 'content-type': 'application/json' }

const TOKEN_FIX =
  'Put the token whose hash is in "auth.adminToken" into the variable UCR_ADMIN_TOKEN, or take the hash out of the config.'

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
        place.close()
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
  return parseJson(answer.body.toString())
}

function refused(status: number, message: string): Failure {
  return new Failure(message, status === 404 ? { fix: '"ucr keys list" shows those that there are.' } : {})
}

function messageOf(json: JsonValue | undefined): string | null {
  if (json === undefined || json === null || typeof json !== 'object' || Array.isArray(json)) return null
  const { error } = json
  if (error === undefined || error === null || typeof error !== 'object' || Array.isArray(error)) return null
  return typeof error['message'] === 'string' ? error['message'] : null
}
