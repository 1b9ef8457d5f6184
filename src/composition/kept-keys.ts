import { access } from 'node:fs/promises'
import { KeyRegistry } from '../admission/key-registry.ts'
import type { KeyRing } from '../admission/key-ring.ts'
import type { KeyStore } from '../admission/key-store.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import type { Observer } from '../observe/observer.ts'
import { MemoryKeyStore } from '../store/memory/key-store.ts'
import { fieldsOf } from '../workers/bus.ts'
import type { Fields, Topic, WorkerBus } from '../workers/bus.ts'
import { databaseIn, openKeyStore } from './open-key-store.ts'
import type { OpenKeyStore } from './open-key-store.ts'

export interface KeptKeysOptions {
  readonly ring: KeyRing
  /** Where the database file is; null: keys last as long as the process. */
  readonly folder: string | null
  readonly observer: Pick<Observer, 'error'>
  isReserved(name: string): boolean
}

const CHANGED: Topic<Fields> = { name: 'key changed', read: fieldsOf }

/** The keys that are made while the gateway runs: in the store, in this process's ring, and in those of all other workers. */
export class KeptKeys {
  readonly registry: KeyRegistry
  readonly #options: KeptKeysOptions
  #bus: WorkerBus | null = null
  #opened: Promise<OpenKeyStore> | null = null

  constructor(options: KeptKeysOptions) {
    this.#options = options
    this.registry = new KeyRegistry({
      store: () => this.#store(),
      isReserved: (name) => options.isReserved(name),
      changed: (key) => this.#changed(key),
      forgotten: (id) => this.#forgotten(id),
      wallClock: () => Date.now(),
    })
  }

  /** Brings the ring up to date. A store that cannot be read closes the gateway to all but the keys of the config. */
  async load(): Promise<void> {
    try {
      this.#options.ring.adoptStored(await this.#list())
    } catch (thrown) {
      this.#options.ring.lock()
      this.#options.observer.error(null, 'the keys that were made before cannot be read', thrown)
    }
  }

  /** From here on a change in one worker is one in all. */
  async share(bus: WorkerBus): Promise<void> {
    bus.subscribe(CHANGED, ({ id }) => {
      if (typeof id === 'string') void this.#reload(id)
    })
    this.#bus = bus
    // What has changed since the start of this process, unheard.
    await this.load()
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = null
    if (opened !== null) (await opened).close()
  }

  #changed(key: VirtualKey): void {
    this.#options.ring.put(key)
    this.#bus?.publish(CHANGED, { id: key.id })
  }

  #forgotten(id: string): void {
    this.#options.ring.drop(id)
    this.#bus?.publish(CHANGED, { id })
  }

  /** Another worker has changed this key. The store says how: messages may overtake each other. */
  async #reload(id: string): Promise<void> {
    const { ring, observer } = this.#options
    try {
      const key = await (await this.#store()).get(id)
      if (key === null) ring.drop(id)
      else ring.put(key)
    } catch (thrown) {
      // It may have been revoked.
      ring.refuse(id)
      observer.error(null, 'a key that was changed cannot be read, and is refused', thrown)
    }
  }

  /** Most gateways have no such keys, and need no database for that. */
  async #list(): Promise<readonly VirtualKey[]> {
    const { folder } = this.#options
    if (this.#opened === null && (folder === null || !(await exists(databaseIn(folder))))) return []
    return (await this.#store()).list()
  }

  async #store(): Promise<KeyStore> {
    const { folder } = this.#options
    this.#opened ??=
      folder === null
        ? Promise.resolve({ store: new MemoryKeyStore(), close: () => {} })
        : openKeyStore(folder).catch((thrown: unknown) => {
            // The next one who needs it tries again.
            this.#opened = null
            throw thrown
          })
    return (await this.#opened).store
  }
}

/** False only where it surely is not there. */
async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')
  }
}
