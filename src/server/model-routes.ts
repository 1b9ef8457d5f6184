import type { Principal } from '../exchange/client.ts'
import type { JsonNode, JsonText } from '../lib/json.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRequest, PlainRoute } from './plain-route.ts'
import { bodyOf, invalid } from './json-body.ts'

/** Who asks what becomes of a request. */
export interface Asker {
  readonly id: string
  readonly principal: Principal
}

export interface ModelRoutesOptions {
  /** What the model takes that would answer under this name. Throws GatewayError `model_not_found`. */
  capabilities(model: string, asker: Asker): Promise<JsonText>
  /** Whether a request under this name would find somebody, and what else may be meant. */
  validate(model: string, asker: Asker): Promise<JsonText>
  /** What becomes of the parameters of a Chat request; of all there are, where the request has none. Throws GatewayError. */
  compatibility(body: JsonNode, asker: Asker): Promise<JsonText>
  /** For whoever needs no key where there are none. */
  readonly stranger: Principal
}

/** Questions about models and parameters that are answered by dry runs: no vendor is called. */
export function modelRoutes(options: ModelRoutesOptions): readonly PlainRoute[] {
  const asker = ({ id, principal }: PlainRequest): Asker => ({ id, principal: principal ?? options.stranger })
  return [
    {
      method: 'GET',
      path: '/v1/models/{id}/capabilities',
      access: 'key',
      answer: async (request) =>
        jsonAnswer(200, await options.capabilities(request.params['id'] ?? '', asker(request))),
    },
    {
      method: 'POST',
      path: '/v1/models/validate',
      access: 'key',
      answer: async (request) => jsonAnswer(200, await options.validate(modelIn(bodyOf(request)), asker(request))),
    },
    {
      method: 'POST',
      path: '/v1/compatibility',
      access: 'key',
      answer: async (request) => {
        const body = bodyOf(request)
        modelIn(body)
        return jsonAnswer(200, await options.compatibility(body, asker(request)))
      },
    },
  ]
}

function modelIn(body: JsonNode): string {
  const model = body.get('model')
  if (model?.string !== undefined && model.string !== '') return model.string
  throw invalid('model', model === undefined ? 'is missing' : 'must be a text')
}
