import type { KeyChangeResult, KeyStore } from '../../admission/key-store.ts'
import type { VirtualKey } from '../../admission/virtual-key.ts'

/** Keeps keys as long as the process runs. */
export class MemoryKeyStore implements KeyStore {
  readonly #keys = new Map<string, VirtualKey>()
  #version = 0

  async list(): Promise<readonly VirtualKey[]> {
    return [...this.#keys.values()]
  }

  async get(id: string): Promise<VirtualKey | null> {
    return this.#keys.get(id) ?? null
  }

  async add(key: VirtualKey): Promise<boolean> {
    if (this.#isTaken(key)) return false
    this.#put(key)
    return true
  }

  async change(id: string, change: (key: VirtualKey) => VirtualKey): Promise<KeyChangeResult> {
    const before = this.#keys.get(id)
    if (before === undefined) return { kind: 'missing' }
    const key = change(before)
    if (this.#isTaken(key)) return { kind: 'name-taken' }
    this.#put(key)
    return { kind: 'changed', key }
  }

  async remove(id: string): Promise<boolean> {
    this.#version++
    return this.#keys.delete(id)
  }

  async version(): Promise<number> {
    return this.#version
  }

  #put(key: VirtualKey): void {
    this.#keys.set(key.id, key)
    this.#version++
  }

  #isTaken({ id, name, revokedAt }: VirtualKey): boolean {
    if (revokedAt !== null) return false
    return [...this.#keys.values()].some((key) => key.name === name && key.id !== id && key.revokedAt === null)
  }
}
