import type { LoadedConfig } from '../config/load.ts'
import { ConfigError, problemWithoutPlace } from '../config/problem.ts'
import { collect } from '../exchange/collect.ts'
import { listVendorModels } from '../exchange/vendor-models.ts'
import type { Log } from '../observe/log.ts'
import { PROTOCOLS } from '../protocols/index.ts'
import { configureProvider } from '../providers/configure.ts'
import { defaultSettings } from '../providers/default-settings.ts'
import { localProviders, providersFromEnvironment } from '../providers/discover.ts'
import type { CopilotDependencies } from '../providers/github-copilot.ts'
import type { Provider } from '../providers/provider.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import { ProviderSettingsError } from '../providers/settings-error.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { findClaude } from '../upstream/claude-code/find-program.ts'
import type { Transport } from '../upstream/transport.ts'
import { fetchTextOver } from './fetch-text.ts'
import { storedKeys } from './stored-keys.ts'

export interface ProviderSetOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly transport: Transport
  readonly log: Log
  /** May vendors and local ports be asked? Not in a dry run. */
  readonly ask: boolean
}

/** Milliseconds that a start waits for vendors' model lists. They go on arriving afterwards. */
const PATIENCE = 300

/** The providers in use and what vendors said about their models. Keeps both over reloads. */
export class ProviderSet {
  readonly #options: ProviderSetOptions
  readonly #sources = new Map<string, string>()
  readonly #reported = new Map<string, readonly string[]>()
  #providers: readonly Provider[] = []
  #simulator: Simulator | null = null
  #found: readonly ProviderSettings[] | null = null
  #onReported: () => void = () => {}

  constructor(options: ProviderSetOptions) {
    this.#options = options
  }

  /** By provider id. */
  get reported(): ReadonlyMap<string, readonly string[]> {
    return this.#reported
  }

  sourceOf(id: string): string {
    return this.#sources.get(id) ?? ''
  }

  /** Calls back each time a vendor's list has changed what is known. */
  onReported(callback: () => void): void {
    this.#onReported = callback
  }

  /** The enabled providers of this config. Throws ConfigError. */
  async configure(loaded: LoadedConfig): Promise<readonly Provider[]> {
    const { config } = loaded
    const settings = config.discover ? await this.#discover(loaded) : config.providers
    const providers: Provider[] = []
    for (const entry of settings) {
      if (!entry.enabled) continue
      this.#options.log.hide([entry.apiKey ?? '', ...Object.values(entry.headers)])
      providers.push(this.#configure(await this.#located(entry)))
      this.#sources.set(entry.id, entry.source)
    }
    this.#providers = providers
    return providers
  }

  /** Asks vendors whose models the config does not list; resolves when all have answered or patience is over. */
  async ask(): Promise<void> {
    if (!this.#options.ask) return
    const asked = this.#providers.filter(({ models }) => models.length === 0).map((provider) => this.#list(provider))
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE)
    })
    await Promise.race([Promise.all(asked), patience])
    clearTimeout(timer)
  }

  async close(): Promise<void> {
    await this.#simulator?.close()
  }

  async #discover({ config, credentials }: LoadedConfig): Promise<readonly ProviderSettings[]> {
    if (this.#found === null) {
      const { environment, ask } = this.#options
      const local = ask ? await localProviders((url) => this.#probe(url)) : []
      const found = [...providersFromEnvironment(environment, await storedKeys(credentials)), ...local]
      this.#found = found.length === 0 ? await this.#installed() : found
    }
    const simulator = defaultSettings({
      id: 'sim',
      type: 'simulator',
      source: 'built in, because no provider was found',
    })
    const found = this.#found.length === 0 ? [simulator] : this.#found
    return found.map((entry) => ({ ...entry, timeouts: config.timeouts }))
  }

  /** Claude Code with the login that it has, where nothing else was found. */
  async #installed(): Promise<readonly ProviderSettings[]> {
    const { environment, home } = this.#options
    const program = await findClaude({ environment, home })
    if (program === null) return []
    return [defaultSettings({ id: 'claude-code', type: 'claude-code', source: `installed at ${program}` })]
  }

  async #probe(url: string): Promise<string | null> {
    const { origin, pathname } = new URL(url)
    const timeouts = { connect: 250, firstByte: 500, idle: 500, total: 1000 }
    const headers = { accept: 'application/json', 'accept-encoding': 'identity' }
    const request = { origin, method: 'GET', path: pathname, headers, body: null, timeouts } as const
    const answer = await collect(this.#options.transport, request, null)
    return answer?.status === 200 ? answer.body.toString('utf8') : null
  }

  /** The built-in simulator is told its address by the system. */
  async #located(settings: ProviderSettings): Promise<ProviderSettings> {
    if (settings.type !== 'simulator' || settings.baseUrl !== null) return settings
    if (!this.#options.ask) return { ...settings, baseUrl: 'http://127.0.0.1:9' }
    if (this.#simulator === null) {
      const { startSimulator } = await import('../simulator/simulator.ts')
      this.#simulator = await startSimulator({ journal: false })
    }
    return { ...settings, baseUrl: this.#simulator.url }
  }

  #configure(settings: ProviderSettings): Provider {
    try {
      return configureProvider(settings, { copilot: this.#copilot() })
    } catch (thrown) {
      if (!(thrown instanceof ProviderSettingsError)) throw thrown
      const { message, fix, field } = thrown
      throw new ConfigError([
        problemWithoutPlace({ severity: 'error', message: `provider "${settings.id}": ${field} ${message}`, fix }),
      ])
    }
  }

  async #list(provider: Provider): Promise<void> {
    const list = await listVendorModels(provider, PROTOCOLS, this.#options.transport)
    if (list.status === 'failed') {
      this.#options.log.warn(null, `provider "${provider.id}" lists no models: ${list.why}`)
      return
    }
    if (list.status === 'unavailable') return
    const models = list.models.map(({ id }) => id)
    if (this.#reported.get(provider.id)?.join('\n') === models.join('\n')) return
    this.#reported.set(provider.id, models)
    this.#onReported()
  }

  /** How the short-lived tokens of Copilot are fetched. */
  #copilot(): CopilotDependencies {
    return {
      wallClock: () => Date.now(),
      fetchText: fetchTextOver(this.#options.transport),
    }
  }
}
