import type { VirtualKey } from './virtual-key.ts'

/** What came of a change. `name-taken`: another key has that name, and is not revoked. */
export type KeyChangeResult =
  | { readonly kind: 'changed'; readonly key: VirtualKey }
  | { readonly kind: 'missing' }
  | { readonly kind: 'name-taken' }

/** Where keys are kept that are made while the gateway runs. Of secrets it gets nothing but hashes. */
export interface KeyStore {
  /** All of them, revoked ones too, oldest first. */
  list(): Promise<readonly VirtualKey[]>
  /** Null: there is none. */
  get(id: string): Promise<VirtualKey | null>
  /** False: another key has that name, and is not revoked. */
  add(key: VirtualKey): Promise<boolean>
  /**
   * Puts what `change` makes of the key in its place; nobody else changes it meanwhile. What `change` throws is thrown, and
   * leaves the key as it was.
   */
  change(id: string, change: (key: VirtualKey) => VirtualKey): Promise<KeyChangeResult>
  /** Forgets the key. False: there was none. */
  remove(id: string): Promise<boolean>
  /** Another number after each change, whoever made it. Cheap enough to be asked for all the time. */
  version(): Promise<number>
}
