import { homedir } from 'node:os'
import type { Config } from '../config/config.ts'
import type { Log } from '../observe/log.ts'
import type { MemoryAlert } from '../observe/memory-monitor.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import type { MetricsSources } from '../observe/metrics-sources.ts'
import type { Provider } from '../providers/provider.ts'
import type { HealthOptions } from '../server/health.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import type { WorkerHealth } from '../server/worker-health.ts'
import type { Transport } from '../upstream/transport.ts'
import type { WorkerBus } from '../workers/bus.ts'
import { Alerting } from './alerting.ts'
import { checkProviderWith } from './check-provider.ts'
import { postOver } from './post-over.ts'
import { ProviderChecks } from './provider-checks.ts'
import { WorkerHealths } from './share-worker-health.ts'
import type { StateDatabase } from './state-database.ts'

export interface MonitoringOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly database: StateDatabase
  readonly transport: Transport
  readonly log: Log
  readonly version: string
  /** Of all workers as one. */
  readonly figures: () => Promise<MetricsSnapshot>
  /** The enabled ones. */
  readonly providers: () => readonly Provider[]
  /** How this worker is. */
  readonly health: () => WorkerHealth
  /** Of all workers one looks at figures and providers. */
  readonly leads: () => boolean
}

/** Whatever watches the gateway as a whole: alerts, checks of the providers, and how all workers are. */
export class Monitoring {
  readonly routes: readonly PlainRoute[]
  readonly sources: Pick<MetricsSources, 'alerts' | 'providerChecks'>
  /** What health checks ask for. */
  readonly answers: Pick<HealthOptions, 'others' | 'providers'>
  readonly #options: MonitoringOptions
  readonly #alerting: Alerting
  readonly #checks: ProviderChecks
  #workers: WorkerHealths | null = null

  constructor(options: MonitoringOptions) {
    const { config, environment, database, transport, log, version, figures, providers, leads } = options
    this.#options = options
    this.#alerting = new Alerting({
      config,
      database,
      poster: postOver(transport),
      log,
      version,
      measure: figures,
      leads,
    })
    this.#checks = new ProviderChecks({
      settings: config.healthChecks,
      providers,
      check: checkProviderWith({ transport, environment, home: homedir() }),
      leads,
      random: Math.random,
      log,
    })
    this.routes = this.#alerting.routes
    this.sources = { alerts: () => this.#alerting.counts(), providerChecks: () => this.#checks.counts() }
    this.answers = {
      others: async () => (await this.#workers?.others()) ?? [],
      providers: () => this.#checks.results(),
    }
  }

  start(bus: WorkerBus): void {
    this.#workers = new WorkerHealths(bus, this.#options.health)
    this.#alerting.start(bus)
    this.#checks.start(bus)
  }

  /** This worker acts on its memory. */
  note(alert: MemoryAlert): void {
    this.#alerting.noteMemory(alert)
  }

  /** A new config is in force. */
  adopt(config: Config): void {
    this.#alerting.adopt(config)
    this.#checks.adopt(config.healthChecks)
  }

  close(): void {
    this.#alerting.close()
    this.#checks.close()
  }
}
