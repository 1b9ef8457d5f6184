import { StateDatabase } from '../composition/state-database.ts'
import { readAdminToken } from '../config/admin-token.ts'
import type { Config } from '../config/config.ts'
import { GatewayError } from '../lib/error.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import { ServerRouter } from '../server/router.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'
import { reachable } from './find-gateway.ts'
import { ask } from './http.ts'
import { loadForCommand } from './load.ts'
import { runningGateways } from './run-record.ts'
import { openStateFolder, stateFolder } from './state-folder.ts'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** A part of the admin API: that of a running gateway, or the same code on the store where none runs. */
export interface AdminApi {
  /** `path` is what follows the part's own path. Throws `Failure` with what the API says. */
  call(method: Method, path: string, body?: JsonValue): Promise<JsonValue>
}

/** Which part. */
export interface AdminPart {
  /** `/admin/keys` */
  readonly path: string
  /** The routes of a gateway that does not run. */
  readonly routes: (database: StateDatabase, config: Config) => Promise<readonly PlainRoute[]>
  /** What to do where something is not there. */
  readonly missing: string
}

/** Milliseconds for one answer. */
const TIMEOUT = 15_000

/**
 * A gateway that this user runs is asked, so that what is done is in force when the command ends. Otherwise the store is
 * changed, which the next one reads.
 */
export async function openAdminApi(
  surroundings: Surroundings,
  config: string | null,
  part: AdminPart,
): Promise<AdminApi> {
  const loaded = await loadForCommand(surroundings, config)
  const token = surroundings.environment['UCR_ADMIN_TOKEN']?.trim() || (await readAdminToken(stateFolder(surroundings)))
  const records = await runningGateways(surroundings)
  const running = records.find(({ port }) => loaded.config.server.ports.includes(port)) ?? records[0]
  const [url] = running?.urls ?? []
  if (url !== undefined && token !== null) return httpApi(reachable(url), token, part)
  return storeApi(surroundings, loaded.config, part)
}

function httpApi(url: string, token: string, part: AdminPart): AdminApi {
  return {
    async call(method, path, body) {
      const { status, json, text } = await ask({
        url: `${url}${part.path}${path}`,
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : JSON_BODY) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeout: TIMEOUT,
      })
      if (status < 300 && json !== undefined) return json
      if (status === 401) throw new Failure(`The gateway at ${url} does not take this admin token.`, { fix: TOKEN_FIX })
      throw refused(status, messageOf(json) ?? text, part)
    },
  }
}

const JSON_BODY = { 'content-type': 'application/json' }

const TOKEN_FIX =
  'Put the token whose hash is in "auth.adminToken" into the variable UCR_ADMIN_TOKEN, or take the hash out of the config.'

function storeApi(surroundings: Surroundings, config: Config, part: AdminPart): AdminApi {
  return {
    async call(method, path, body) {
      const database = new StateDatabase(await openStateFolder(surroundings))
      try {
        const router = new ServerRouter([], await part.routes(database, config))
        return await answered(router, method, `${part.path}${path}`, body)
      } catch (thrown) {
        if (thrown instanceof GatewayError && thrown.code !== 'internal') {
          throw refused(thrown.status, thrown.message, part)
        }
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
  const [path = '', query = ''] = pathAndQuery.split('?', 2)
  const match = router.find(method, path, {})
  if (match.kind !== 'plain') throw new Error(`${method} ${path} is no route`)
  const { params } = match
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  const answer = await match.route.answer({ id: '', path, query, params, headers: {}, body: bytes, principal: null })
  return parseJson(answer.body.toString())
}

function refused(status: number, message: string, { missing }: AdminPart): Failure {
  return new Failure(message, status === 404 ? { fix: missing } : {})
}

function messageOf(json: JsonValue | undefined): string | null {
  if (json === undefined || json === null || typeof json !== 'object' || Array.isArray(json)) return null
  const { error } = json
  if (error === undefined || error === null || typeof error !== 'object' || Array.isArray(error)) return null
  return typeof error['message'] === 'string' ? error['message'] : null
}
