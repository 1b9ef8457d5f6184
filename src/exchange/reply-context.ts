import type { LossSink } from '../canonical/loss.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { ReplyContext, Sealer } from '../protocols/protocol.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'

/** What client encoders know of the exchange. Same for every try, so a fallback does not change the reply's id. */
export function replyContext(
  exchange: Exchange,
  request: CanonicalRequest,
  sealer: Sealer,
  losses: LossSink,
  deps: ExchangeDependencies,
): ReplyContext {
  return {
    id: exchange.request.id,
    model: exchange.envelope?.model ?? request.model,
    created: Math.floor(deps.wallClock() / 1000),
    includeUsage: request.includeUsage,
    estimatedInputTokens: exchange.decision?.tokenCount ?? 0,
    requestExt: request.ext,
    ...(exchange.session !== null && { sessionId: exchange.session.id }),
    sealer,
    losses,
  }
}
