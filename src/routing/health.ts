import { LRUCache } from 'lru-cache'
import type { Provider } from '../providers/provider.ts'
import { Breaker, type BreakerChange } from './breaker.ts'
import type { CooldownReason, DeploymentHealth, Health, Permit } from './route.ts'
import type { BreakerSettings } from './settings.ts'

/**
 * Clients choose model names, and with them keys: more than this many, and more characters of them, are forgotten, least
 * recently used first.
 */
const MOST_KEYS = 10_000
const MOST_CHARACTERS = 1_000_000

/** What the breaker of one deployment did. */
export type HealthChange = BreakerChange & { readonly key: string }

/** Breakers and cooldowns of all deployments. One object for the life of the process: a reload adopts it. */
export class HealthRegistry implements Health {
  readonly #now: () => number
  readonly #breakers = new LRUCache<string, Breaker>({
    max: MOST_KEYS,
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_breaker, key) => key.length,
  })
  #settings: BreakerSettings
  #identities: ReadonlyMap<string, string> = new Map()
  #onChange: (change: HealthChange) => void = () => {}

  /** `now` gives monotonic milliseconds. */
  constructor(settings: BreakerSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
  }

  /**
   * A new config is in force. Forgets providers that are gone, and those that are not the same any more: a breaker that an
   * old key or an old host opened says nothing about the new one.
   */
  adopt(providers: readonly Provider[], settings: BreakerSettings): void {
    this.#settings = settings
    const before = this.#identities
    const after = new Map(providers.map((provider) => [provider.id, identityOf(provider)]))
    for (const key of this.#breakers.keys()) {
      const id = key.slice(0, key.indexOf('/'))
      const identity = after.get(id)
      if (identity === undefined || (before.get(id) ?? identity) !== identity) this.#breakers.delete(key)
    }
    this.#identities = after
  }

  acquire(key: string): Permit | null {
    return this.#breaker(key).acquire()
  }

  blockedFor(key: string): number {
    return this.#breakers.get(key)?.blockedFor() ?? 0
  }

  isRateLimited(key: string): boolean {
    return this.#breakers.get(key)?.isRateLimited ?? false
  }

  coolDown(key: string, milliseconds: number, why: CooldownReason): void {
    this.#breaker(key).coolDown(milliseconds, why)
  }

  /** Calls `listener` for what happens here, not for what `apply` brings in. One listener. */
  onChange(listener: (change: HealthChange) => void): void {
    this.#onChange = listener
  }

  /** Takes over what happened to a deployment in another process. */
  apply({ key, ...change }: HealthChange): void {
    this.#breaker(key).apply(change)
  }

  /** What another registry has to apply to block what this one blocks. */
  changes(): readonly HealthChange[] {
    return [...this.#breakers.entries()].flatMap(([key, breaker]) =>
      breaker.changes().map((change) => ({ ...change, key })),
    )
  }

  snapshot(): readonly DeploymentHealth[] {
    return [...this.#breakers.entries()].map(([key, breaker]) => breaker.snapshot(key))
  }

  #breaker(key: string): Breaker {
    const known = this.#breakers.get(key)
    if (known !== undefined) return known
    const breaker = new Breaker(
      () => this.#settings,
      this.#now,
      (change) => this.#onChange({ ...change, key }),
    )
    this.#breakers.set(key, breaker)
    return breaker
  }
}

function identityOf({ origin, basePath, credential }: Provider): string {
  return `${origin}${basePath} ${credential?.hint ?? ''}`
}
