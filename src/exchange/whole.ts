import type { WholeReply } from '../protocols/protocol.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'
import { wholeHeaders } from './reply-headers.ts'

/** Sends a complete answer in one piece. */
export function sendWhole(exchange: Exchange, plan: Plan, answer: WholeReply, deps: ExchangeDependencies): void {
  const { reply } = exchange
  if (reply.closed) return
  exchange.firstByteAt = deps.now()
  exchange.httpStatus = 200
  exchange.finish = answer.finish
  exchange.replyBytes = Buffer.byteLength(answer.body)
  reply.head(200, wholeHeaders(exchange, plan, answer))
  reply.end(answer.body)
}
