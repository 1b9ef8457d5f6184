import type { WholeReply } from '../protocols/protocol.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'

type Fields = Readonly<Record<string, string>>

const EVENT_STREAM: Fields = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // nginx buffers event streams unless told not to.
  'x-accel-buffering': 'no',
}

/** Fields that are not about the answer but about the one exchange that brought it. */
const OF_THE_EXCHANGE: ReadonlySet<string> = new Set(['request-id', 'x-request-id', 'x-ucr-warning'])

/**
 * Header fields of a streamed reply. `plan` is null when a ping goes out before any upstream answered: who will is not
 * known then, unless only one can, nor how many tries it takes.
 */
export function streamHeaders(exchange: Exchange, plan: Plan | null): Record<string, string> {
  const headers: Record<string, string> = { ...EVENT_STREAM }
  addDecision(headers, exchange)
  const isOpen = plan === null && (exchange.decision?.candidates.length ?? 0) > 1
  if (!isOpen) addDeployment(headers, exchange)
  if (plan !== null) addOutcome(headers, exchange, plan)
  return headers
}

export function wholeHeaders(exchange: Exchange, plan: Plan, answer: WholeReply): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-length': String(exchange.replyBytes),
  }
  addDecision(headers, exchange)
  addDeployment(headers, exchange)
  addOutcome(headers, exchange, plan)
  if (answer.usage?.estimated === true) headers['x-ucr-usage'] = 'estimated'
  return headers
}

/** What was decided about a request that no vendor answered, for people and tests. */
export function decisionHeaders(exchange: Exchange): Record<string, string> {
  const headers: Record<string, string> = {}
  addDecision(headers, exchange)
  addDeployment(headers, exchange)
  addOutcome(headers, exchange, null)
  return headers
}

/** Of a kept answer: those it was sent with. The same object for each of its replays, so that a server may render it once. */
export function storedHeaders(sent: Fields, key: string): Fields {
  const kept = Object.entries(sent).filter(([name]) => !OF_THE_EXCHANGE.has(name))
  const own = { 'x-ucr-attempts': '0', 'x-ucr-cache': 'hit', 'x-ucr-cache-key': key }
  return Object.freeze({ ...Object.fromEntries(kept), ...own })
}

/** The same where it is replayed as a stream. */
export function storedStreamHeaders(whole: Fields, bytes: number): Fields {
  return Object.freeze({ ...whole, ...EVENT_STREAM, 'content-length': String(bytes) })
}

function addDecision(headers: Record<string, string>, { request, decision, cache, cacheKey }: Exchange): void {
  headers['request-id'] = request.id
  headers['x-request-id'] = request.id
  if (cache !== null) headers['x-ucr-cache'] = cache
  if (cacheKey !== null) headers['x-ucr-cache-key'] = cacheKey
  if (decision === null) return
  headers['x-ucr-reason'] = headerText(decision.reason)
  const [warning] = decision.warnings
  if (warning !== undefined) headers['x-ucr-warning'] = headerText(warning)
}

function addDeployment(headers: Record<string, string>, { deployment, losses }: Exchange): void {
  if (losses.size > 0) headers['x-ucr-dropped'] = headerText(losses.losses.map(({ field }) => field).join(','))
  if (deployment === null) return
  headers['x-ucr-provider'] = headerText(deployment.provider.id)
  headers['x-ucr-model'] = headerText(deployment.model)
  if (deployment.provider.definition.type === 'simulator') headers['x-ucr-simulator'] = '1'
}

function addOutcome(headers: Record<string, string>, { attempts }: Exchange, plan: Plan | null): void {
  headers['x-ucr-attempts'] = String(attempts)
  if (plan !== null) headers['x-ucr-plan'] = plan.kind
}

const UNSAFE = /[^\x20-\x7e]/

/** A header value holds visible ASCII only: names of models and fields come from clients. */
export function headerText(text: string): string {
  const visible = UNSAFE.test(text) ? text.replaceAll(/[^\x20-\x7e]/g, '?') : text
  return visible.length > 1024 ? visible.slice(0, 1024) : visible
}
