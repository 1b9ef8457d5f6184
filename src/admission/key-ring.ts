import { timingSafeEqual } from 'node:crypto'
import type { Principal } from '../exchange/client.ts'
import { principalOf, refusedFrom } from './virtual-key.ts'
import type { VirtualKey } from './virtual-key.ts'

interface Entry {
  readonly digest: Buffer
  readonly principal: Principal
  /** Unix milliseconds from which on it is refused. */
  readonly until: number
}

/** All keys in memory, so that a request costs one look and no wait. Those of the config, and those of the store. */
export class KeyRing {
  readonly #wallClock: () => number
  #configured: readonly VirtualKey[] = []
  #locked = false
  #stored: readonly VirtualKey[] = []
  /** By hash, hexadecimal. */
  #entries = new Map<string, Entry>()
  /** Of the keys in force, by name. */
  #named = new Map<string, VirtualKey>()

  /** `wallClock` gives Unix milliseconds. */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock
  }

  /** There surely is no key at all, not even one that is refused. */
  get empty(): boolean {
    return this.#configured.length === 0 && this.#stored.length === 0 && !this.#locked
  }

  adoptConfigured(keys: readonly VirtualKey[]): void {
    this.#configured = keys
    this.#rebuild()
  }

  adoptStored(keys: readonly VirtualKey[]): void {
    this.#locked = false
    this.#stored = keys
    this.#rebuild()
  }

  /** The store cannot be read: there may be keys that nobody knows of. */
  lock(): void {
    this.#locked = true
  }

  /** Whose key has this SHA-256; null for nobody's, and for one that is not accepted now. */
  find(digest: Buffer): Principal | null {
    // The map finds by a hash that a guesser cannot steer; the comparison then takes the same time for any bytes.
    const entry = this.#entries.get(digest.toString('hex'))
    if (entry === undefined || !timingSafeEqual(entry.digest, digest)) return null
    return entry.until > this.#wallClock() ? entry.principal : null
  }

  /** Who the holder of the key of this name is; null where it is not accepted now. */
  named(name: string): Principal | null {
    const key = this.#named.get(name)
    return key !== undefined && refusedFrom(key) > this.#wallClock() ? principalOf(key) : null
  }

  /** Where two claim the same, the config's goes before the store's: the operator can always read what holds. */
  #rebuild(): void {
    const entries = new Map<string, Entry>()
    const named = new Map<string, VirtualKey>()
    for (const key of [...this.#configured, ...this.#stored].toReversed()) {
      const end = refusedFrom(key)
      const principal = principalOf(key)
      // The name of a key that is gone is free for another.
      if (end > 0) named.set(key.name, key)
      for (const { hash, expiresAt } of key.secrets) {
        const hex = hash.slice('sha256:'.length)
        const until = Math.min(end, expiresAt ?? Infinity)
        entries.set(hex, { digest: Buffer.from(hex, 'hex'), principal, until })
      }
    }
    this.#entries = entries
    this.#named = named
  }
}
