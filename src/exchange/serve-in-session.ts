import type { SessionVisit } from '../sessions/session-visit.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { Exchange } from './exchange.ts'
import { generate } from './generate.ts'
import type { GenerateResult } from './generate.ts'
import { peek, route } from './route.ts'
import { sessionOf } from './session-id.ts'
import { SessionReply } from './session-reply.ts'
import { withHistory } from './session-traits.ts'
import { failureOf, settle } from './settle.ts'

/**
 * Serves a request that is part of a session: it waits for those of the same session that came before, is sent with the
 * history in front of it, and is kept with its answer when that is whole. Nobody else gets its answer, from a cache or from
 * a shared call. Never rejects.
 */
export async function serveInSession(
  arrived: Exchange,
  id: string,
  sessions: Sessions,
  deps: ExchangeDependencies,
): Promise<void> {
  const { request, startedAt } = arrived
  let visit: SessionVisit | null = null
  const attending = async (step: (visit: SessionVisit) => Promise<void>): Promise<void> => {
    try {
      if (visit !== null) await step(visit)
    } catch (error) {
      deps.observer.error(request.id, 'keeping a session', error)
    }
  }
  const reply = new SessionReply(arrived.reply, id, () => attending((present) => present.settle()))
  const exchange = new Exchange(request, reply, startedAt)
  exchange.envelope = arrived.envelope
  arrived.envelope = null
  let result: GenerateResult
  try {
    if (exchange.envelope === null) peek(exchange, deps)
    // Of a session that the header names, the body may name another.
    sessionOf(exchange)
    visit = await whileWaiting(exchange, sessions.enter({ tenant: request.principal.tenant, id }))
    exchange.readyAt = deps.now()
    if (deps.observer.tracer.on.session) traceVisit(exchange, id, visit, deps)
    if (visit !== null) reply.visit = visit
    result = visit === null ? { kind: 'client-closed' } : await answer(exchange, visit, deps)
  } catch (thrown) {
    result = failureOf(thrown, exchange, deps)
  }
  settle(exchange, result, deps)
  await reply.over
  const failure = failureIn(result, exchange)
  if (failure !== null) await attending((present) => present.failed(failure))
  visit?.leave()
}

function traceVisit(exchange: Exchange, session: string, visit: SessionVisit | null, deps: ExchangeDependencies): void {
  deps.observer.tracer.write('session', exchange.request.id, visit === null ? 'left before its turn' : 'entered', {
    session,
    waited: Math.round(exchange.readyAt - exchange.startedAt),
    messages: visit?.history.length ?? 0,
  })
}

/** Null where the client has left before its turn has come. */
async function whileWaiting(exchange: Exchange, entering: Promise<SessionVisit>): Promise<SessionVisit | null> {
  const { promise: left, resolve: leave } = Promise.withResolvers<null>()
  exchange.onAbort(() => leave(null))
  const visit = await Promise.race([entering, left])
  if (visit !== null && !exchange.aborted) return visit
  entering.then(
    (late) => late.leave(),
    () => {},
  )
  return null
}

async function answer(exchange: Exchange, visit: SessionVisit, deps: ExchangeDependencies): Promise<GenerateResult> {
  const { envelope } = exchange
  exchange.session = visit
  if (envelope !== null) exchange.envelope = withHistory(envelope, visit.id, visit.history)
  const decision = await route(exchange, deps)
  await visit.begin(exchange.request.principal.keyName, exchange.envelope?.model ?? '')
  return generate(exchange, decision, deps)
}

/** Why nothing is kept, where it was not kept; null where all went well. */
function failureIn(result: GenerateResult, { aborted, reply }: Exchange): string | null {
  if (result.kind === 'failed') return result.error.code
  return aborted ? (reply.cutBy?.code ?? 'client_closed') : null
}
