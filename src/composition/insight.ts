import { LoopLag } from '../observe/loop-lag.ts'
import type { LoopLagFigures } from '../observe/loop-lag.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import { overviewOf } from '../observe/overview-of.ts'
import type { ProviderFacts } from '../observe/overview-of.ts'
import type { SessionLine, SessionList } from '../observe/overview.ts'
import { SERIES_INTERVAL, SeriesRecorder } from '../observe/series-recorder.ts'
import type { TrafficRecorder } from '../observe/traffic-recorder.ts'
import { adminRoutes } from '../server/admin-routes.ts'
import type { AdminFigures } from '../server/admin-routes.ts'
import { dashboardRoute } from '../server/dashboard-route.ts'
import type { DashboardOptions } from '../server/dashboard-route.ts'
import { statusOf } from '../server/health.ts'
import type { HealthOptions } from '../server/health.ts'
import { assetRoute, pageAnswer } from '../server/page-routes.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import { writeSessionPlace } from '../server/session-place.ts'
import { readDetails } from '../sessions/session-codec.ts'
import type { OwnedRecord } from '../sessions/session-store.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { LocalBus } from '../workers/bus.ts'
import type { WorkerBus } from '../workers/bus.ts'
import { dashboardFiles } from './dashboard-files.ts'
import type { Pricing } from './pricing.ts'
import { answerWithJournal, journalOfAll } from './share-journal.ts'
import { answerWithSeries, seriesOfAll } from './share-series.ts'

export interface InsightOptions {
  readonly traffic: TrafficRecorder
  readonly pricing: Pricing
  /** Of all workers. */
  readonly figures: () => Promise<MetricsSnapshot>
  readonly providers: () => readonly ProviderFacts[]
  readonly health: HealthOptions
  readonly sessions: Sessions | null
  /** Of holders of keys, by their tenants. */
  readonly keyNames: () => ReadonlyMap<string, string>
  readonly inFlight: () => number
  /** Does the caller have the admin token? */
  readonly isAdmin: DashboardOptions['isAdmin']
}

/** What the gateway tells whoever runs it: how it is, how it went, and what it was asked. */
export class Insight {
  readonly routes: readonly PlainRoute[]
  readonly #options: InsightOptions
  readonly #lag = new LoopLag()
  readonly #series: SeriesRecorder
  #bus: WorkerBus = new LocalBus()

  constructor(options: InsightOptions) {
    const { traffic, pricing, sessions } = options
    this.#options = options
    this.#series = new SeriesRecorder({
      traffic: () => traffic.totals(),
      spent: async () => (await pricing.reader()).spentOn(traffic.usage()),
      memory: () => process.memoryUsage(),
      inFlight: options.inFlight,
      sessions: () => sessions?.figures.recent.active ?? 0,
      loopLag: (isIdle) => this.#loopLag(isIdle),
      wallClock: () => Date.now(),
    })
    const figures = this.#figures()
    const files = dashboardFiles()
    this.routes = [
      ...adminRoutes(figures),
      dashboardRoute({
        figures,
        exposed: options.health.exposed,
        isAdmin: options.isAdmin,
        page: () => pageAnswer(files),
      }),
      assetRoute(files),
    ]
  }

  get lag(): LoopLagFigures {
    return this.#lag.worst()
  }

  /** From here on it is watched how things go, and workers count as one. */
  start(bus: WorkerBus): void {
    this.#bus = bus
    answerWithSeries(bus, this.#series)
    answerWithJournal(bus, this.#options.traffic.journal)
    this.#restLag()
    this.#series.start()
  }

  stop(): void {
    this.#lag.stop()
    this.#options.traffic.onNext(() => {})
    this.#series.stop()
  }

  #loopLag(isIdle: boolean): number {
    const { p99 } = this.#lag.turn()
    if (isIdle) this.#restLag()
    else this.#lag.start()
    return p99
  }

  /** Looking wakes a process up that does nothing else: nobody waits for its event loop. */
  #restLag(): void {
    this.#lag.stop()
    this.#options.traffic.onNext(() => this.#lag.start())
  }

  #figures(): AdminFigures {
    const { pricing, figures, providers, health } = this.#options
    return {
      overview: async () => {
        const { service, version } = health
        const [costs, snapshot] = await Promise.all([pricing.reader(), figures()])
        return overviewOf(snapshot, {
          service,
          version,
          status: statusOf(health, snapshot.blocks.breakers ?? []),
          providers: providers(),
          costOf: (usage) => costs.costOf(usage),
        })
      },
      series: async (minutes) => ({
        interval: SERIES_INTERVAL,
        points: await seriesOfAll(this.#bus, Date.now() - minutes * 60_000),
      }),
      requests: async (asked) => {
        const costs = await pricing.reader()
        return journalOfAll(this.#bus, asked, ({ line: { provider, model }, billed }) =>
          provider === null || model === null || billed === null ? null : costs.dollarsOf(provider, model, billed),
        )
      },
      sessions: (page) => this.#listSessions(page),
    }
  }

  async #listSessions({ limit, after }: Parameters<AdminFigures['sessions']>[0]): Promise<SessionList> {
    // One more than is shown tells whether there are more.
    const found = (await this.#options.sessions?.listAll({ limit: limit + 1, after })) ?? []
    const shown = found.slice(0, limit)
    const last = found.length > limit ? shown.at(-1) : undefined
    const names = this.#options.keyNames()
    return {
      object: 'list',
      // A key may have another name by now; the bearer of a token has the one that it came with.
      data: shown.map((record) => sessionLine(record, names.get(record.tenant) ?? readDetails(record.details).owner)),
      cursor: last === undefined ? null : writeSessionPlace(last),
    }
  }
}

function sessionLine(
  { id, messages, bytes, created, lastUsed, expires }: OwnedRecord,
  keyName: string | null,
): SessionLine {
  return { id, keyName, messages, bytes, createdAt: created, lastUsedAt: lastUsed, expiresAt: expires }
}
