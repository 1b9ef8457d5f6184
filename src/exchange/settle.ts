import { toGatewayError } from '../lib/error.ts'
import type { GatewayError } from '../lib/error.ts'
import type { Verbatim } from './attempt.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import type { GenerateResult, StreamTail } from './generate.ts'
import { decisionHeaders } from './reply-headers.ts'

/** Ends the reply as the result says and reports the exchange. */
export function settle(exchange: Exchange, result: GenerateResult, deps: ExchangeDependencies): void {
  if (result.kind === 'complete') complete(exchange, deps)
  else if (result.kind === 'client-closed') closed(exchange, deps)
  else fail(exchange, result.error, result.relay, result.verbatim, deps)
}

/** What was thrown, as a failure that nobody has seen anything of yet. A bug is reported as one. */
export function failureOf(thrown: unknown, exchange: Exchange, deps: ExchangeDependencies): GenerateResult {
  const error = toGatewayError(thrown)
  if (error.code === 'internal') deps.observer.error(exchange.request.id, 'handling a request', error.cause ?? thrown)
  return { kind: 'failed', error, relay: null, verbatim: null }
}

export function complete(exchange: Exchange, deps: ExchangeDependencies): void {
  if (!exchange.reply.closed) exchange.reply.end()
  if (exchange.plan !== null && exchange.attempts > 0) deps.plans.count(exchange.plan)
  deps.observer.exchange(exchange.record('complete', null, deps.now()))
}

/** Nobody waits for the answer any more: the client left, or the server is shutting down. */
export function closed(exchange: Exchange, deps: ExchangeDependencies): void {
  const { cutBy } = exchange.reply
  if (exchange.httpStatus === 0) exchange.httpStatus = cutBy?.status ?? 499
  deps.observer.exchange(exchange.record(cutBy === null ? 'client_closed' : 'failed', cutBy, deps.now()))
}

/** The failure in the client's protocol: a status while nothing was sent, the stream's last event afterwards. */
function fail(
  exchange: Exchange,
  error: GatewayError,
  relay: StreamTail | null,
  verbatim: Verbatim | null,
  deps: ExchangeDependencies,
): void {
  const { reply, request } = exchange
  const { client } = deps.protocols[request.protocol]
  const context = { requestId: request.id }
  if (exchange.aborted || reply.closed) return closed(exchange, deps)
  if (!reply.committed) {
    const encoded = { ...client.encodeError(error, context), ...verbatim }
    exchange.httpStatus = encoded.status
    exchange.replyBytes = Buffer.byteLength(encoded.body)
    reply.head(encoded.status, {
      'content-type': 'application/json',
      'content-length': String(exchange.replyBytes),
      ...encoded.headers,
      ...decisionHeaders(exchange),
      'x-ucr-error': error.code,
    })
    reply.end(encoded.body)
  } else if (relay !== null && deps.settings.streamFailure === 'error') {
    relay.end(client.encodeStreamError(error, context))
  } else {
    relay?.close()
    reply.destroy()
  }
  const status =
    error.code === 'upstream_truncated' ? 'upstream_truncated' : error.blame === 'client' ? 'rejected' : 'failed'
  deps.observer.exchange(exchange.record(status, error, deps.now()))
}
