import type { Principal } from '../exchange/client.ts'
import { principalOf, refusedFrom } from './virtual-key.ts'
import type { VirtualKey } from './virtual-key.ts'

interface Entry {
  readonly principal: Principal
  /** Unix milliseconds from which on it is refused. */
  readonly until: number
}

/** All keys in memory, so that a request costs a look and no wait. Those of the config, and those of the store. */
export class KeyRing {
  readonly #wallClock: () => number
  #configured = new KeyIndex()
  #stored = new KeyIndex()
  #locked = false

  /** `wallClock` gives Unix milliseconds. */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock
  }

  /** There surely is no key at all, not even one that is refused. */
  get empty(): boolean {
    return this.#configured.empty && this.#stored.empty && !this.#locked
  }

  adoptConfigured(keys: readonly VirtualKey[]): void {
    this.#configured = indexOf(keys)
  }

  /** These are all that the store has. */
  adoptStored(keys: readonly VirtualKey[]): void {
    this.#stored = indexOf(keys)
    this.#locked = false
  }

  /** A key of the store is new, or another than it was. */
  put(key: VirtualKey): void {
    this.#stored.put(key)
  }

  /** The store cannot be read: there may be keys that nobody knows of. */
  lock(): void {
    this.#locked = true
  }

  /** There may be keys of the store that nobody knows of. */
  get locked(): boolean {
    return this.#locked
  }

  /** What is known of the store is too old to be believed. */
  forgetStored(): void {
    this.#stored = new KeyIndex()
    this.#locked = true
  }

  /** Whose key has this SHA-256, hexadecimal; null for nobody's, and for one that is not accepted now. */
  find(digest: string): Principal | null {
    // How long a look takes says at most something about a digest, which a guesser can neither steer nor turn into a key.
    // Where two claim the same, the config's goes before the store's: the operator can always read what holds.
    const entry = this.#configured.entry(digest) ?? this.#stored.entry(digest)
    if (entry === undefined) return null
    return entry.until === Infinity || entry.until > this.#wallClock() ? entry.principal : null
  }

  /** How many are accepted now. */
  counts(): { readonly configured: number; readonly stored: number } {
    const now = this.#wallClock()
    const accepted = (index: KeyIndex): number => [...index.keys()].filter((key) => refusedFrom(key) > now).length
    return { configured: accepted(this.#configured), stored: accepted(this.#stored) }
  }

  /** What keys are called, by their tenants; those that are refused too. */
  namesByTenant(): ReadonlyMap<string, string> {
    return new Map([...this.#stored.keys(), ...this.#configured.keys()].map(({ tenant, name }) => [tenant, name]))
  }

  /** Who the holder of the key of this name is; null where it is not accepted now. */
  named(name: string): Principal | null {
    const key = this.#configured.named(name) ?? this.#stored.named(name)
    return key !== undefined && refusedFrom(key) > this.#wallClock() ? principalOf(key) : null
  }
}

/** Keys by all that they are found by. */
class KeyIndex {
  readonly #keys = new Map<string, VirtualKey>()
  /** By hash, hexadecimal. */
  readonly #entries = new Map<string, Entry>()
  readonly #names = new Map<string, VirtualKey>()

  get empty(): boolean {
    return this.#keys.size === 0
  }

  keys(): Iterable<VirtualKey> {
    return this.#keys.values()
  }

  entry(hex: string): Entry | undefined {
    return this.#entries.get(hex)
  }

  named(name: string): VirtualKey | undefined {
    return this.#names.get(name)
  }

  put(key: VirtualKey): void {
    const { id, name } = key
    this.#forget(id)
    this.#keys.set(id, key)
    const end = refusedFrom(key)
    // The name of a key that is gone is free for another.
    if (key.revokedAt === null) this.#names.set(name, key)
    const principal = principalOf(key)
    for (const { hash, expiresAt } of key.secrets) {
      const hex = hexOf(hash)
      const until = Math.min(end, expiresAt ?? Infinity)
      this.#entries.set(hex, { principal, until })
    }
  }

  /** What the key was found by before. Another one may have got its name since. */
  #forget(id: string): void {
    const before = this.#keys.get(id)
    if (before === undefined) return
    for (const { hash } of before.secrets) this.#entries.delete(hexOf(hash))
    if (this.#names.get(before.name)?.id === id) this.#names.delete(before.name)
  }
}

function indexOf(keys: readonly VirtualKey[]): KeyIndex {
  const index = new KeyIndex()
  for (const key of keys) index.put(key)
  return index
}

function hexOf(hash: string): string {
  return hash.slice('sha256:'.length)
}
