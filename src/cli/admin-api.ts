import { readAdminToken } from '../config/admin-token.ts'
import type { Config } from '../config/config.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'
import { reachable } from './find-gateway.ts'
import { ask } from './http.ts'
import type { HttpQuestion } from './http.ts'
import type { OwnCertificate } from './own-certificate.ts'
import { runningGateways } from './run-record.ts'
import { stateFolder } from './state-folder.ts'

/** Where the admin API of a running gateway is, and what opens it. */
export interface AdminApi {
  /** `http://127.0.0.1:3000`. */
  readonly url: string
  readonly token: string
  /** What it has to show; null: it speaks plain HTTP. */
  readonly certificate: OwnCertificate | null
}

export interface AdminCall {
  readonly method: NonNullable<HttpQuestion['method']>
  /** Behind `/admin`. */
  readonly path: string
  readonly body?: JsonValue
  /** Milliseconds. */
  readonly timeout?: number
  /** What to do where the API answers with this status. */
  readonly fix?: Readonly<Record<number, string>>
}

/** Milliseconds for one answer. */
const TIMEOUT = 10_000

/** That of a gateway which this user runs: on a port of the config, else the first one. Null where none runs. */
export async function findAdminApi(surroundings: Surroundings, { server }: Config): Promise<AdminApi | null> {
  const token = surroundings.environment['UCR_ADMIN_TOKEN']?.trim() || (await readAdminToken(stateFolder(surroundings)))
  const records = await runningGateways(surroundings)
  const running = records.find(({ port }) => server.ports.includes(port)) ?? records[0]
  const [url] = running?.urls ?? []
  if (url === undefined || token === null) return null
  return { url: reachable(url), token, certificate: running?.certificate ?? null }
}

/** Throws `Failure` with what the API says. */
export async function callAdminApi(
  { url, token, certificate }: AdminApi,
  { method, path, body, timeout = TIMEOUT, fix = {} }: AdminCall,
): Promise<JsonValue> {
  const { status, json, text } = await ask({
    url: `${url}/admin${path}`,
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : JSON_BODY) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeout,
    certificate,
  })
  if (status < 300 && json !== undefined) return json
  if (status === 401) throw new Failure(`The gateway at ${url} does not take this admin token.`, { fix: TOKEN_FIX })
  const hint = fix[status]
  throw new Failure(messageOf(json) ?? text, hint === undefined ? {} : { fix: hint })
}

const JSON_BODY = { 'content-type': 'application/json' }

const TOKEN_FIX =
  'Put the token whose hash is in "auth.adminToken" into the variable UCR_ADMIN_TOKEN, or take the hash out of the config.'

function messageOf(json: JsonValue | undefined): string | null {
  if (json === undefined || json === null || typeof json !== 'object' || Array.isArray(json)) return null
  const { error } = json
  if (error === undefined || error === null || typeof error !== 'object' || Array.isArray(error)) return null
  return typeof error['message'] === 'string' ? error['message'] : null
}
