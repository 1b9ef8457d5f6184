import type { LossSink } from '../canonical/loss.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { GatewayError } from '../lib/error.ts'
import type { RepairedRequest } from '../protocols/protocol.ts'
import type { Deployment } from '../providers/provider.ts'
import { retryDelay } from '../routing/retry-budget.ts'
import type { Permit, RouteDecision } from '../routing/route.ts'
import { attempt } from './attempt.ts'
import type { AttemptResult, Verbatim } from './attempt.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange } from './exchange.ts'
import { restoreReasoning } from './kept-reasoning.ts'
import { decodeRequest, planFor } from './plan.ts'
import type { Plan } from './plan.ts'
import { StreamRelay } from './relay.ts'
import type { UnaskedAnswer } from './unasked.ts'
import { sendWhole } from './whole.ts'

/** How the exchange ended. An error with `sent` was already partly answered. */
export type GenerateResult =
  | { readonly kind: 'complete' }
  | { readonly kind: 'client-closed' }
  | {
      readonly kind: 'failed'
      readonly error: GatewayError
      readonly relay: StreamTail | null
      /** The vendor's own words, in the client's protocol already. */
      readonly verbatim: Verbatim | null
    }

/** The end of a stream that has failed. */
export interface StreamTail {
  /** Ends the reply with a last event. */
  end(bytes: string): void
  /** Somebody else ends it. */
  close(): void
}

/** Calls that one answer may take when a vendor keeps pausing its own tool loop. */
const MAX_PAUSES = 8
/** Milliseconds without requests for a deployment whose account has nothing left to spend. */
const SPENT_COOLDOWN = 10 * 60_000
/** A vendor that says 429 without saying for how long. */
const DEFAULT_COOLDOWN = 5000
/** Seconds. A vendor that asks for more time is not tried again: its client is told how long to wait. */
const LONGEST_WAIT = 5

/** Tries the candidates, best first, until one answers or the client has seen bytes. */
export async function generate(
  exchange: Exchange,
  decision: RouteDecision,
  deps: ExchangeDependencies,
): Promise<GenerateResult> {
  deps.retryBudget.deposit()
  const relay = exchange.envelope?.stream === true ? new StreamRelay(exchange, deps) : null
  let failure: Failed | null = null
  try {
    for (const [position, candidate] of decision.candidates.entries()) {
      const { deployment } = candidate
      const last = position === decision.candidates.length - 1
      const result = await tryDeployment(
        exchange,
        deployment.key,
        () => planned(exchange, deployment, deps),
        relay,
        last,
        deps,
      )
      if (result.kind !== 'failed') {
        if (result.kind === 'complete' || relay?.sent === true) deps.router.answered(candidate)
        return result
      }
      const final = result.sent || !mayGoOn(result.error)
      failure = final ? result : moreTelling(failure, result)
      if (final) break
    }
  } finally {
    relay?.close()
  }
  const { error, verbatim } =
    failure ?? failed(new GatewayError('no_candidate', 'No deployment can take this request now.', { retryAfter: 1 }))
  return { kind: 'failed', error, relay, verbatim }
}

/** A promise only where something is waited for that is not in the request. */
function planned(exchange: Exchange, deployment: Deployment, deps: ExchangeDependencies): Plan | Promise<Plan> {
  const plan = (): Plan => planFor(exchange, deployment, deps)
  const decode = (losses: LossSink): CanonicalRequest => decodeRequest(exchange, deps, losses)
  const restoring = restoreReasoning(exchange, deployment, decode, deps)
  return restoring === null ? plan() : restoring.then(plan)
}

type Failed = Extract<AttemptResult, { kind: 'failed' }> & {
  /** Nobody was asked: the deployment is blocked. */
  readonly resting?: boolean
}

const failed = (error: GatewayError): Failed => ({
  kind: 'failed',
  error,
  detail: error.message,
  sent: false,
  unsent: true,
  verbatim: null,
})

async function tryDeployment(
  exchange: Exchange,
  key: string,
  makePlan: () => Plan | Promise<Plan>,
  relay: StreamRelay | null,
  last: boolean,
  deps: ExchangeDependencies,
): Promise<Exclude<AttemptResult, { kind: 'paused' | 'failed' }> | Failed> {
  let plan: Plan
  try {
    const made = makePlan()
    plan = made instanceof Promise ? await made : made
  } catch (thrown) {
    if (thrown instanceof GatewayError) return failed(thrown)
    throw thrown
  }
  exchange.deployment = plan.deployment
  exchange.plan = plan.kind
  exchange.losses = plan.losses
  if (plan.unasked !== null) return answerUnasked(exchange, plan, plan.unasked, relay, deps)
  let repaired: RepairedRequest | null = null
  let failure: Failed | null = null
  let pauses = 0
  for (let attempts = 1; ; attempts++) {
    const permit = deps.health.acquire(key)
    if (permit === null) return failure ?? resting(key, relay?.sent ?? false, deps)
    exchange.attempts++
    const result = withProvider(await attempt(exchange, plan, relay, deps, repaired), plan)
    settlePermit(permit, key, result, deps)
    if (result.kind === 'paused') {
      if (plan.resume === null || ++pauses > MAX_PAUSES)
        return { ...failed(tooManyPauses(key)), sent: relay?.sent ?? false }
      plan = plan.resume(result.response, relay !== null)
      attempts = 0
      repaired = null
      continue
    }
    if (result.kind !== 'failed' || result.sent) return result
    const repair: RepairedRequest | null = repaired === null ? plan.repair(plan.body, result.error) : null
    const again = repair !== null || mayRetry(result, attempts, last, deps)
    report(exchange, key, result, again, deps)
    if (!again) return result
    failure = result
    if (repair === null) {
      const delay = retryDelay(attempts, result.error.retryAfter, deps.random)
      if ((await elapsed(delay, exchange)) === 'aborted') return { kind: 'client-closed' }
    } else {
      repaired = repair
      plan.losses.drop(repair.loss.field, repair.loss.why)
    }
  }
}

