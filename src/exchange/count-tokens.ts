import { canonicalBody } from '../cache/canonical-body.ts'
import { LossList } from '../canonical/loss.ts'
import { GatewayError } from '../lib/error.ts'
import type { Deployment } from '../providers/provider.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import { decodeRequest } from './plan.ts'
import { collect } from './collect.ts'
import { route } from './route.ts'
import { applySplices } from './splices.ts'
import { fieldsOf } from './ticket.ts'
import { upstreamHeaders } from './upstream-headers.ts'

const NO_NAMES: ReadonlySet<string> = new Set()

/**
 * How many input tokens a request would cost: the vendor's own count where it has one for the client's protocol, else a
 * tokenizer's. Returns the reply's body.
 */
export async function countTokens(exchange: Exchange, deps: ExchangeDependencies): Promise<string> {
  const { client } = deps.protocols[exchange.request.protocol]
  if (client.encodeTokenCount === null) {
    throw new GatewayError('not_supported', 'This protocol has no token counting.', { shouldRetry: false })
  }
  const decision = await route(exchange, deps)
  const [first] = decision.candidates
  if (first === undefined) throw new GatewayError('no_candidate', 'No deployment can take this request now.')
  exchange.deployment = first.deployment
  const key = keyOf(exchange, first.deployment, deps)
  const kept = deps.caches.warm.get(key)
  const count = kept?.kind === 'token-count' ? kept.count : await freshCount(exchange, first.deployment, key, deps)
  return client.encodeTokenCount(count)
}

/** Everything that a count depends on, as for answers. */
function keyOf({ envelope, request }: Exchange, deployment: Deployment, deps: ExchangeDependencies): string {
  const body = envelope === null ? '' : canonicalBody(envelope.root, NO_NAMES)
  return deps.caches.keys.of(`["tokens"]${fieldsOf(request, deployment, deps)}`, body)
}

async function freshCount(
  exchange: Exchange,
  deployment: Deployment,
  key: string,
  deps: ExchangeDependencies,
): Promise<number> {
  const exact = await upstreamCount(exchange, deps)
  const count = exact ?? (await deps.countTokens(decodeRequest(exchange, deps, new LossList()), deployment))
  // A guess in place of a vendor that did not answer is not the last word.
  if (exact !== null || exchange.attempts === 0) deps.caches.warm.set(key, { kind: 'token-count', count })
  return count
}

/** Null when the vendor has no count for this protocol, or does not answer: a tokenizer's count is then better than none. */
async function upstreamCount(exchange: Exchange, deps: ExchangeDependencies): Promise<number | null> {
  const { deployment, envelope, request } = exchange
  if (deployment === null || envelope === null) return null
  const { provider, model, capabilities } = deployment
  const endpoint = provider.endpoints.find(({ protocol }) => protocol === request.protocol)
  const protocol = deps.protocols[request.protocol]
  if (endpoint === undefined || endpoint.countPath === null || protocol.upstream.decodeTokenCount === null) return null
  const edits = protocol.passthrough.edits(envelope, { model, capabilities }, endpoint.dialect)
  if (edits === null) return null
  const headers = upstreamHeaders(request.headers, provider, protocol.passthrough.requestHeaders, {}, false)
  if (provider.credential !== null) Object.assign(headers, await provider.credential.headers())
  exchange.attempts++
  const answer = await collect(
    deps.transport,
    {
      origin: provider.origin,
      method: 'POST',
      path: `${provider.basePath}${endpoint.countPath}`,
      headers,
      body: applySplices(envelope.body, edits),
      timeouts: provider.timeouts,
    },
    exchange,
  )
  if (answer?.status !== 200) return null
  try {
    return protocol.upstream.decodeTokenCount(answer.body.toString('utf8'))
  } catch (thrown) {
    if (thrown instanceof GatewayError) return null
    throw thrown
  }
}
