import { createSecretKey, hkdfSync } from 'node:crypto'
import { mayUseModel } from '../admission/grant.ts'
import { createAccessSettings } from '../admission/host-origin.ts'
import type { AccessSettings } from '../admission/host-origin.ts'
import type { Caches } from '../cache/caches.ts'
import type { Coalescer } from '../cache/coalescer.ts'
import type { Config } from '../config/config.ts'
import type { ExchangeDependencies } from '../exchange/dependencies.ts'
import type { JoinableCall } from '../exchange/joinable-call.ts'
import type { PlanCounter } from '../exchange/plan-counter.ts'
import { createSealer } from '../exchange/sealer.ts'
import type { SealKeys } from '../exchange/sealer.ts'
import { capabilitiesOf } from '../models/capabilities.ts'
import { estimateTextTokens, estimateTokens } from '../models/tokens.ts'
import type { TokenCounter } from '../models/tokens.ts'
import type { Observer } from '../observe/observer.ts'
import { PROTOCOLS } from '../protocols/index.ts'
import type { Provider } from '../providers/provider.ts'
import type { ReasoningKeeper, ReasoningKeys } from '../reasoning/reasoning-keeper.ts'
import type { HealthRegistry } from '../routing/health.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { RetryBudget } from '../routing/retry-budget.ts'
import { createRouter } from '../routing/router.ts'
import type { ServerSettings } from '../server/settings.ts'
import type { HttpTransport } from '../upstream/http.ts'
import { serverSettings } from './server-settings.ts'

/** What outlives a reload: connections, breakers, caches, keys that carriers are made with. */
export interface Shared {
  readonly transport: HttpTransport
  readonly health: HealthRegistry
  readonly retryBudget: RetryBudget
  readonly observer: Observer
  readonly sealKeys: SealKeys
  readonly tokenCounter: TokenCounter
  readonly caches: Caches
  readonly calls: Coalescer<JoinableCall>
  readonly plans: PlanCounter
  /** Null: requests that name a session are like all others. */
  readonly sessions: Sessions | null
  /** Null: reasoning that a client does not bring back is lost. */
  readonly reasoning: ReasoningKeeper | null
}

/** Models that vendors reported, by provider id. */
export type ReportedModels = ReadonlyMap<string, readonly string[]>

/** One config, ready to serve: immutable, so a request that began with it ends with it. */
export interface Snapshot {
  readonly config: Config
  readonly providers: readonly Provider[]
  readonly access: AccessSettings
  readonly server: ServerSettings
  readonly exchange: ExchangeDependencies
}

export function buildSnapshot(
  config: Config,
  providers: readonly Provider[],
  reported: ReportedModels,
  boundHosts: readonly string[],
  shared: Shared,
): Snapshot {
  const { server, retry, plan, strict, streamFailure, routing } = config
  const router = createRouter({
    settings: routing,
    providers,
    listedModels: reported,
    capabilities: (provider, model) => capabilitiesOf(provider.definition.type, model, provider.capabilities),
    health: shared.health,
    random: Math.random,
    now: () => performance.now(),
  })
  return {
    config,
    providers,
    access: createAccessSettings({
      allowedHosts: server.allowedHosts,
      allowedOrigins: server.allowedOrigins,
      boundHosts,
    }),
    server: serverSettings(config),
    exchange: {
      protocols: PROTOCOLS,
      router,
      health: shared.health,
      transport: shared.transport,
      retryBudget: shared.retryBudget,
      settings: {
        plan,
        strict,
        streamFailure,
        pingInterval: server.pingInterval,
        maxEventBytes: server.maxEventBytes,
        maxAnswerBytes: server.maxAnswerBytes,
        maxDepth: server.maxDepth,
        attempts: retry.attempts,
      },
      observer: shared.observer,
      caches: shared.caches,
      calls: shared.calls,
      plans: shared.plans,
      sessions: shared.sessions,
      reasoning: shared.reasoning,
      mayUse: ({ grant }, model) => mayUseModel(grant, model),
      sealerFor: (principal) => createSealer(shared.sealKeys, principal.tenant),
      estimateTokens,
      estimateTextTokens,
      countTokens: (request, deployment) => shared.tokenCounter.countTokens(request, deployment.model),
      now: () => performance.now(),
      wallClock: () => Date.now(),
      random: Math.random,
    },
  }
}

/** Keys of one purpose only, so that what one part made is worthless to every other. */
export function sealKeysFrom(secret: Buffer): SealKeys {
  return [{ id: '1', secret: derived(secret, 'ucr carrier 1') }]
}

/** What names of kept answers are made with: the same in all processes of one installation. */
export function cacheSecretFrom(secret: Buffer): Buffer {
  return derived(secret, 'ucr cache names 1')
}

/** What reasoning is kept under, and encrypted with: the same in all processes of one installation. */
export function reasoningKeysFrom(secret: Buffer): ReasoningKeys {
  return {
    names: createSecretKey(derived(secret, 'ucr reasoning names 1')),
    contents: createSecretKey(derived(secret, 'ucr reasoning contents 1')),
  }
}

function derived(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32))
}
