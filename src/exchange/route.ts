import { GatewayError } from '../lib/error.ts'
import { parseJson } from '../lib/json.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { Envelope } from '../protocols/protocol.ts'
import type { RouteDecision } from '../routing/route.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'

/** Bytes. A name that is cut out of a shorter request keeps little. */
const WORTH_COPYING = 2048

/**
 * Looks at the request and asks the router: the part that a dry run and a real run share. A promise only where the router
 * gives one: a request that need not wait does not.
 */
export function route(
  exchange: Exchange,
  deps: ExchangeDependencies,
  dryRun = false,
): RouteDecision | Promise<RouteDecision> {
  const envelope = exchange.envelope ?? peek(exchange, deps)
  if (!deps.mayUse(exchange.request.principal, envelope.model)) throw forbidden(envelope.model)
  const decision = deps.router.route({
    model: envelope.model,
    tenant: exchange.request.principal.tenant,
    protocol: exchange.request.protocol,
    traits: envelope.traits,
    tokenCount: deps.estimateTokens(envelope.traits),
    headers: exchange.request.headers,
    body: () => parseJson(exchange.request.body.toString('utf8')),
    dryRun,
  })
  if (decision instanceof Promise) return decision.then((late) => decided(exchange, late, deps))
  return decided(exchange, decision, deps)
}

function decided(exchange: Exchange, decision: RouteDecision, deps: ExchangeDependencies): RouteDecision {
  exchange.decision = decision
  const { tracer } = deps.observer
  if (tracer.on.route) {
    tracer.write('route', exchange.request.id, 'decided', {
      model: exchange.envelope?.model ?? '',
      reason: decision.reason,
      candidates: decision.candidates.map(({ deployment }) => deployment.key).join(', '),
    })
  }
  for (const warning of decision.warnings) deps.observer.warn(exchange.request.id, warning)
  return decision
}

function forbidden(model: string): GatewayError {
  return new GatewayError('forbidden', `This API key may not use the model ${JSON.stringify(model)}.`, {
    param: 'model',
  })
}

/** Reads from the request's bytes what it is about. Throws GatewayError. */
export function peek(exchange: Exchange, deps: ExchangeDependencies): Envelope {
  const { request } = exchange
  const { operation, path, query, headers, body } = request
  const target = { operation, path, query, headers }
  const envelope = deps.protocols[request.protocol].peek(body, target, { maxDepth: deps.settings.maxDepth })
  // The name is said in the answer, and kept as long as that takes.
  exchange.envelope = body.length < WORTH_COPYING ? envelope : { ...envelope, model: ownCopy(envelope.model) }
  return exchange.envelope
}
