import { Broadcast } from '../cache/broadcast.ts'
import type { Fields, Listener } from '../cache/listener.ts'
import type { RouteDecision } from '../routing/route.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { Exchange } from './exchange.ts'
import { generate } from './generate.ts'
import type { GenerateResult, StreamTail } from './generate.ts'
import type { JoinableCall } from './joinable-call.ts'
import { keepAnswer } from './keep-answer.ts'
import { closed, failureOf, settle } from './settle.ts'
import type { CacheTicket } from './ticket.ts'

/**
 * One call of a vendor for all clients that ask the same while it is under way. It belongs to none of them: whoever leaves
 * disturbs nobody, and when all have left it ends.
 */
export class SharedCall implements JoinableCall {
  /** Resolves when everything that the call brings has been handed to the broadcast. */
  readonly over: Promise<GenerateResult>
  /** Of the call itself; its clients have their own. */
  readonly exchange: Exchange
  readonly #deps: ExchangeDependencies
  readonly #broadcast = new Broadcast()
  readonly #clients = new Set<Exchange>()
  /** The usage is in somebody's record: there it is charged, and once. */
  #isCharged = false

  /** Begins at once. `first`: who is to be told what it brings. */
  constructor(first: Exchange, decision: RouteDecision, deps: ExchangeDependencies) {
    this.#deps = deps
    this.exchange = new Exchange(first.request, this.#broadcast, deps.now())
    this.exchange.envelope = first.envelope
    this.exchange.decision = decision
    this.exchange.cache = 'miss'
    this.exchange.cacheKey = first.cacheKey
    this.over = this.#run(decision)
  }

  get joinable(): boolean {
    return this.#broadcast.joinable
  }

  get tenant(): string {
    return this.exchange.request.principal.tenant
  }

  get broadcast(): Broadcast {
    return this.#broadcast
  }

  async serve(exchange: Exchange): Promise<void> {
    this.#clients.add(exchange)
    const listener = this.#broadcast.listen(exchange.reply, (fields) => this.#begin(exchange, fields))
    const end = await listener.over
    const isGone = end === 'left' || end === 'cut'
    // Complete for this client; what it took is known when the call is over.
    const result: GenerateResult = isGone ? { kind: 'client-closed' } : await this.over
    this.#clients.delete(exchange)
    this.#copyFacts(exchange, listener, isGone)
    if (isGone) closed(exchange, this.#deps)
    else settle(exchange, withTail(result, exchange), this.#deps)
  }

  async #run(decision: RouteDecision): Promise<GenerateResult> {
    let result: GenerateResult
    try {
      result = await generate(this.exchange, decision, this.#deps)
    } catch (thrown) {
      result = failureOf(thrown, this.exchange, this.#deps)
    }
    if (result.kind === 'complete') this.#broadcast.end()
    else this.#broadcast.destroy()
    return result
  }

  /** This client's own head. */
  #begin(exchange: Exchange, fields: Fields): Fields {
    exchange.letGoOfRequest()
    exchange.firstByteAt = this.#deps.now()
    exchange.httpStatus = this.exchange.httpStatus
    const { id } = exchange.request
    return { ...fields, 'request-id': id, 'x-request-id': id, 'x-ucr-cache': exchange.cache ?? 'miss' }
  }

  /** What the call has found out so far, as this client's. Who leaves before its end is charged only when it is the last. */
  #copyFacts(exchange: Exchange, { bytes }: Listener, isGone: boolean): void {
    const { deployment, plan, losses, usage, attempts } = this.exchange
    exchange.deployment = deployment
    exchange.plan = plan
    exchange.losses = losses
    exchange.usage = usage
    exchange.replyBytes = bytes
    exchange.firstTokenAt = firstTokenOf(exchange, this.exchange)
    const isFree = this.#isCharged || (isGone && this.#clients.size > 0)
    if (isFree) return
    this.#isCharged = true
    exchange.attempts = attempts
  }
}

/** Who comes late gets what came before at once. */
function firstTokenOf({ firstByteAt }: Exchange, { firstTokenAt }: Exchange): number | null {
  return firstByteAt === null || firstTokenAt === null ? null : Math.max(firstByteAt, firstTokenAt)
}

/** Joins the call of others who ask the same, or makes one that others can join. */
export async function shareCall(
  exchange: Exchange,
  decision: RouteDecision,
  ticket: CacheTicket,
  deps: ExchangeDependencies,
): Promise<void> {
  const { caches, calls } = deps
  exchange.cacheKey = ticket.key
  const joined = caches.settings.coalesce ? calls.join(ticket.callKey) : null
  if (joined !== null) {
    exchange.cache = 'coalesced'
    return joined.serve(exchange)
  }
  exchange.cache = 'miss'
  if (caches.settings.responses.mode !== 'off') caches.responses.countMiss()
  const call = new SharedCall(exchange, decision, deps)
  if (caches.settings.coalesce) calls.lead(ticket.callKey, call)
  void call.over.then((result) => {
    calls.over(ticket.callKey, call)
    if (result.kind === 'complete') keep(call, ticket, deps)
  })
  return call.serve(exchange)
}

/** Runs beside the exchanges: what goes wrong here is nobody's answer. */
function keep({ exchange, broadcast }: SharedCall, ticket: CacheTicket, deps: ExchangeDependencies): void {
  try {
    keepAnswer(exchange, broadcast, ticket, deps)
  } catch (thrown) {
    deps.observer.error(exchange.request.id, 'keeping an answer', thrown)
  }
}

/** A failure after the first byte is told to each client in its own name. */
function withTail(result: GenerateResult, exchange: Exchange): GenerateResult {
  if (result.kind !== 'failed' || result.relay === null) return result
  const { reply } = exchange
  const relay: StreamTail = {
    end(bytes) {
      exchange.replyBytes += Buffer.byteLength(bytes)
      if (!reply.closed) reply.end(bytes)
    },
    close: () => {},
  }
  return { ...result, relay }
}
