import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { Caches } from '../cache/caches.ts'
import { Coalescer } from '../cache/coalescer.ts'
import { openGatewaySecret } from '../config/gateway-secret.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { JoinableCall } from '../exchange/joinable-call.ts'
import { PlanCounter } from '../exchange/plan-counter.ts'
import { TokenCounter } from '../models/tokens.ts'
import type { Log } from '../observe/log.ts'
import { SlowOperations } from '../observe/slow-operations.ts'
import { TrafficRecorder } from '../observe/traffic-recorder.ts'
import { HealthRegistry } from '../routing/health.ts'
import { RetryBudget } from '../routing/retry-budget.ts'
import { openAccessControl } from './access-control.ts'
import type { AccessControl } from './access-control.ts'
import { boundHosts } from './bound-hosts.ts'
import { fetchTextOver } from './fetch-text.ts'
import { openReasoning } from './open-reasoning.ts'
import { openSessions } from './open-sessions.ts'
import { ProviderSet } from './provider-set.ts'
import { RateCounters } from './rate-counters.ts'
import { buildSnapshot, cacheSecretFrom, reasoningKeysFrom, sealKeysFrom } from './snapshot.ts'
import type { Shared, Snapshot } from './snapshot.ts'
import { StateDatabase } from './state-database.ts'
import { Transports } from './transports.ts'

/** As in `GatewayOptions`. */
export interface PartsOptions {
  readonly loaded: LoadedConfig
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly stateFolder?: string
  readonly secret?: Buffer
  readonly discover?: boolean
}

/** What a gateway is made of. */
export interface GatewayParts {
  readonly shared: Shared
  readonly database: StateDatabase
  readonly transports: Transports
  readonly traffic: TrafficRecorder
  readonly slow: SlowOperations
  readonly providerSet: ProviderSet
  readonly access: AccessControl
  readonly counters: RateCounters
  readonly snapshot: Snapshot
  readonly build: (loaded: LoadedConfig) => Promise<Snapshot>
}

/** Opens what is kept, and reads the config. Nothing listens, and nobody is asked anything. */
export async function openParts(options: PartsOptions): Promise<GatewayParts> {
  const { loaded, environment, log } = options
  const now = (): number => performance.now()
  log.hide(loaded.config.server.secret === null ? [] : [loaded.config.server.secret])
  const secret = await secretOf(options)
  const calls = new Coalescer<JoinableCall>()
  const slow = new SlowOperations(log, loaded.config.logging, now)
  const traffic = new TrafficRecorder(slow, now, (text) => log.clean(text))
  const database = new StateDatabase(options.stateFolder)
  const transports = await Transports.create({
    http: { ...loaded.config.upstream, waited: (what, where, time) => slow.took(what, time, { where }) },
    environment,
    home: homedir(),
  })
  const shared: Shared = {
    transport: transports,
    health: new HealthRegistry(loaded.config.routing.breaker, now),
    retryBudget: new RetryBudget(now, loaded.config.retry.budget),
    observer: traffic,
    tokenCounter: new TokenCounter(),
    sealKeys: sealKeysFrom(secret),
    caches: new Caches({ settings: loaded.config.cache, secret: cacheSecretFrom(secret), calls, now }),
    calls,
    plans: new PlanCounter(),
    sessions: await openSessions({
      config: loaded.config.sessions,
      environment,
      database,
      log,
      took: (operation, time) => slow.took(operation, time),
    }),
    reasoning: await openReasoning({ config: loaded.config, keys: reasoningKeysFrom(secret), database, log }),
  }
  const providerSet = new ProviderSet({
    environment,
    home: homedir(),
    transport: shared.transport,
    log,
    ask: options.discover ?? true,
  })
  const build = async (next: LoadedConfig): Promise<Snapshot> => {
    const { config } = next
    const providers = await providerSet.configure(next)
    await transports.prepare(providers)
    return buildSnapshot(config, providers, providerSet.reported, boundHosts(config), shared)
  }
  const snapshot = await build(loaded)
  shared.health.adopt(snapshot.providers, snapshot.config.routing.breaker)
  const access = await openAccessControl({
    config: loaded.config,
    fetchText: fetchTextOver(shared.transport),
    log,
    folder: options.stateFolder ?? null,
    database,
  })
  transports.adopt(snapshot.providers)
  const counters = await RateCounters.open(loaded.config, log)
  return { shared, database, transports, traffic, slow, providerSet, access, counters, snapshot, build }
}

async function secretOf({ secret, stateFolder, loaded, log }: PartsOptions): Promise<Buffer> {
  if (secret !== undefined) return secret
  const { secret: shared } = loaded.config.server
  if (shared !== null) return Buffer.from(shared)
  if (stateFolder === undefined) return randomBytes(32)
  try {
    return await openGatewaySecret(stateFolder)
  } catch (thrown) {
    log.error(
      null,
      'the secret of this installation cannot be kept: conversations lose their sealed reasoning at a restart',
      thrown,
    )
    return randomBytes(32)
  }
}
