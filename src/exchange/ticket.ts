import { canonicalBody } from '../cache/canonical-body.ts'
import { REQUEST_RULES } from '../cache/request-rules.ts'
import type { RequestRules } from '../cache/request-rules.ts'
import { streamKey } from '../cache/response-cache.ts'
import type { Envelope } from '../protocols/protocol.ts'
import type { Deployment } from '../providers/provider.ts'
import type { RouteDecision } from '../routing/route.ts'
import type { ClientRequest } from './client.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'

/** A request whose answer may be kept, and shared with those who ask the same. */
export interface CacheTicket {
  /** The name of its answer. */
  readonly key: string
  /** The same, for a form of the answer: as a stream. */
  readonly formKey: string
  /** The name of its call: what joins it gets these very bytes, in this form, at this client's patience. */
  readonly callKey: string
  /** Of the tenant's answers when it came. */
  readonly generation: number
  /** A whole answer says all that its stream would. */
  readonly replayable: boolean
  /** The name that its answer has when it comes from there; null for a stream, which is not kept: it would hold the request. */
  readonly keyFor: ((deployment: Deployment) => string) | null
}

/** What the client wants of the cache. */
export function wishOf({ headers }: ClientRequest): 'skip' | 'force' | null {
  const wish = headers['x-ucr-cache']
  return wish === 'skip' || wish === 'force' ? wish : null
}

/** Null: nothing about this request is kept or shared. `repeatable`: no custom router had a say in the decision. */
export function ticketFor(
  exchange: Exchange,
  decision: RouteDecision,
  repeatable: boolean,
  deps: ExchangeDependencies,
): CacheTicket | null {
  const { envelope, request } = exchange
  const [first] = decision.candidates
  const { settings } = deps.caches
  if (envelope === null || first === undefined) return null
  const wish = wishOf(request)
  if (wish === 'skip') exchange.cache = 'skip'
  if (wish === 'skip' || (settings.responses.mode === 'off' && !settings.coalesce)) return null
  const rules = REQUEST_RULES[request.protocol]
  if (wish === null && !isCacheable(envelope, rules, settings.responses.mode)) return null
  const body = canonicalBody(envelope.root, rules.delivery(envelope.root))
  const key = deps.caches.keys.of(fieldsOf(request, first.deployment, deps), body)
  const keyFor = envelope.stream ? null : namesOf(request, body, deps)
  const formKey = envelope.stream ? streamKey(key, envelope.includeUsage) : key
  if (repeatable) remember(exchange, decision, formKey, deps)
  const callKey = `${formKey} ${request.headers['x-stainless-timeout'] ?? ''}`
  const generation = deps.caches.generationOf(request.principal.tenant)
  return { key, formKey, callKey, generation, replayable: rules.isReplayable(envelope.root), keyFor }
}

/** Apart from the ticket, of which it would hold all. */
function namesOf(request: ClientRequest, body: string, deps: ExchangeDependencies): (deployment: Deployment) => string {
  return (deployment) => deps.caches.keys.of(fieldsOf(request, deployment, deps), body)
}

/** Whoever asks at temperature 0 wants the same answer each time, even of a model that takes no temperature. */
function isCacheable(
  { root, stream, traits }: Envelope,
  rules: RequestRules,
  mode: 'deterministic' | 'all' | 'off',
): boolean {
  const isAsked = (mode === 'all' && !stream) || rules.isDeterministic(root)
  return isAsked && !traits.webSearch && !rules.hasSideEffects(root)
}

/**
 * All that an answer depends on besides the body, as one text: who asks, who answers, and every header field that is sent
 * on or acted upon.
 */
export function fieldsOf(request: ClientRequest, deployment: Deployment, deps: ExchangeDependencies): string {
  const { protocol, path, query, headers, principal } = request
  const { provider } = deployment
  const fields = [principal.tenant, protocol, path, query, deployment.key, provider.origin, provider.basePath]
  for (const name of deps.protocols[protocol].passthrough.requestHeaders) addHeader(fields, headers, name)
  for (const prefix of provider.definition.forwardHeaders) addHeader(fields, headers, `${prefix}*`)
  addHeader(fields, headers, 'x-ucr-strict')
  // Tokens of one tenant may have different rules, and those of a key may change.
  if (principal.grant !== null) fields.push(...principal.grant.claudeTools)
  return JSON.stringify(fields)
}

function addHeader(fields: string[], headers: ClientRequest['headers'], pattern: string): void {
  if (!pattern.endsWith('*')) {
    const value = headers[pattern]
    if (value !== undefined) fields.push(pattern, value)
    return
  }
  const prefix = pattern.slice(0, -1)
  const names = Object.keys(headers).filter((name) => name.startsWith(prefix))
  for (const name of names.toSorted()) fields.push(name, headers[name] ?? '')
}

/** The fields of a request as it is recognised by: with what the client wants of the cache. */
export function recognitionOf(request: ClientRequest, deployment: Deployment, deps: ExchangeDependencies): string {
  return `${wishOf(request) ?? ''} ${fieldsOf(request, deployment, deps)}`
}

/**
 * Only what the router would decide again: not a draw, not a choice that a failure made, not what a custom router said,
 * which may look at anything.
 */
function remember(
  { request, envelope }: Exchange,
  { candidates, exclusions, warnings }: RouteDecision,
  key: string,
  deps: ExchangeDependencies,
): void {
  const [first] = candidates
  if (first === undefined || first.reason === 'weight' || exclusions.length > 0 || warnings.length > 0) return
  const { protocol, body, principal } = request
  deps.caches.recognised.remember(
    { tenant: principal.tenant, protocol, body },
    {
      kind: 'request',
      router: deps.router,
      deployment: first.deployment,
      fields: recognitionOf(request, first.deployment, deps),
      key,
      stream: envelope?.stream ?? false,
    },
  )
}
