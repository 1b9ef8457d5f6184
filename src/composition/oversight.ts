import { Admission } from '../admission/admission.ts'
import type { RateCounter } from '../admission/rate-counter.ts'
import type { Config } from '../config/config.ts'
import { cgroupLimits } from '../observe/cgroup.ts'
import { debugMetrics } from '../observe/debug-metrics.ts'
import { oldGenerationUsed, ownHeapLimit } from '../observe/heap-limit.ts'
import type { Log } from '../observe/log.ts'
import { MemoryMonitor } from '../observe/memory-monitor.ts'
import type { MemoryAlert } from '../observe/memory-monitor.ts'
import { nearestLimit } from '../observe/memory-reading.ts'
import { mergeSnapshots, takeSnapshot } from '../observe/metrics-snapshot.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import type { MetricsSources } from '../observe/metrics-sources.ts'
import { prometheusText } from '../observe/prometheus.ts'
import type { TrafficRecorder } from '../observe/traffic-recorder.ts'
import { metricsRoutes } from '../server/metrics-routes.ts'
import type { PlainRoute } from '../server/plain-route.ts'
import { LocalBus } from '../workers/bus.ts'
import type { WorkerBus } from '../workers/bus.ts'
import { KeyLimits } from './key-limits.ts'
import type { Pricing } from './pricing.ts'
import { logAlert } from './log-alert.ts'
import type { RateCounters } from './rate-counters.ts'
import { SharedMetrics } from './share-metrics.ts'
import { shareRates } from './share-rates.ts'

export interface OversightOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly counters: RateCounters
  readonly traffic: TrafficRecorder
  readonly pricing: Pricing
  /** Of the parts that this one does not own. */
  readonly sources: MetricsSources
  /** Brings figures up to date that have to be asked for. Never rejects. */
  refresh(): Promise<void>
  /** Lets go of what can be made again. */
  relieve(): void
  readonly log: Log
  readonly onAlert: ((alert: MemoryAlert) => void) | undefined
}

/** What concerns requests as a whole: how many there are, how many may come, and whether there is memory for them. */
export class Oversight {
  /** Whether a request is taken now. */
  readonly admission: Admission
  readonly routes: readonly PlainRoute[]
  readonly #options: OversightOptions
  readonly #memory: MemoryMonitor
  #config: Config
  #bus: WorkerBus = new LocalBus()
  #counter: RateCounter | null
  #keyLimits: KeyLimits
  #metrics: SharedMetrics

  constructor(options: OversightOptions) {
    const { config } = options
    const cgroups = cgroupLimits()
    const heapLimit = ownHeapLimit(options.environment['NODE_OPTIONS'] ?? '')
    this.#options = options
    this.#config = config
    this.#counter = this.#newCounter()
    this.#keyLimits = this.#newKeyLimits()
    this.#metrics = new SharedMetrics(
      this.#bus,
      () => this.#own(),
      () => options.traffic.journal.sequence,
    )
    this.#memory = new MemoryMonitor({
      settings: config.memory,
      read: () => nearestLimit(oldGenerationUsed(), heapLimit, cgroups),
      relieve: () => options.relieve(),
      collect: collectorOf(globalThis.gc),
      alert: (alert) => {
        logAlert(alert, options.log)
        options.onAlert?.(alert)
      },
      now,
    })
    this.admission = new Admission({
      hasRoom: (bytes) => this.#memory.hasRoom(bytes),
      received: (bytes) => this.#memory.received(bytes),
      counter: () => this.#counter,
      counterFor: (limit) => this.#keyLimits.counterFor(limit),
      failureLimit: () => this.#config.auth.failureLimit,
      trustedProxies: () => this.#config.server.trustedProxies,
      reached: (what, limit, setting) =>
        options.log.warn(null, 'a rate limit is reached: what is over it gets 429', { what, limit, setting }),
      wallClock: () => Date.now(),
    })
    this.routes = metricsRoutes({
      debug: async () => debugMetrics(await this.figures()),
      prometheus: async () => this.#prometheus(),
    })
  }

  /** From here on memory is watched, and workers count as one. */
  async start(bus: WorkerBus): Promise<void> {
    this.#bus = bus
    this.#counter = this.#newCounter()
    this.#keyLimits = this.#newKeyLimits()
    this.#metrics = new SharedMetrics(
      bus,
      () => this.#own(),
      () => this.#options.traffic.journal.sequence,
    )
    this.#metrics.start()
    this.#memory.start()
    await shareRates(bus, {
      add: (name, count) => {
        if (!this.#keyLimits.add(name, count)) this.#counter?.add(name, count)
      },
      counts: () => new Map([...this.#keyLimits.counts(), ...(this.#counter?.counts() ?? [])]),
    })
  }

  stop(): void {
    this.#memory.stop()
    this.#metrics.stop()
  }

  /** A new config is in force. */
  adopt(config: Config): void {
    const before = this.#config
    this.#config = config
    this.#memory.adopt(config.memory)
    if (JSON.stringify(before.server.rateLimit) === JSON.stringify(config.server.rateLimit)) return
    this.#counter = this.#newCounter()
  }

  #newCounter(): RateCounter | null {
    const { rateLimit } = this.#config.server
    if (rateLimit === null) return null
    return this.#options.counters.make(rateLimit, this.#bus)
  }

  #newKeyLimits(): KeyLimits {
    return new KeyLimits((limit, prefix) => this.#options.counters.make(limit, this.#bus, prefix))
  }

  #own(): MetricsSnapshot {
    const { traffic, sources } = this.#options
    return takeSnapshot(traffic, {
      ...sources,
      admission: () => ({ ...this.admission.stats(), uncounted: this.#options.counters.alone }),
      memory: () => this.#memory.getStats(),
    })
  }

  async #prometheus(): Promise<string> {
    const figures = await this.figures()
    const costs = await this.#options.pricing.reader()
    return prometheusText(figures, costs.costs(figures.traffic.models))
  }

  /** Of all workers together. */
  async figures(): Promise<MetricsSnapshot> {
    await this.#options.refresh()
    const [first, ...others] = await this.#metrics.ofAll()
    return first === undefined ? this.#own() : mergeSnapshots([first, ...others])
  }
}

function collectorOf(collect: NodeJS.GCFunction | undefined): (() => void) | null {
  return collect === undefined ? null : () => collect()
}

function now(): number {
  return performance.now()
}