function answerUnasked(
  exchange: Exchange,
  plan: Plan,
  answer: UnaskedAnswer,
  relay: StreamRelay | null,
  deps: ExchangeDependencies,
): { readonly kind: 'complete' } {
  const whole = answer.whole()
  exchange.usage = whole.usage
  if (relay === null) sendWhole(exchange, plan, whole, deps)
  else relay.write(answer.stream(), plan, false)
  return { kind: 'complete' }
}

/** It was blocked between the routing and its turn. */
function resting(key: string, sent: boolean, { health }: ExchangeDependencies): Failed {
  const retryAfter = Math.ceil(health.blockedFor(key) / 1000)
  const error = health.isRateLimited(key)
    ? new GatewayError('upstream_rate_limited', `${key} is rate limited by its vendor.`, { retryAfter })
    : new GatewayError('no_candidate', `${key} has failed too often and is resting.`, { retryAfter })
  return { ...failed(error), sent, resting: true }
}

function tooManyPauses(key: string): GatewayError {
  return new GatewayError('upstream_failed', `${key} paused its own tool loop more than ${MAX_PAUSES} times.`)
}

/** A vendor's 401 is about the gateway's key, not the client's. */
function withProvider(result: AttemptResult, plan: Plan): AttemptResult {
  if (result.kind !== 'failed' || result.error.code !== 'upstream_unauthorized') return result
  const { id } = plan.deployment.provider
  const error = new GatewayError(
    'upstream_unauthorized',
    `Provider "${id}" refused the gateway's credential. Check its apiKey, or how it signs in: "ucr doctor" tells.`,
    {
      cause: result.error,
      shouldRetry: false,
    },
  )
  return { ...result, error }
}

/** The vendor is well: it answered that this request, or this name, is wrong. */
function tellsNothing(error: GatewayError): boolean {
  return error.blame === 'client' || error.code === 'upstream_not_found'
}

function settlePermit(permit: Permit, key: string, result: AttemptResult, deps: ExchangeDependencies): void {
  if (result.kind === 'client-closed' || (result.kind === 'failed' && result.impatient === true))
    return permit.release()
  if (result.kind !== 'failed' || tellsNothing(result.error)) return permit.success()
  const { error } = result
  if (error.code === 'upstream_rate_limited') {
    deps.health.coolDown(key, error.retryAfter === null ? DEFAULT_COOLDOWN : error.retryAfter * 1000, 'rate limited')
    return permit.release()
  }
  if (error.code === 'upstream_spend_limit' || error.code === 'upstream_billing') {
    deps.health.coolDown(key, SPENT_COOLDOWN, 'spend limit reached')
    return permit.release()
  }
  return error.blame === 'upstream' ? permit.failure() : permit.release()
}

/**
 * A second try on the same deployment: at once useful only for passing weaknesses. Where another candidate waits, a
 * vendor that cannot be reached, or that asks for time, is left at once.
 */
function mayRetry(result: Failed, attempts: number, last: boolean, deps: ExchangeDependencies): boolean {
  if (attempts >= deps.settings.attempts) return false
  if ((result.error.retryAfter ?? 0) > (last ? LONGEST_WAIT : 0)) return false
  switch (result.error.code) {
    case 'upstream_unreachable':
      return (last || !result.unsent) && deps.retryBudget.withdraw()
    case 'upstream_overloaded':
    case 'upstream_failed':
    case 'upstream_invalid_response':
    case 'upstream_truncated':
      return deps.retryBudget.withdraw()
    default:
      return false
  }
}

/** Whether another candidate may do better: not when the request itself is at fault. */
function mayGoOn(error: GatewayError): boolean {
  return error.retryable || error.code === 'unsupported_parameter' || error.code === 'context_too_long'
}

/**
 * Of two failures, the one that tells the client more: what it can do itself (shorten its prompt) beats all others, and
 * what a vendor said beats that another one is resting.
 */
function moreTelling(before: Failed | null, now: Failed): Failed {
  return before !== null && (before.error.blame === 'client' || now.resting === true) ? before : now
}

/** Ends early when the client leaves. */
function elapsed(milliseconds: number, exchange: Exchange): Promise<'elapsed' | 'aborted'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('elapsed'), milliseconds)
    exchange.onAbort(() => {
      clearTimeout(timer)
      resolve('aborted')
    })
  })
}

function report(exchange: Exchange, key: string, result: Failed, willRetry: boolean, deps: ExchangeDependencies): void {
  deps.observer.attemptFailed({
    requestId: exchange.request.id,
    deployment: key,
    attempt: exchange.attempts,
    errorCode: result.error.code,
    detail: result.detail,
    willRetry,
  })
}
