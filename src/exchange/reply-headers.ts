import type { WholeReply } from '../protocols/protocol.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'

/**
 * Header fields of a streamed reply. `plan` is null when a ping goes out before any upstream answered: who will is not
 * known then, unless only one can, nor how many tries it takes.
 */
export function streamHeaders(exchange: Exchange, plan: Plan | null): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    // nginx buffers event streams unless told not to.
    'x-accel-buffering': 'no',
  }
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

function addDecision(headers: Record<string, string>, { request, decision }: Exchange): void {
  headers['request-id'] = request.id
  headers['x-request-id'] = request.id
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
