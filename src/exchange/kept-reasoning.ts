import type { Part } from '../canonical/content.ts'
import type { EventSink } from '../canonical/event.ts'
import { ResponseFold } from '../canonical/fold.ts'
import { LossList } from '../canonical/loss.ts'
import type { LossSink } from '../canonical/loss.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { Deployment } from '../providers/provider.ts'
import type { ReasoningKeeper } from '../reasoning/reasoning-keeper.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import type { HeardTurn } from './session-answer.ts'

/** Whose clients may not bring back what another protocol's vendor sealed: Chat has no field for it that all of them know. */
const MAY_LOSE: Readonly<Record<ProtocolId, boolean>> = { 'anthropic-messages': false, 'openai-chat': true }

/** Who keeps what this client may lose; null where nothing can get lost. A session keeps whole answers by itself. */
export function keeperFor(
  { request, session }: Exchange,
  { provider }: Deployment,
  { reasoning }: ExchangeDependencies,
): ReasoningKeeper | null {
  if (reasoning === null || session !== null || !MAY_LOSE[request.protocol]) return null
  return provider.endpoints.some(({ protocol }) => protocol === request.protocol) ? null : reasoning
}

/**
 * Before the first plan for a vendor of another protocol: the reasoning that the client did not bring back is put where it
 * was. A promise only where that takes time.
 */
export function restoreReasoning(
  exchange: Exchange,
  deployment: Deployment,
  decode: (losses: LossSink) => CanonicalRequest,
  deps: ExchangeDependencies,
): Promise<void> | null {
  if (exchange.restored !== null) return null
  const keeper = keeperFor(exchange, deployment, deps)
  if (keeper === null) return null
  const losses = new LossList()
  const restored = keeper.restore(exchange.request.principal.tenant, decode(losses))
  const done = (request: CanonicalRequest): void => {
    exchange.restored = { request, losses }
  }
  if (restored instanceof Promise) return restored.then(done)
  done(restored)
  return null
}

interface KeptTurn extends HeardTurn {
  /** Also an answer without reasoning. */
  readonly hearsAll: boolean
}

/**
 * A sink that has the reasoning of the answer kept when it is whole. Reasoning comes first: an answer that begins with
 * something else is not put together, and costs nothing, unless it has to be heard all the same.
 */
export function keepingReasoning(
  keep: (answer: readonly Part[]) => void,
  { earlier, mergeOpaque, continuesPauses, hearsAll }: KeptTurn,
  sink: EventSink,
): EventSink {
  let fold: ResponseFold | null = new ResponseFold(mergeOpaque)
  let isOpen = hearsAll || earlier.length > 0
  return (event) => {
    if (event.type === 'part-start' && !isOpen) {
      isOpen = true
      if (event.part.kind !== 'reasoning') fold = null
    }
    fold?.add(event)
    if (event.type === 'finish' && fold !== null && !(continuesPauses && event.finish.reason === 'pause')) {
      keep([...earlier, ...fold.response().parts])
    }
    sink(event)
  }
}
