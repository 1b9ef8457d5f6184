import type { Post } from '../alerts/destination.ts'
import { Alerting } from '../composition/alerting.ts'
import { postOver } from '../composition/post-over.ts'
import { createLog } from '../observe/log.ts'
import { createHttpTransport } from '../upstream/http.ts'
import { openAdminApi } from './admin-api.ts'
import type { AdminApi } from './admin-api.ts'
import type { Surroundings } from './command.ts'
import { VERSION } from './version.ts'

/** The admin API for alerts. Where no gateway runs, no rule is broken, and tests are sent from here. */
export function openAlertApi(surroundings: Surroundings, config: string | null): Promise<AdminApi> {
  const { error } = surroundings.terminal
  return openAdminApi(surroundings, config, {
    path: '/admin/alerts',
    missing: '"ucr alerts list" shows those that there are.',
    async routes(database, loaded) {
      const destination = { write: (text: string) => error.write(text) }
      const alerting = new Alerting({
        config: loaded,
        database,
        poster: { post, close: () => {} },
        log: createLog({ level: 'info', pretty: true, colors: error.colours, file: null, destination }),
        version: VERSION,
        measure: () => Promise.reject(new Error('no gateway runs')),
        leads: () => false,
      })
      return alerting.routes
    },
  })
}

const post: Post = async (url, headers, body) => {
  const transport = await createHttpTransport({})
  try {
    return await postOver(transport).post(url, headers, body)
  } finally {
    await transport.close()
  }
}
