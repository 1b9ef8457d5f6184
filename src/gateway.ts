import packageJson from '../package.json' with { type: 'json' }
import type { Server } from 'node:net'
import { isLoopback } from './admission/address.ts'
import { LOCAL } from './admission/authenticate.ts'
import type { LoadedConfig } from './config/load.ts'
import { Reloader } from './config/reload.ts'
import { watchConfig } from './config/watch.ts'
import type { ConfigWatcher } from './config/watch.ts'
import { explain } from './exchange/explain.ts'
import type { RouteExplanation } from './exchange/explain.ts'
import { serve } from './exchange/serve.ts'
import type { Log } from './observe/log.ts'
import type { MemoryAlert } from './observe/memory-monitor.ts'
import type { ProviderFacts } from './observe/overview-of.ts'
import { SlowOperations } from './observe/slow-operations.ts'
import { PROTOCOL_LIST } from './protocols/index.ts'
import type { AccessControl } from './composition/access-control.ts'
import { Diagnostics } from './composition/diagnostics.ts'
import { Monitoring } from './composition/monitoring.ts'
import { RateCounters } from './composition/rate-counters.ts'
import { Oversight } from './composition/oversight.ts'
import { shareCaches } from './composition/share-caches.ts'
import { shareHealth } from './composition/share-health.ts'
import { StateDatabase } from './composition/state-database.ts'
import { explainRequest } from './composition/explain-request.ts'
import type { ExplainInput } from './composition/explain-request.ts'
import { ProviderSet } from './composition/provider-set.ts'
import { Transports } from './composition/transports.ts'
import type { DrainResult, GatewayServer } from './server/options.ts'
import { Compression } from './server/compression.ts'
import type { HealthOptions } from './server/health.ts'
import { createServer } from './server/server.ts'
import { buildSnapshot } from './composition/snapshot.ts'
import type { Shared, Snapshot } from './composition/snapshot.ts'
import { LocalBus, type WorkerBus } from './workers/bus.ts'
import type { Replaced } from './workers/messages.ts'
import { gatewayHealth } from './composition/gateway-health.ts'
import { gatewaySources } from './composition/gateway-sources.ts'
import { Insight } from './composition/insight.ts'
import { Pricing } from './composition/pricing.ts'
import { answersDiffer } from './composition/answers-differ.ts'
import { watchedFiles } from './composition/watched-files.ts'
import { accessChecks } from './composition/access-checks.ts'
import { boundHosts } from './composition/bound-hosts.ts'
import { openParts } from './composition/gateway-parts.ts'
import type { GatewayParts } from './composition/gateway-parts.ts'
import { gatewayRoutes } from './composition/gateway-routes.ts'
import { idSource } from './composition/id-source.ts'
import { reportReload } from './composition/report-reload.ts'

export interface GatewayOptions {
  readonly loaded: LoadedConfig
  /** Reads the config again; null: no reloads. */
  readonly reload: (() => Promise<LoadedConfig>) | null
  /** False: the config is read again only when `reload()` is called, not when its file changes. */
  readonly watch?: boolean
  /** Where providers are looked for when the config names none. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Where this installation's secret, sessions, keys and admin token are kept. Left out: none survives a restart. */
  readonly stateFolder?: string
  /** The installation's secret, where somebody else keeps it. */
  readonly secret?: Buffer
  /** This process is one of several that are one gateway. */
  readonly worker?: WorkerPart
  /** Called when memory runs short, which is also logged. */
  readonly onAlert?: (alert: MemoryAlert) => void
  /** False for dry runs: no vendor, no local port is asked anything. */
  readonly discover?: boolean
}

/** What a worker gets from its supervisor. */
export interface WorkerPart {
  readonly bus: WorkerBus
  /** Takes the connections of the next listener; gives its URL. */
  listen(listener: Server): Promise<string>
  /** Does this worker say what came of a reload? */
  announces(): boolean
  /** Is it the one that does what only one worker may do? */
  leads(): boolean
  /** Does something long for which somebody asked. `blocks`: this worker answers nothing meanwhile. */
  excused<T>(blocks: boolean, work: () => Promise<T>): Promise<T>
  /** Workers that others took the place of. */
  replaced(): Replaced
}

/** A provider in use, for people. */
export interface ProviderSummary extends ProviderFacts {
  readonly simulator: boolean
}

export interface Gateway {
  /** Opens the listeners; resolves to the URLs. Throws ListenError. */
  listen(): Promise<readonly string[]>
  providers(): readonly ProviderSummary[]
  /** What clients can ask for. */
  models(): readonly { readonly id: string; readonly provider: string; readonly model: string }[]
  /** The decision about a request, by the code that would serve it, without calling anybody. Throws GatewayError. */
  explain(input: ExplainInput): Promise<RouteExplanation>
  /** Reads the config again now. What is wrong with it is logged and leaves everything as it was. */
  reload(): Promise<void>
  /** Stops taking requests, lets those under way finish, at most so long, and closes. */
  drain(milliseconds: number): Promise<DrainResult>
  close(): Promise<void>
}

