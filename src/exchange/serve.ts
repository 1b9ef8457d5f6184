import { GatewayError, toGatewayError } from '../lib/error.ts'
import type { Operation } from '../protocols/protocol.ts'
import type { Verbatim } from './attempt.ts'
import type { ClientReply, ClientRequest } from './client.ts'
import { countTokens } from './count-tokens.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { Exchange } from './exchange.ts'
import { generate } from './generate.ts'
import type { GenerateResult } from './generate.ts'
import { getModel, listModels } from './models.ts'
import type { StreamRelay } from './relay.ts'
import { decisionHeaders } from './reply-headers.ts'

/** One client request from its bytes to its record. Never rejects: whatever goes wrong is this client's answer alone. */
export async function serve(request: ClientRequest, reply: ClientReply, deps: ExchangeDependencies): Promise<void> {
  const exchange = new Exchange(request, reply, deps.now())
  try {
    if (request.operation === 'generate') settle(exchange, await generate(exchange, deps), deps)
    else replyJson(exchange, await bodyOf(request.operation, exchange, deps), deps)
  } catch (thrown) {
    const error = toGatewayError(thrown)
    if (error.code === 'internal') deps.observer.error(request.id, 'handling a request', error.cause ?? thrown)
    fail(exchange, error, null, null, deps)
  }
}

function settle(exchange: Exchange, result: GenerateResult, deps: ExchangeDependencies): void {
  if (result.kind === 'complete') complete(exchange, deps)
  else if (result.kind === 'client-closed') closed(exchange, deps)
  else fail(exchange, result.error, result.relay, result.verbatim, deps)
}

/** What an operation without a vendor's answer replies. */
function bodyOf(
  operation: Exclude<Operation, 'generate'>,
  exchange: Exchange,
  deps: ExchangeDependencies,
): string | Promise<string> {
  switch (operation) {
    case 'count-tokens':
      return countTokens(exchange, deps)
    case 'list-models':
      return listModels(exchange.request, deps)
    case 'get-model':
      return getModel(exchange.request, deps)
    case 'hello':
      return ''
    default:
      return operation satisfies never
  }
}

function replyJson(exchange: Exchange, body: string, deps: ExchangeDependencies): void {
  const { reply } = exchange
  if (reply.closed) return closed(exchange, deps)
  exchange.httpStatus = 200
  exchange.replyBytes = Buffer.byteLength(body)
  reply.head(200, {
    'content-type': 'application/json',
    'content-length': String(exchange.replyBytes),
    ...decisionHeaders(exchange),
  })
  reply.end(body)
  complete(exchange, deps)
}

function complete(exchange: Exchange, deps: ExchangeDependencies): void {
  if (!exchange.reply.closed) exchange.reply.end()
  deps.observer.exchange(exchange.record('complete', null, deps.now()))
}

/** Nobody waits for the answer any more: the client left, or the server is shutting down. */
function closed(exchange: Exchange, deps: ExchangeDependencies): void {
  const { cutBy } = exchange.reply
  if (exchange.httpStatus === 0) exchange.httpStatus = cutBy?.status ?? 499
  deps.observer.exchange(exchange.record(cutBy === null ? 'client_closed' : 'failed', cutBy, deps.now()))
}

/** The failure in the client's protocol: a status while nothing was sent, the stream's last event afterwards. */
function fail(
  exchange: Exchange,
  error: GatewayError,
  relay: StreamRelay | null,
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
