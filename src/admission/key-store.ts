import type { VirtualKey } from './virtual-key.ts'

/** What came of a change. `name-taken`: another key has that name, and is not revoked. */
export type KeyChangeResult =
  | { readonly kind: 'changed'; readonly key: VirtualKey }
  | { readonly kind: 'missing' }
  | { readonly kind: 'name-taken' }

/** What is different since a version of the store. */
export interface KeyChanges {
  readonly version: number
  /** The keys that are new or others than they were. */
  readonly keys: readonly VirtualKey[]
  /** These are all keys that there are; whatever else was known is gone. */
  readonly isAll: boolean
}

/** Where keys are kept that are made while the gateway runs. Of secrets it gets nothing but hashes. */
export interface KeyStore {
  /** All of them, revoked ones too, oldest first. */
  list(): Promise<readonly VirtualKey[]>
  /** Null: there is none. */
  get(id: string): Promise<VirtualKey | null>
  /** The key of this name that is not revoked; null: there is none. */
  named(name: string): Promise<VirtualKey | null>
  /** False: another key has that name, and is not revoked. */
  add(key: VirtualKey): Promise<boolean>
  /**
   * Puts what `change` makes of the key in its place; nobody else changes it meanwhile. What `change` throws is thrown, and
   * leaves the key as it was.
   */
  change(id: string, change: (key: VirtualKey) => VirtualKey): Promise<KeyChangeResult>
  /** Forgets the key. False: there was none. */
  remove(id: string): Promise<boolean>
  /** Since a version that this store has told, whoever made the changes; null: everything. Cheap where there are none. */
  changes(since: number | null): Promise<KeyChanges>
}
