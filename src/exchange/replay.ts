import type { StoredAnswer } from '../cache/response-cache.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import { storedStream } from './replay-stream.ts'
import { complete } from './settle.ts'
import type { CacheTicket } from './ticket.ts'
import { recognitionOf } from './ticket.ts'

/**
 * Answers a request that came before with these very bytes, from this tenant, with these headers, under this config, if its
 * answer is still kept. Nothing is read or decided again.
 */
export function replayRecognised(exchange: Exchange, deps: ExchangeDependencies): boolean {
  const { protocol, body, principal } = exchange.request
  const { recognised, responses } = deps.caches
  const known = recognised.find({ tenant: principal.tenant, protocol, body })
  if (known === null || known.router !== deps.router) return false
  if (known.fields !== recognitionOf(exchange.request, known.deployment, deps)) return false
  const answer = responses.get(known.key)
  // A key may have been narrowed since, and tokens of one tenant may ask for different models.
  if (answer === undefined || !deps.mayUse(principal, answer.requestedModel)) return false
  replay(exchange, answer, known.stream, deps)
  return true
}

/** Answers from what is kept, whole or as a stream; false where there is nothing. */
export function replayStored(exchange: Exchange, ticket: CacheTicket, deps: ExchangeDependencies): boolean {
  const { responses } = deps.caches
  const stream = exchange.envelope?.stream === true
  const answer = responses.get(ticket.formKey) ?? (stream ? asStream(exchange, ticket, deps) : undefined)
  if (answer === undefined) return false
  replay(exchange, answer, stream, deps)
  return true
}

function replay(exchange: Exchange, answer: StoredAnswer, stream: boolean, deps: ExchangeDependencies): void {
  deps.caches.responses.countHit()
  exchange.cache = 'hit'
  exchange.replayed = { answer, stream }
  exchange.deployment = answer.deployment
  exchange.plan = answer.plan
  exchange.usage = answer.usage
  exchange.httpStatus = 200
  exchange.replyBytes = answer.body.length
  exchange.firstByteAt = deps.now()
  exchange.firstTokenAt = answer.streamsContent ? exchange.firstByteAt : null
  exchange.reply.head(200, answer.headers)
  exchange.reply.end(answer.body)
  complete(exchange, deps)
}

/** The whole answer as a stream, kept beside it from now on. */
function asStream(
  { envelope, request }: Exchange,
  ticket: CacheTicket,
  deps: ExchangeDependencies,
): StoredAnswer | undefined {
  const whole = ticket.replayable ? deps.caches.responses.get(ticket.key) : undefined
  if (whole === undefined || envelope === null) return undefined
  const stream = storedStream(whole, request.protocol, envelope.includeUsage, deps)
  if (stream !== null) deps.caches.responses.setForm(ticket.formKey, stream, ticket.key)
  return stream ?? undefined
}
