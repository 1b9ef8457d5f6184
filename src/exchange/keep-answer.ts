import type { Broadcast } from '../cache/broadcast.ts'
import type { StoredAnswer } from '../cache/response-cache.ts'
import type { FinishReason } from '../canonical/response.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import { readAnswer } from './replay-stream.ts'
import { storedHeaders } from './reply-headers.ts'
import type { CacheTicket } from './ticket.ts'

/** How an answer ends that is whole. One that ran into a limit would be longer another time. */
const COMPLETE: ReadonlySet<FinishReason> = new Set(['stop', 'stop-sequence', 'tool-call'])

/**
 * Keeps the answer that went out, if it may be kept: whole, successful, ended by the model itself, and without tool calls
 * unless the config wants those too. Its name is that of the deployment that gave it, whoever was asked first.
 */
export function keepAnswer(
  exchange: Exchange,
  { sent }: Broadcast,
  ticket: CacheTicket,
  deps: ExchangeDependencies,
): void {
  const { caches } = deps
  const { envelope, deployment, plan, finish, decision } = exchange
  const { mode, toolCalls } = caches.settings.responses
  if (mode === 'off' || caches.generationOf(exchange.request.principal.tenant) !== ticket.generation) return
  if (sent === null || envelope === null || ticket.keyFor === null) return
  if (deployment === null || plan === null || finish === null || !COMPLETE.has(finish.reason)) return
  const key = ticket.keyFor(deployment)
  const answer: StoredAnswer = {
    body: sent.body,
    headers: storedHeaders(sent.headers, key),
    streamsContent: false,
    tenant: exchange.request.principal.tenant,
    requestedModel: ownCopy(envelope.model),
    deployment,
    plan,
    reason: decision?.reason ?? '',
    losses: exchange.losses.losses,
    usage: exchange.usage,
    id: exchange.request.id,
    created: Math.floor(deps.wallClock() / 1000),
  }
  if (!toolCalls && callsTools(answer, exchange, deps)) return
  caches.responses.set(key, answer)
}

/** Or cannot be read, so that nobody knows. */
function callsTools(answer: StoredAnswer, { request }: Exchange, deps: ExchangeDependencies): boolean {
  const response = readAnswer(answer, request.protocol, deps)
  return response === null || response.parts.some(({ kind }) => kind === 'tool-call' || kind === 'opaque')
}
