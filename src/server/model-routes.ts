import type { Principal } from '../exchange/client.ts'
import type { JsonText, JsonValue } from '../lib/json.ts'
import { operationRoute } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRequest, PlainRoute } from './plain-route.ts'

/** Who asks what becomes of a request. */
export interface Asker {
  readonly id: string
  readonly principal: Principal
}

/** A request of Chat Completions, of which only the model has to be there. */
export interface ChatQuestion {
  readonly model: string
  readonly [parameter: string]: JsonValue
}

export interface ModelRoutesOptions {
  /** What the model takes that would answer under this name. Throws GatewayError `model_not_found`. */
  capabilities(model: string, asker: Asker): Promise<JsonText>
  /** Whether a request under this name would find somebody, and what else may be meant. */
  validate(model: string, asker: Asker): Promise<JsonText>
  /** What becomes of the parameters of a Chat request; of all there are, where the request has none. Throws GatewayError. */
  compatibility(question: ChatQuestion, asker: Asker): Promise<JsonText>
  /** For whoever needs no key where there are none. */
  readonly stranger: Principal
}

/** Questions about models and parameters that are answered by dry runs: no vendor is called. */
export function modelRoutes(options: ModelRoutesOptions): readonly PlainRoute[] {
  const asker = ({ id, principal }: PlainRequest): Asker => ({ id, principal: principal ?? options.stranger })
  const load = () => import('./operations/models.ts')
  return [
    operationRoute(
      'GET',
      '/v1/models/{id}/capabilities',
      'key',
      async () => (await load()).CAPABILITIES,
      async (_, request) => jsonAnswer(200, await options.capabilities(request.params['id'] ?? '', asker(request))),
    ),
    operationRoute(
      'POST',
      '/v1/models/validate',
      'key',
      async () => (await load()).VALIDATE,
      async ({ body }, request) => jsonAnswer(200, await options.validate(body.model, asker(request))),
    ),
    operationRoute(
      'POST',
      '/v1/compatibility',
      'key',
      async () => (await load()).COMPATIBILITY,
      async ({ body }, request) => jsonAnswer(200, await options.compatibility(body, asker(request))),
    ),
  ]
}
