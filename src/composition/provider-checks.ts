import type { HealthCheckSettings } from '../config/config.ts'
import type { Abort } from '../exchange/vendor-models.ts'
import type { Log } from '../observe/log.ts'
import type { Provider } from '../providers/provider.ts'
import type { ProviderHealth } from '../server/health.ts'
import { LocalBus } from '../workers/bus.ts'
import type { Topic, WorkerBus } from '../workers/bus.ts'

export type CheckResult =
  | { readonly status: 'up' | 'unchecked' }
  /** `why`: one clause for people. */
  | { readonly status: 'down'; readonly why: string }

export interface ProviderChecksOptions {
  readonly settings: HealthCheckSettings
  /** The enabled ones. */
  readonly providers: () => readonly Provider[]
  /** Asks one, which may take so many milliseconds. Costs nothing. */
  readonly check: (provider: Provider, milliseconds: number, abort: Abort) => Promise<CheckResult>
  /** Of all workers one asks. */
  readonly leads: () => boolean
  /** 0 to 1. */
  readonly random: () => number
  readonly log: Log
}

/** Milliseconds within which the first round begins. */
const FIRST_WITHIN = 5000

const FOUND: Topic<string> = { name: 'provider checks', read: (data) => (typeof data === 'string' ? data : null) }

/** Asks the providers now and then whether they are well, and lets all workers know. */
export class ProviderChecks {
  readonly #options: ProviderChecksOptions
  #settings: HealthCheckSettings
  #bus: WorkerBus = new LocalBus()
  #timer: NodeJS.Timeout | null = null
  #found: readonly ProviderHealth[] = []
  #underWay: (() => void)[] = []
  #isClosed = false

  constructor(options: ProviderChecksOptions) {
    this.#options = options
    this.#settings = options.settings
  }

  start(bus: WorkerBus): void {
    this.#bus = bus
    bus.subscribe(FOUND, (text) => this.#hear(text))
    this.#begin()
  }

  adopt(settings: HealthCheckSettings): void {
    const before = this.#settings
    this.#settings = settings
    if (JSON.stringify(before) !== JSON.stringify(settings)) this.#begin()
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const abort of this.#underWay) abort()
  }

  /** Of the providers that there still are. Null where none are asked. */
  results(): readonly ProviderHealth[] | null {
    if (!this.#settings.enabled) return null
    const ids = new Set(this.#options.providers().map(({ id }) => id))
    return this.#found.filter(({ id }) => ids.has(id))
  }

  /** Zeros in the workers that do not ask. */
  counts(): { readonly checked: number; readonly down: number } {
    const results = this.#options.leads() ? (this.results() ?? []) : []
    return {
      checked: results.filter(({ status }) => status !== 'unchecked').length,
      down: results.filter(({ status }) => status === 'down').length,
    }
  }

  #begin(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (!this.#settings.enabled) return
    const { interval } = this.#settings
    this.#schedule(Math.min(interval, FIRST_WITHIN) * this.#options.random())
  }

  /** Many gateways that were started together do not all ask together. */
  #schedule(milliseconds: number): void {
    if (this.#isClosed) return
    const timer = setTimeout(() => {
      void this.#round().then(() => {
        // Another round may have been begun meanwhile.
        if (this.#timer === timer) this.#schedule(this.#settings.interval * (0.9 + this.#options.random() / 5))
      })
    }, milliseconds).unref()
    this.#timer = timer
  }

  async #round(): Promise<void> {
    const { leads, providers } = this.#options
    if (!leads()) return
    this.#underWay = []
    const found = await Promise.all(providers().map((provider) => this.#check(provider)))
    if (this.#isClosed) return
    this.#tell(found)
    this.#found = found
    this.#bus.publish(FOUND, JSON.stringify(found))
  }

  async #check(provider: Provider): Promise<ProviderHealth> {
    const { check, log } = this.#options
    const { id } = provider
    const checkedAt = new Date().toISOString()
    const start = performance.now()
    try {
      const result = await check(provider, this.#settings.timeout, {
        onAbort: (callback) => this.#underWay.push(callback),
      })
      if (result.status === 'unchecked') return { id, status: 'unchecked', latency: null, checkedAt, error: null }
      const latency = Math.round(performance.now() - start)
      return { id, status: result.status, latency, checkedAt, error: result.status === 'down' ? result.why : null }
    } catch (thrown) {
      log.error(null, 'checking a provider failed', thrown)
      return { id, status: 'unchecked', latency: null, checkedAt, error: null }
    }
  }

  #tell(found: readonly ProviderHealth[]): void {
    const before = new Map(this.#found.map(({ id, status }) => [id, status]))
    for (const { id, status, error } of found) {
      if (status === (before.get(id) ?? 'up')) continue
      if (status === 'down') this.#options.log.warn(null, `provider "${id}" is down`, { why: error ?? '' })
      else if (before.get(id) === 'down') this.#options.log.info(`provider "${id}" is up again`)
    }
  }

  #hear(text: string): void {
    const found: unknown = JSON.parse(text)
    if (isList(found)) this.#found = found
  }
}

/** Workers run the same version of the same program. */
function isList(data: unknown): data is readonly ProviderHealth[] {
  return Array.isArray(data)
}
