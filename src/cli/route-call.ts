import { GatewayError } from '../lib/error.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import { ServerRouter } from '../server/router.ts'
import { Failure } from './failure.ts'

export interface RouteCall {
  readonly method: PlainRoute['method']
  /** With query. */
  readonly path: string
  readonly body?: JsonValue | undefined
  /** What to do where something is not there. */
  readonly missing: string
}

/** What a gateway would answer that does not run, by the same code. Throws `Failure` with what it would say. */
export async function callRoutes(
  routes: readonly PlainRoute[],
  { method, path: pathAndQuery, body, missing }: RouteCall,
): Promise<JsonValue> {
  const [path = '', query = ''] = pathAndQuery.split('?', 2)
  const match = new ServerRouter([], routes).find(method, path, {})
  if (match.kind !== 'plain') throw new Error(`${method} ${path} is no route`)
  const { params } = match
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  try {
    const answer = await match.route.answer({ id: '', path, query, params, headers: {}, body: bytes, principal: null })
    if ('stream' in answer) throw new Error(`${method} ${path} has no answer of JSON`)
    return parseJson(answer.body.toString())
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.code === 'internal') throw thrown
    throw new Failure(thrown.message, thrown.status === 404 ? { fix: missing } : {})
  }
}
