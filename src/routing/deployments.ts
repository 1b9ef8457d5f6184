import { LRUCache } from 'lru-cache'
import type { ModelCapabilities } from '../canonical/capabilities.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { Deployment, Provider } from '../providers/provider.ts'
import type { ModelDirectory } from './directory.ts'

export type CapabilitiesOf = (provider: Provider, model: string) => ModelCapabilities

/** Clients choose model names: more than this many, and more characters of them, are forgotten, least recently used first. */
const MOST_DEPLOYMENTS = 5000
const MOST_CHARACTERS = 1_000_000

/** Turns targets of the config into deployments. */
export class Deployments {
  readonly #directory: ModelDirectory
  readonly #capabilitiesOf: CapabilitiesOf
  readonly #known = new LRUCache<string, Deployment>({
    max: MOST_DEPLOYMENTS,
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_deployment, key) => key.length,
  })

  constructor(directory: ModelDirectory, capabilitiesOf: CapabilitiesOf) {
    this.#directory = directory
    this.#capabilitiesOf = capabilitiesOf
  }

  of(provider: Provider, model: string): Deployment {
    const key = `${provider.id}/${model}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const capabilities = this.#capabilitiesOf(provider, model)
    const deployment = { key, provider, model: ownCopy(model), capabilities }
    this.#known.set(key, deployment)
    return deployment
  }

  /**
   * `provider/model`, `provider/*` for the name that the client asked for, or `provider` alone. Null when it names no
   * provider.
   */
  resolve(target: string, asked: string): Deployment | null {
    const named = this.#directory.split(target)
    const provider = named?.provider ?? this.#directory.provider(target)
    if (provider === null) return null
    if (named !== null && named.model !== '*' && named.model !== '') return this.explicit(provider, named.model)
    const wanted = this.#withoutOwnPrefix(provider, asked)
    const carried = named?.model === '*'
    const model = carried
      ? (this.#directory.nameAt(provider, wanted) ?? provider.defaultModel ?? wanted)
      : this.#directory.modelFor(provider, wanted)
    return this.of(provider, model)
  }

  /** What was asked of this provider by name goes there even if nobody has heard of it. */
  explicit(provider: Provider, model: string): Deployment {
    return this.of(provider, this.#directory.nameAt(provider, model) ?? model)
  }

  #withoutOwnPrefix(provider: Provider, asked: string): string {
    const named = this.#directory.split(asked)
    return named?.provider === provider ? named.model : asked
  }
}
