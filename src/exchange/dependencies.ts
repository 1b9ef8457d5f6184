import type { Caches } from '../cache/caches.ts'
import type { Coalescer } from '../cache/coalescer.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { Observer } from '../observe/observer.ts'
import type { Protocol, RequestTraits, Sealer } from '../protocols/protocol.ts'
import type { Deployment } from '../providers/provider.ts'
import type { ReasoningKeeper } from '../reasoning/reasoning-keeper.ts'
import type { Health, Router } from '../routing/route.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Transport } from '../upstream/transport.ts'
import type { Principal } from './client.ts'
import type { JoinableCall } from './joinable-call.ts'
import type { PlanCounter } from './plan-counter.ts'

export type Protocols = { readonly [P in ProtocolId]: Protocol<P> }

/** Everything an exchange works with. One immutable set per config snapshot: a reload never changes a running exchange. */
export interface ExchangeDependencies {
  readonly protocols: Protocols
  readonly router: Router
  readonly health: Health
  readonly transport: Transport
  readonly retryBudget: RetryAllowance
  readonly settings: ExchangeSettings
  readonly observer: Observer
  readonly caches: Caches
  /** Calls that equal requests can join. */
  readonly calls: Coalescer<JoinableCall>
  readonly plans: PlanCounter
  /** Null: requests that name a session are like all others. */
  readonly sessions: Sessions | null
  /** Null: reasoning that a client does not bring back is lost. */
  readonly reasoning: ReasoningKeeper | null
  /** May this key ask for this model, as its client wrote it? */
  readonly mayUse: (principal: Principal, model: string) => boolean
  readonly sealerFor: (principal: Principal) => Sealer
  /** Cheap, for routing and for usage that a vendor did not report. */
  readonly estimateTokens: (traits: RequestTraits) => number
  /** Of that many characters of text. */
  readonly estimateTextTokens: (characters: number) => number
  /** Exact as far as a tokenizer can be. */
  readonly countTokens: (request: CanonicalRequest, deployment: Deployment) => Promise<number>
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Unix milliseconds. */
  readonly wallClock: () => number
  readonly random: () => number
}

/** Keeps retries from turning a struggling vendor into a dead one. */
export interface RetryAllowance {
  /** A first try was made. */
  deposit(): void
  /** May one more retry be made now? Takes it if so. */
  withdraw(): boolean
}

export interface ExchangeSettings {
  /** `translate` forces the canonical form even where bytes could pass, so that both ways can be compared. */
  readonly plan: 'auto' | 'translate'
  /** A request that would lose something is refused instead. */
  readonly strict: boolean
  /** Milliseconds of silence after which a stream's client gets a ping. */
  readonly pingInterval: number
  /** What a client sees when a stream fails after its first byte: an error event, or a cut connection. */
  readonly streamFailure: 'error' | 'cut'
  readonly maxEventBytes: number
  /** Of a whole answer. */
  readonly maxAnswerBytes: number
  readonly maxDepth: number
  /** Tries on one deployment. */
  readonly attempts: number
}
