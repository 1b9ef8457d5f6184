import { GatewayError } from '../lib/error.ts'
import type { ListedModel } from '../protocols/protocol.ts'
import type { RoutableModel } from '../routing/route.ts'
import type { ClientRequest } from './client.ts'
import type { ExchangeDependencies } from './dependencies.ts'

/** The models that this client can ask for, in the shape that it speaks. */
export function listModels(request: ClientRequest, deps: ExchangeDependencies): string {
  const { protocol, principal, query } = request
  const { caches, router } = deps
  // Tokens of one tenant may see different models, and a key others than before.
  const allowed = JSON.stringify(principal.grant?.models ?? [])
  const key = caches.keys.digest(['models', principal.tenant, allowed, protocol, query], '')
  const kept = caches.warm.get(key)
  if (kept?.kind === 'model-list' && kept.router === router) return kept.body
  const models = usable(request, deps).map((model) => listed(model))
  const body = deps.protocols[protocol].client.encodeModelList(models, query)
  caches.warm.set(key, { kind: 'model-list', body, router })
  return body
}

/** Throws GatewayError `model_not_found`. */
export function getModel(request: ClientRequest, deps: ExchangeDependencies): string {
  const { client } = deps.protocols[request.protocol]
  const id = request.params['id'] ?? ''
  const model = usable(request, deps).find((candidate) => candidate.id === id)
  if (model === undefined) throw new GatewayError('model_not_found', `No model is called ${JSON.stringify(id)}.`)
  return client.encodeModel(listed(model))
}

function usable({ principal }: ClientRequest, { router, mayUse }: ExchangeDependencies): readonly RoutableModel[] {
  return router.models().filter(({ id }) => mayUse(principal, id))
}

function listed({ id, deployment }: RoutableModel): ListedModel {
  const { capabilities, provider } = deployment
  return {
    id,
    displayName: id,
    ownedBy: provider.id,
    // Vendors' dates are not ours to invent; the epoch says "unknown" in both protocols' types.
    created: 0,
    contextWindow: capabilities.contextWindow,
    maxOutputTokens: capabilities.maxOutputTokens,
    capabilities,
  }
}
