import type { Operation } from '../protocols/protocol.ts'
import type { ClientReply, ClientRequest } from './client.ts'
import { countTokens } from './count-tokens.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { Exchange } from './exchange.ts'
import { generate } from './generate.ts'
import { getModel, listModels } from './models.ts'
import { replayRecognised, replayStored } from './replay.ts'
import { decisionHeaders } from './reply-headers.ts'
import { peek, route } from './route.ts'
import { serveInSession } from './serve-in-session.ts'
import { headerSession, sessionOf } from './session-id.ts'
import { closed, complete, failureOf, settle } from './settle.ts'
import { shareCall } from './shared-call.ts'
import { ticketFor } from './ticket.ts'

/**
 * One client request from its bytes to its record: answered from what is kept, together with others who ask the same, or by
 * a vendor for this client alone. Never rejects: whatever goes wrong is this client's answer alone.
 */
export async function serve(request: ClientRequest, reply: ClientReply, deps: ExchangeDependencies): Promise<void> {
  const exchange = new Exchange(request, reply, deps.now())
  try {
    if (request.operation !== 'generate') {
      replyJson(exchange, await bodyOf(request.operation, exchange, deps), deps)
      return
    }
    const { sessions } = deps
    const named = sessions === null ? null : headerSession(request)
    // What was asked in a session is asked with its history, whatever came before with the same bytes.
    if (named === null && replayRecognised(exchange, deps)) return
    if (named === null) peek(exchange, deps)
    const session = named ?? (sessions === null ? null : sessionOf(exchange))
    if (sessions !== null && session !== null) {
      await serveInSession(exchange, session, sessions, deps)
      return
    }
    const decided = route(exchange, deps)
    // A promise that is there already costs a turn of the event loop's queue all the same.
    const decision = decided instanceof Promise ? await decided : decided
    const ticket = ticketFor(exchange, decision, !(decided instanceof Promise), deps)
    if (ticket === null) settle(exchange, await generate(exchange, decision, deps), deps)
    else if (!replayStored(exchange, ticket, deps)) await shareCall(exchange, decision, ticket, deps)
  } catch (thrown) {
    settle(exchange, failureOf(thrown, exchange, deps), deps)
  }
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