/** Puts the parts together. Nothing listens before `listen()`. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  return new RunningGateway(options, await openParts(options))
}

class RunningGateway implements Gateway {
  readonly #options: GatewayOptions
  readonly #shared: Shared
  readonly #database: StateDatabase
  readonly #transports: Transports
  readonly #providerSet: ProviderSet
  readonly #reloader: Reloader<Snapshot>
  readonly #monitoring: Monitoring
  readonly #oversight: Oversight
  readonly #health: HealthOptions
  readonly #insight: Insight
  readonly #slow: SlowOperations
  readonly #diagnostics: Diagnostics | null
  readonly #access: AccessControl
  readonly #counters: RateCounters
  readonly #server: GatewayServer
  readonly #compression = new Compression()
  readonly #pricing = new Pricing()
  readonly #newId = idSource()
  readonly #isBusy = (): boolean => this.#server.inFlight > 0
  #snapshot: Snapshot
  #watcher: ConfigWatcher | null = null
  #closed = false

  constructor(options: GatewayOptions, parts: GatewayParts) {
    const { worker } = options
    const { shared, traffic, providerSet, snapshot, build, access } = parts
    this.#options = options
    this.#shared = shared
    this.#database = parts.database
    this.#transports = parts.transports
    this.#slow = parts.slow
    this.#access = access
    this.#counters = parts.counters
    this.#providerSet = providerSet
    this.#snapshot = snapshot
    this.#pricing.adopt(snapshot.providers)
    this.#reloader = new Reloader(
      {
        load: options.reload ?? (async () => options.loaded),
        build,
        swap: (next, previous) => this.#swap(next, previous),
        report: (report) => {
          if (options.worker?.announces() ?? true) reportReload(report, options.log)
        },
      },
      snapshot,
      options.loaded.config,
    )
    this.#monitoring = new Monitoring({
      config: options.loaded.config,
      environment: options.environment,
      database: parts.database,
      transport: shared.transport,
      log: options.log,
      version: packageJson.version,
      figures: () => this.#oversight.figures(),
      providers: () => this.#snapshot.providers,
      health: () => this.#server.health(),
      leads: () => options.worker?.leads() ?? true,
    })
    this.#oversight = new Oversight({
      config: options.loaded.config,
      environment: options.environment,
      counters: parts.counters,
      traffic,
      pricing: this.#pricing,
      sources: {
        ...gatewaySources({
          shared,
          compression: this.#compression,
          inFlight: () => this.#server.exchanging,
          loopLag: () => this.#insight.lag,
          keys: () => access.keyCounts(),
          config: () => this.#reloader.counts,
          replaced: worker === undefined ? null : () => worker.replaced(),
        }),
        ...this.#monitoring.sources,
      },
      refresh: async () => void (await shared.sessions?.figures.prompt()),
      relieve: () => shared.caches.clearWarm(),
      log: options.log,
      onAlert: (alert) => {
        this.#monitoring.note(alert)
        options.onAlert?.(alert)
      },
    })
    this.#health = gatewayHealth({
      shared,
      exposed: () => this.#isExposed(),
      providers: () => this.#snapshot.providers.length,
      monitoring: this.#monitoring,
      replaced: () => worker?.replaced() ?? null,
    })
    this.#insight = new Insight({
      traffic,
      pricing: this.#pricing,
      figures: () => this.#oversight.figures(),
      providers: () => this.providers(),
      health: this.#health,
      sessions: shared.sessions,
      keyNames: () => access.keyNames(),
      inFlight: () => this.#server.exchanging,
      isAdmin: (headers) => access.isAdmin(headers),
    })
    this.#diagnostics = options.stateFolder === undefined ? null : this.#newDiagnostics(options.stateFolder)
    this.#server = this.#createServer()
    providerSet.onReported(() => this.#refresh())
  }

  async listen(): Promise<readonly string[]> {
    const urls = await this.#server.listen()
    const { worker } = this.#options
    const bus = worker?.bus ?? new LocalBus()
    await shareHealth(this.#shared.health, bus)
    shareCaches(this.#shared.caches, bus)
    await this.#access.share(bus)
    await this.#oversight.start(bus)
    this.#diagnostics?.share(bus)
    this.#monitoring.start(bus)
    this.#insight.start(bus)
    this.#shared.sessions?.start()
    await this.#providerSet.ask()
    await this.#watch()
    return urls
  }

  providers(): readonly ProviderSummary[] {
    const listed = this.models()
    return this.#snapshot.providers.map((provider) => ({
      id: provider.id,
      type: provider.definition.type,
      name: provider.definition.name,
      source: this.#providerSet.sourceOf(provider.id),
      baseUrl: `${provider.origin}${provider.basePath}`,
      models: new Set(listed.filter((entry) => entry.provider === provider.id).map(({ model }) => model)).size,
      simulator: provider.definition.type === 'simulator',
    }))
  }

  models(): readonly { readonly id: string; readonly provider: string; readonly model: string }[] {
    return this.#snapshot.exchange.router
      .models()
      .map(({ id, deployment }) => ({ id, provider: deployment.provider.id, model: deployment.model }))
  }

  explain(input: ExplainInput): Promise<RouteExplanation> {
    return explain(explainRequest(PROTOCOL_LIST, input, LOCAL, this.#newId()), this.#snapshot.exchange)
  }

  reload(): Promise<void> {
    return this.#reloader.reload()
  }

  async drain(milliseconds: number): Promise<DrainResult> {
    this.#diagnostics?.close()
    await this.#watcher?.close()
    const result = await this.#server.drain(milliseconds)
    await this.close()
    return result
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#oversight.stop()
    this.#slow.stop()
    this.#diagnostics?.close()
    this.#monitoring.close()
    this.#insight.stop()
    await this.#watcher?.close()
    await this.#server.close()
    await this.#access.close()
    this.#counters.close()
    await this.#shared.transport.close()
    await this.#providerSet.close()
    await this.#shared.sessions?.close()
    this.#shared.reasoning?.close()
    await this.#database.close()
  }

  #newDiagnostics(stateFolder: string): Diagnostics {
    const { log, worker } = this.#options
    return new Diagnostics(stateFolder, log, (kind, work) => worker?.excused(kind === 'heap', work) ?? work())
  }

  #createServer(): GatewayServer {
    const { worker } = this.#options
    const snapshot = (): Snapshot => this.#snapshot
    return createServer({
      settings: () => this.#snapshot.server,
      protocols: PROTOCOL_LIST,
      plainRoutes: [
        ...this.#oversight.routes,
        ...(this.#diagnostics?.routes ?? []),
        ...this.#monitoring.routes,
        ...this.#insight.routes,
        ...this.#access.routes,
        ...gatewayRoutes({
          shared: this.#shared,
          transports: this.#transports,
          snapshot,
          open: () => this.#access.open,
          exposed: () => this.#isExposed(),
          routes: () => this.#server.routes,
        }),
      ],
      access: accessChecks({ snapshot, control: this.#access, admission: this.#oversight.admission }),
      health: this.#health,
      exchange: (request, reply) => {
        this.#slow.watch(this.#isBusy)
        return serve(request, reply, this.#snapshot.exchange)
      },
      observer: this.#shared.observer,
      compression: this.#compression,
      newId: this.#newId,
      ...(worker === undefined ? {} : { listenOn: (listener: Server) => worker.listen(listener) }),
    })
  }

  /** Other machines may reach it. */
  #isExposed(): boolean {
    return !isLoopback(this.#snapshot.config.server.host)
  }

  async #watch(): Promise<void> {
    const { loaded, reload, watch = true, log } = this.#options
    const paths = watchedFiles({ ...loaded, config: this.#snapshot.config })
    if (reload === null || !watch || paths.length === 0) return
    this.#watcher = await watchConfig({
      paths,
      onChange: () => void this.reload(),
      onError: (error) => log.error(null, 'watching the config failed; restart to see later changes', error),
    })
  }

  #swap(next: Snapshot, previous: Snapshot): void {
    this.#snapshot = next
    const { level } = next.config.logging
    if (level !== previous.config.logging.level) this.#options.log.setLevel(level)
    this.#shared.retryBudget.adopt(next.config.retry.budget)
    this.#shared.health.adopt(next.providers, next.config.routing.breaker)
    this.#transports.adopt(next.providers)
    this.#pricing.adopt(next.providers)
    this.#shared.caches.adopt(next.config.cache)
    this.#shared.sessions?.adopt(next.config.sessions)
    this.#shared.reasoning?.adopt(next.config.reasoning)
    this.#oversight.adopt(next.config)
    this.#slow.adopt(next.config.logging)
    this.#monitoring.adopt(next.config)
    this.#access.adopt(next.config)
    if (answersDiffer(previous.config, next.config)) this.#shared.caches.forget({ tenant: null, kind: 'all' })
    void this.#providerSet.ask()
  }

  /** A vendor's list of models has come: the same config with more names. */
  #refresh(): void {
    const { config, providers } = this.#snapshot
    this.#snapshot = buildSnapshot(config, providers, this.#providerSet.reported, boundHosts(config), this.#shared)
  }
}
