import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { Headers } from '../lib/headers.ts'
import type { JsonValue } from '../lib/json.ts'
import type { RequestTraits } from '../protocols/protocol.ts'
import type { Deployment } from '../providers/provider.ts'

/** What a request asks of routing. */
export interface RouteQuery {
  /** As the client wrote it. */
  readonly model: string
  /** Whose conversations these are. */
  readonly tenant: string
  readonly protocol: ProtocolId
  readonly traits: RequestTraits
  /** Estimated input tokens. */
  readonly tokenCount: number
  readonly headers: Headers
  /** The decoded body, for custom routers; decoded only when asked for. */
  body(): JsonValue
  /** Somebody only wants to know: nothing is remembered of it. */
  readonly dryRun: boolean
}

export type TaskType = 'default' | 'think' | 'background' | 'longContext' | 'webSearch' | 'image'

/** Where a request may go, best first, and why. The same for a dry run and a real one. */
export interface RouteDecision {
  /** Never empty: no candidate at all is a GatewayError (`model_not_found`, `no_candidate`). */
  readonly candidates: readonly Candidate[]
  readonly exclusions: readonly Exclusion[]
  /** `x-ucr-reason`: `model:provider/model`, `alias:fast`, `task_routing:think`, `custom_router`, `default`, ... */
  readonly reason: string
  readonly task: TaskType
  readonly tokenCount: number
  /** For the log and `x-ucr-warning`: a custom router that threw, a task route that names nothing. */
  readonly warnings: readonly string[]
}

export interface Candidate {
  readonly deployment: Deployment
  /** Why it stands here: `first`, `affinity`, `weight`, `fallback`. */
  readonly reason: string
  /** Names the conversation that is to stay there once it has answered; null: it has no equals, or nobody asked for that. */
  readonly conversation: string | null
}

export interface Exclusion {
  readonly deployment: string
  /** One clause: "breaker open for 12 s more", "takes no images", "context window 8192 < 12000 tokens". */
  readonly why: string
}

export interface Router {
  /**
   * A promise only where a custom router is asked. Throws, or rejects with, GatewayError `model_not_found`, `no_candidate`
   * (with `retryAfter` where breakers are the cause), or `upstream_rate_limited` where nothing but a vendor's 429 is.
   */
  route(query: RouteQuery): RouteDecision | Promise<RouteDecision>
  /** This candidate answered: its conversation stays there while it is not blocked. */
  answered(candidate: Candidate): void
  /** Every model that clients can ask for, exact names first; patterns are not listed. */
  models(): readonly RoutableModel[]
}

export interface RoutableModel {
  readonly id: string
  readonly deployment: Deployment
}

/**
 * State of deployments across requests and reloads: breakers and cooldowns. Keyed by `Deployment.key`.
 */
export interface Health {
  /** Null when the breaker is open and this is not its probe. Each permit must be settled once. */
  acquire(key: string): Permit | null
  /** Milliseconds until a request may go there; 0 when it may now. */
  blockedFor(key: string): number
  /** It is blocked, and only because its vendor said 429. */
  isRateLimited(key: string): boolean
  /** No requests there for so long (a 429's retry-after, a spent budget). */
  coolDown(key: string, milliseconds: number, why: CooldownReason): void
  snapshot(): readonly DeploymentHealth[]
}

export const COOLDOWN_REASONS = ['rate limited', 'spend limit reached'] as const
export type CooldownReason = (typeof COOLDOWN_REASONS)[number]

export interface Permit {
  /** Success, or a failure that was the client's fault. */
  success(): void
  failure(): void
  /** The request ended without telling anything (the client left). */
  release(): void
}

export interface DeploymentHealth {
  readonly key: string
  readonly state: 'closed' | 'open' | 'half-open'
  readonly failures: number
  readonly successes: number
  /** Milliseconds until half-open, or until the cooldown ends. */
  readonly blockedFor: number
  readonly why: string | null
}
