import { access } from 'node:fs/promises'
import { KeyRegistry } from '../admission/key-registry.ts'
import type { KeyRing } from '../admission/key-ring.ts'
import type { KeyStore } from '../admission/key-store.ts'
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

/** Milliseconds after which a change is noticed that nobody told: by a command, or by another gateway with the same file. */
const LOOK_EVERY = 400

const CHANGED: Topic<Fields> = { name: 'keys changed', read: fieldsOf }

/** The keys that are made while the gateway runs: in the store, in this process's ring, and in those of all other workers. */
export class KeptKeys {
  readonly registry: KeyRegistry
  readonly #options: KeptKeysOptions
  #bus: WorkerBus | null = null
  #opened: Promise<OpenKeyStore> | null = null
  #timer: NodeJS.Timeout | null = null
  /** Of the store, when it was read last; null: it is not known what is in it. */
  #version: number | null = null
  #isUnreadable = false
  #reading: Promise<void> = Promise.resolve()

  constructor(options: KeptKeysOptions) {
    this.#options = options
    this.registry = new KeyRegistry({
      store: () => this.#store(),
      isReserved: (name) => options.isReserved(name),
      changed: () => this.#changed(),
      wallClock: () => Date.now(),
    })
  }

  /**
   * Brings the ring up to date. A store that cannot be read closes the gateway to everybody but the holders of keys that
   * are known.
   */
  load(): Promise<void> {
    // One after the other, so that what was read last is what holds.
    this.#reading = this.#reading.then(() => this.#load())
    return this.#reading
  }

  /** From here on a change in one worker is one in all, and one that nobody tells is noticed. */
  async share(bus: WorkerBus): Promise<void> {
    bus.subscribe(CHANGED, () => void this.load())
    this.#bus = bus
    this.#timer = setInterval(() => void this.load(), LOOK_EVERY).unref()
    await this.load()
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#reading
    const opened = this.#opened
    this.#opened = null
    if (opened !== null) (await opened).close()
  }

  async #changed(): Promise<void> {
    this.#bus?.publish(CHANGED, {})
    await this.load()
  }

  async #load(): Promise<void> {
    const { ring, observer } = this.#options
    try {
      if (!(await this.#isThere())) return
      const { version, keys, isAll } = await (await this.#store()).changes(this.#version)
      if (isAll) ring.adoptStored(keys)
      else for (const key of keys) ring.put(key)
      this.#version = version
      this.#isUnreadable = false
    } catch (thrown) {
      if (this.#isUnreadable) return
      this.#isUnreadable = true
      this.#version = null
      ring.lock()
      observer.error(null, 'the keys that were made before cannot be read', thrown)
    }
  }

  /** Most gateways have no such keys, and need no database for that. False only where it surely is not there. */
  async #isThere(): Promise<boolean> {
    const { folder } = this.#options
    if (this.#opened !== null) return true
    if (folder === null) return false
    try {
      await access(databaseIn(folder))
      return true
    } catch (thrown) {
      return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')
    }
  }

  async #store(): Promise<KeyStore> {
    this.#opened ??= this.#open().catch((thrown: unknown) => {
      // Whoever needs it next tries again.
      this.#opened = null
      throw thrown
    })
    return (await this.#opened).store
  }

  async #open(): Promise<OpenKeyStore> {
    const { folder } = this.#options
    return folder === null ? { store: new MemoryKeyStore(), close: () => {} } : openKeyStore(folder)
  }
}
