import { hashKey } from '../admission/keys.ts'
import { readAdminToken } from '../config/admin-token.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'
import { findGateway } from './find-gateway.ts'
import { loadForCommand } from './load.ts'
import { stateFolder } from './state-folder.ts'

export interface DashboardLink {
  /** `http://127.0.0.1:3000/dashboard`. */
  readonly url: string
  /** The same, which signs in by itself; null where the token is not known here. */
  readonly signingIn: string | null
}

/** Where the dashboard of the gateway is that runs. Throws `Failure` where none runs. */
export async function dashboardLink(surroundings: Surroundings): Promise<DashboardLink> {
  const gateway = await findGateway(surroundings)
  if (!gateway.running) throw new Failure('No gateway is running.', { fix: 'Start one: ucr start' })
  const url = `${gateway.url}/dashboard`
  const token = await knownToken(surroundings)
  // Behind the #, so that it is sent to nobody and stands in no log.
  return { url, signingIn: token === null ? null : `${url}#token=${encodeURIComponent(token)}` }
}

async function knownToken(surroundings: Surroundings): Promise<string | null> {
  const { config } = await loadForCommand(surroundings, null)
  const hash = config.auth.adminToken
  if (hash === null) return readAdminToken(stateFolder(surroundings))
  const token = surroundings.environment['UCR_ADMIN_TOKEN']?.trim() ?? ''
  return hashKey(token) === hash ? token : null
}
