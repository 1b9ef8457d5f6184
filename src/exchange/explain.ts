import type { Loss } from '../canonical/loss.ts'
import { toGatewayError } from '../lib/error.ts'
import type { Candidate, Exclusion, TaskType } from '../routing/route.ts'
import type { ClientReply, ClientRequest } from './client.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { Exchange } from './exchange.ts'
import type { PlanKind } from './exchange.ts'
import { planFor } from './plan.ts'
import { peek, route } from './route.ts'
import { sessionOf } from './session-id.ts'
import { withHistory } from './session-traits.ts'

/** What would happen to a request, found by the code that would do it, up to the point where a vendor is called. */
export interface RouteExplanation {
  readonly model: string
  readonly protocol: string
  readonly task: TaskType
  readonly tokenCount: number
  readonly reason: string
  /** Key of the deployment that would be tried first; null when every candidate refuses the request. */
  readonly chosen: string | null
  readonly candidates: readonly ExplainedCandidate[]
  readonly exclusions: readonly Exclusion[]
  readonly warnings: readonly string[]
}

export interface ExplainedCandidate {
  readonly deployment: string
  readonly provider: string
  readonly model: string
  readonly reason: string
  readonly plan: PlanKind | null
  /** Fields that would be lost there. */
  readonly dropped: readonly string[]
  /** The same, with what becomes of each and why. */
  readonly losses: readonly Loss[]
  /** Why this candidate cannot take the request, or null. */
  readonly refusal: string | null
}

/** Throws GatewayError where the request itself would be refused. */
export async function explain(request: ClientRequest, deps: ExchangeDependencies): Promise<RouteExplanation> {
  const exchange = new Exchange(request, NO_REPLY, deps.now())
  await attendSession(exchange, deps)
  const decision = await route(exchange, deps, true)
  const candidates = decision.candidates.map((candidate) => explainCandidate(candidate, exchange, deps))
  return {
    model: exchange.envelope?.model ?? '',
    protocol: request.protocol,
    task: decision.task,
    tokenCount: decision.tokenCount,
    reason: decision.reason,
    chosen: candidates.find(({ refusal }) => refusal === null)?.deployment ?? null,
    candidates,
    exclusions: decision.exclusions,
    warnings: decision.warnings,
  }
}

/** With the history that would be sent, of which nothing is changed. */
async function attendSession(exchange: Exchange, deps: ExchangeDependencies): Promise<void> {
  const envelope = peek(exchange, deps)
  const id = deps.sessions === null ? null : sessionOf(exchange)
  if (deps.sessions === null || id === null) return
  const visit = await deps.sessions.look({ tenant: exchange.request.principal.tenant, id })
  exchange.session = visit
  exchange.envelope = withHistory(envelope, id, visit.history)
}

function explainCandidate(candidate: Candidate, exchange: Exchange, deps: ExchangeDependencies): ExplainedCandidate {
  const { deployment, reason } = candidate
  const known = { deployment: deployment.key, provider: deployment.provider.id, model: deployment.model, reason }
  try {
    const plan = planFor(exchange, deployment, deps)
    const { losses } = plan.losses
    return { ...known, plan: plan.kind, dropped: losses.map(({ field }) => field), losses, refusal: null }
  } catch (thrown) {
    return { ...known, plan: null, dropped: [], losses: [], refusal: toGatewayError(thrown).message }
  }
}

/** A dry run answers nobody. */
const NO_REPLY: ClientReply = {
  head() {},
  write: () => true,
  end() {},
  destroy() {},
  committed: false,
  closed: false,
  cutBy: null,
  onDrain() {},
  onAbort() {},
}
