import type { Post } from '../alerts/destination.ts'
import { Alerting } from '../composition/alerting.ts'
import { postOver } from '../composition/post-over.ts'
import { StateDatabase } from '../composition/state-database.ts'
import type { Config } from '../config/config.ts'
import type { JsonValue } from '../lib/json.ts'
import { createLog } from '../observe/log.ts'
import { createHttpTransport } from '../upstream/http.ts'
import { callAdminApi, findAdminApi } from './admin-api.ts'
import type { Surroundings } from './command.ts'
import { loadForCommand } from './load.ts'
import { callRoutes } from './route-call.ts'
import { openStateFolder } from './state-folder.ts'
import { VERSION } from './version.ts'

type Method = 'GET' | 'POST' | 'DELETE'

/** The admin API for alerts: that of a running gateway, or the same code on the store where none runs. */
export interface AlertApi {
  /** `path` is what follows `/admin/alerts`. Throws `Failure` with what the API says. */
  call(method: Method, path: string, body?: JsonValue): Promise<JsonValue>
}

const MISSING = '"ucr alerts list" shows those that there are.'
/** Milliseconds: a test waits for whatever the slowest destination says. */
const TIMEOUT = 15_000

/** Where no gateway runs no rule is broken, and tests are sent from here. */
export async function openAlertApi(surroundings: Surroundings, config: string | null): Promise<AlertApi> {
  const loaded = await loadForCommand(surroundings, config)
  const admin = await findAdminApi(surroundings, loaded.config)
  if (admin === null) return storeApi(surroundings, loaded.config)
  return {
    call: (method, path, body) => {
      const call = { method, path: `/alerts${path}`, timeout: TIMEOUT, fix: { 404: MISSING } }
      return callAdminApi(admin, { ...call, ...(body === undefined ? {} : { body }) })
    },
  }
}

function storeApi(surroundings: Surroundings, config: Config): AlertApi {
  const { error } = surroundings.terminal
  const destination = { write: (text: string) => error.write(text) }
  return {
    async call(method, path, body) {
      const database = new StateDatabase(await openStateFolder(surroundings))
      try {
        const { routes } = new Alerting({
          config,
          database,
          poster: { post, close: () => {} },
          log: createLog({ level: 'info', pretty: true, colors: error.colours, file: null, destination }),
          version: VERSION,
          measure: () => Promise.reject(new Error('no gateway runs')),
          leads: () => false,
        })
        return await callRoutes(routes, { method, path: `/admin/alerts${path}`, body, missing: MISSING })
      } finally {
        await database.close()
      }
    },
  }
}

const post: Post = async (url, headers, body) => {
  const transport = await createHttpTransport({})
  try {
    return await postOver(transport).post(url, headers, body)
  } finally {
    await transport.close()
  }
}
