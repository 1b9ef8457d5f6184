import type { WholeReply } from '../protocols/protocol.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'

/**
 * Header fields of a streamed reply. `plan` is null when a ping goes out before any upstream answered: who will is not
 * known then, unless only one can, nor how many tries it takes.
 */
export function streamHeaders(exchange: Exchange, plan: Plan | null): Record<string, string> {
  const { 'x-ucr-attempts': attempts = '', ...decided } = decisionHeaders(exchange, plan)
  const isOpen = plan === null && (exchange.decision?.candidates.length ?? 0) > 1
  return {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    // nginx buffers event streams unless told not to.
    'x-accel-buffering': 'no',
    ...(isOpen ? withoutDeployment(decided) : decided),
    ...(plan === null ? {} : { 'x-ucr-attempts': attempts }),
  }
}

function withoutDeployment(headers: Record<string, string>): Record<string, string> {
  const { 'x-ucr-provider': _provider, 'x-ucr-model': _model, 'x-ucr-dropped': _dropped, ...others } = headers
  return others
}

export function wholeHeaders(exchange: Exchange, plan: Plan, answer: WholeReply): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(answer.body)),
    ...decisionHeaders(exchange, plan),
    ...(answer.usage?.estimated === true ? { 'x-ucr-usage': 'estimated' } : {}),
  }
}

/** What was decided about this request, for people and tests. */
export function decisionHeaders(exchange: Exchange, plan: Plan | null): Record<string, string> {
  const { decision, deployment, losses } = exchange
  const headers: Record<string, string> = {
    'request-id': exchange.request.id,
    'x-request-id': exchange.request.id,
    'x-ucr-attempts': String(exchange.attempts),
  }
  if (decision !== null) headers['x-ucr-reason'] = headerText(decision.reason)
  if (deployment !== null) {
    headers['x-ucr-provider'] = headerText(deployment.provider.id)
    headers['x-ucr-model'] = headerText(deployment.model)
    if (deployment.provider.definition.type === 'simulator') headers['x-ucr-simulator'] = '1'
  }
  if (plan !== null) headers['x-ucr-plan'] = plan.kind
  if (losses.size > 0) headers['x-ucr-dropped'] = headerText(losses.losses.map(({ field }) => field).join(','))
  const warning = decision?.warnings[0]
  if (warning !== undefined) headers['x-ucr-warning'] = headerText(warning)
  return headers
}

/** A header value holds visible ASCII only: names of models and fields come from clients. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024)
}
