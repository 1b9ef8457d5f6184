import type { Headers } from '../lib/headers.ts'
import type { RepairedRequest } from '../protocols/protocol.ts'
import type { Timeouts } from '../providers/provider.ts'
import type { UpstreamRequest } from '../upstream/transport.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { Discretion } from './discretion.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'
import { mergeHeaders, upstreamHeaders } from './upstream-headers.ts'

export interface ConfidentialRequest {
  readonly request: UpstreamRequest
  /** What of it nobody but the vendor may learn. */
  readonly discretion: Discretion
}

/**
 * The plan as a request to its vendor; a promise only where its credential has to be fetched. Throws, or rejects, where
 * none is to be had: with GatewayError, or with what went wrong while it was fetched.
 */
export function confidentialRequest(
  exchange: Exchange,
  plan: Plan,
  stream: boolean,
  deps: ExchangeDependencies,
  repaired: RepairedRequest | null,
): ConfidentialRequest | Promise<ConfidentialRequest> {
  const signed = (fields: Fields): ConfidentialRequest => signedRequest(exchange, plan, stream, deps, repaired, fields)
  const fields = plan.deployment.provider.credential?.headers() ?? NO_FIELDS
  return fields instanceof Promise ? fields.then(signed) : signed(fields)
}

type Fields = Readonly<Record<string, string>>
const NO_FIELDS: Fields = {}
const NO_NAMES: readonly string[] = []

function signedRequest(
  { request }: Exchange,
  plan: Plan,
  stream: boolean,
  deps: ExchangeDependencies,
  repaired: RepairedRequest | null,
  credential: Fields,
): ConfidentialRequest {
  const { provider } = plan.deployment
  const sameProtocol = plan.endpoint.protocol === request.protocol
  const forwarded = sameProtocol ? deps.protocols[request.protocol].passthrough.requestHeaders : NO_NAMES
  const headers = upstreamHeaders(request.headers, provider, forwarded, plan.headers, stream)
  if (repaired !== null) mergeHeaders(headers, repaired.headers)
  Object.assign(headers, credential)
  const query = sameProtocol ? withoutCredentials(request.query) : ''
  return {
    request: {
      origin: provider.origin,
      method: 'POST',
      path: `${provider.basePath}${plan.endpoint.path}${query === '' ? '' : `?${query}`}`,
      headers,
      body: repaired?.body ?? plan.body,
      tenant: request.principal.tenant,
      claudeTools: request.principal.grant === null ? null : request.principal.grant.claudeTools,
      timeouts: callTimeouts(provider.timeouts, request.headers, stream),
    },
    discretion: new Discretion(credential, provider.headers),
  }
}

/** Some clients put their key into the URL; it is ours, not the vendor's. */
function withoutCredentials(query: string): string {
  if (query === '') return query
  return query
    .split('&')
    .filter((pair) => !/^(?:key|api[-_]?key|access_token)=/i.test(pair))
    .join('&')
}

/** SDKs say how long they will wait; waiting longer for the first byte helps nobody. */
function callTimeouts(timeouts: Timeouts, headers: Headers, stream: boolean): UpstreamRequest['timeouts'] {
  const firstByte = Math.min(firstByteLimit(timeouts, stream), patienceOf(headers))
  const { connect, idle, total } = timeouts
  return { connect, firstByte: Number.isFinite(firstByte) ? firstByte : 0, idle, total }
}

/** Does the client wait for a shorter time than the config would? */
export function isImpatient(headers: Headers, timeouts: Timeouts, stream: boolean): boolean {
  return patienceOf(headers) < firstByteLimit(timeouts, stream)
}

function firstByteLimit({ firstByte, wholeAnswer }: Timeouts, stream: boolean): number {
  return (stream ? firstByte : wholeAnswer) || Infinity
}

/** Milliseconds that the client waits, as far as it says so. */
function patienceOf(headers: Headers): number {
  const field = headers['x-stainless-timeout']
  if (field === undefined) return Infinity
  const seconds = Number(field)
  return seconds > 0 ? seconds * 1000 : Infinity
}
