import type { KeyChangeResult, KeyChanges, KeyStore } from '../../admission/key-store.ts'
import type { VirtualKey } from '../../admission/virtual-key.ts'

interface Entry {
  readonly key: VirtualKey
  /** Of the store, since the key is like this. */
  readonly version: number
}

/** Keeps keys as long as the process runs. */
export class MemoryKeyStore implements KeyStore {
  readonly #entries = new Map<string, Entry>()
  #version = 0
  /** When a key was forgotten last. */
  #removed = 0

  async list(): Promise<readonly VirtualKey[]> {
    return this.#keys()
  }

  async get(id: string): Promise<VirtualKey | null> {
    return this.#entries.get(id)?.key ?? null
  }

  async named(name: string): Promise<VirtualKey | null> {
    return this.#keys().find((key) => key.name === name && key.revokedAt === null) ?? null
  }

  async add(key: VirtualKey): Promise<boolean> {
    if (this.#isTaken(key)) return false
    this.#put(key)
    return true
  }

  async change(id: string, change: (key: VirtualKey) => VirtualKey): Promise<KeyChangeResult> {
    const before = this.#entries.get(id)
    if (before === undefined) return { kind: 'missing' }
    const key = change(before.key)
    if (this.#isTaken(key)) return { kind: 'name-taken' }
    this.#put(key)
    return { kind: 'changed', key }
  }

  async remove(id: string): Promise<boolean> {
    this.#removed = ++this.#version
    return this.#entries.delete(id)
  }

  async changes(since: number | null): Promise<KeyChanges> {
    const version = this.#version
    if (since === null || since < this.#removed) return { version, keys: this.#keys(), isAll: true }
    const changed = [...this.#entries.values()].filter((entry) => entry.version > since)
    return { version, keys: changed.map(({ key }) => key), isAll: false }
  }

  #keys(): readonly VirtualKey[] {
    return [...this.#entries.values()].map(({ key }) => key)
  }

  #put(key: VirtualKey): void {
    this.#entries.set(key.id, { key, version: ++this.#version })
  }

  #isTaken({ id, name, revokedAt }: VirtualKey): boolean {
    if (revokedAt !== null) return false
    return this.#keys().some((key) => key.name === name && key.id !== id && key.revokedAt === null)
  }
}
