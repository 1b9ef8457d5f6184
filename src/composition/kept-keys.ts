import { KeyRegistry } from '../admission/key-registry.ts'
import type { KeyRing } from '../admission/key-ring.ts'
import type { KeyStore } from '../admission/key-store.ts'
import type { Observer } from '../observe/observer.ts'
import { fieldsOf } from '../workers/bus.ts'
import type { Fields, Topic, WorkerBus } from '../workers/bus.ts'
import type { KeyPlace } from './open-key-store.ts'

export interface KeptKeysOptions {
  readonly ring: KeyRing
  readonly place: KeyPlace
  readonly observer: Pick<Observer, 'error'>
  isReserved(name: string): boolean
  /** Milliseconds for which keys are good that cannot be checked. */
  readonly grace: () => number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Milliseconds after which a change is noticed that nobody told: by a command, or by another gateway with the same store. */
const LOOK_EVERY = 400

const CHANGED: Topic<Fields> = { name: 'keys changed', read: fieldsOf }

/** The keys that are made while the gateway runs: in the store, in this process's ring, and in those of all other workers. */
export class KeptKeys {
  readonly registry: KeyRegistry
  readonly #options: KeptKeysOptions
  #bus: WorkerBus | null = null
  #opened: Promise<KeyStore> | null = null
  #timer: NodeJS.Timeout | null = null
  /** Of the store, when it was read last; null: it is not known what is in it. */
  #version: number | null = null
  #isUnreadable = false
  /** When it was last read. */
  #readAt = 0
  #isReading = false
  #isClosed = false
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
   * are known, and to those as well when it has lasted too long.
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
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY).unref()
    await this.load()
  }

  /** The database is its opener's to close, afterwards. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#isClosed = true
    this.#options.place.close()
    await this.#reading
  }

  /** A store that is slow to answer is not asked again meanwhile. */
  #look(): void {
    if (this.#isReading) return
    this.#isReading = true
    void this.load().finally(() => (this.#isReading = false))
  }

  async #changed(): Promise<void> {
    this.#bus?.publish(CHANGED, {})
    await this.load()
  }

  async #load(): Promise<void> {
    const { ring, place, now } = this.#options
    try {
      // Most gateways have no such keys, and need no database for that.
      if (this.#opened === null && !(await place.exists())) return
      const { version, keys, isAll } = await (await this.#store()).changes(this.#version)
      if (isAll) ring.adoptStored(keys)
      else for (const key of keys) ring.put(key)
      this.#version = version
      this.#readAt = now()
      this.#isUnreadable = false
    } catch (thrown) {
      this.#failed(thrown)
    }
  }

  #failed(thrown: unknown): void {
    if (this.#isClosed) return
    const { ring, observer, grace, now } = this.#options
    if (now() - this.#readAt >= grace()) ring.forgetStored()
    if (this.#isUnreadable) return
    this.#isUnreadable = true
    this.#version = null
    ring.lock()
    observer.error(null, 'the keys that were made before cannot be read', thrown)
  }

  #store(): Promise<KeyStore> {
    this.#opened ??= this.#options.place.open().catch((thrown: unknown) => {
      // Whoever needs it next tries again.
      this.#opened = null
      throw thrown
    })
    return this.#opened
  }
}
