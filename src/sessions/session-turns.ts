import { setTimeout as delay } from 'node:timers/promises'
import type { SessionKey, SessionStore } from './session-store.ts'
import { TurnQueue } from './turn-queue.ts'

export interface SessionTurnsOptions {
  readonly store: SessionStore
  /** Names this process among all that share the store. */
  readonly holder: string
  /** Unix milliseconds. */
  readonly now: () => number
  /** Something went wrong that is nobody's answer. */
  readonly failed: (text: string, cause: unknown) => void
}

/**
 * Milliseconds for which a session is taken from other processes; whoever still needs it renews that, and what a process that
 * died had is free after so long.
 */
const HOLD = 6000
const RENEW = 2000
/** Milliseconds between two looks at a session that another process has: more and more. */
const SHORTEST_WAIT = 10
const LONGEST_WAIT = 200

/** Lets requests have a session one after the other, in this process and in all that share its store. */
export class SessionTurns {
  readonly #options: SessionTurnsOptions
  readonly #queue = new TurnQueue()

  constructor(options: SessionTurnsOptions) {
    this.#options = options
  }

  /** Resolves when all who came before have left. The result is to be called once, to leave. */
  async enter(key: SessionKey): Promise<() => void> {
    const leave = await this.enterHere(key)
    // Nobody else can see what is in this process's memory.
    if (this.#options.store.isVolatile) return leave
    try {
      await this.#acquire(key)
    } catch (error) {
      leave()
      throw error
    }
    const renewal = setInterval(() => void this.#renew(key), RENEW).unref()
    return () => {
      clearInterval(renewal)
      void this.#release(key).then(leave)
    }
  }

  /** The same among those of this process alone. */
  enterHere({ tenant, id }: SessionKey): Promise<() => void> {
    return this.#queue.enter(JSON.stringify([tenant, id]))
  }

  async #acquire(key: SessionKey): Promise<void> {
    const waits = waitsForHolder()
    while (!(await this.#hold(key))) await waits()
  }

  #hold(key: SessionKey): Promise<boolean> {
    const { store, holder, now } = this.#options
    return store.hold(key, holder, { now: now(), ttl: HOLD })
  }

  async #renew(key: SessionKey): Promise<void> {
    try {
      await this.#hold(key)
    } catch (error) {
      this.#options.failed('renewing the hold of a session', error)
    }
  }

  /** Where it cannot be given back it is free after a while. */
  async #release(key: SessionKey): Promise<void> {
    try {
      await this.#options.store.release(key, this.#options.holder)
    } catch (error) {
      this.#options.failed('releasing a session', error)
    }
  }
}

/** Waits a little longer each time for another process to give a session back. */
export function waitsForHolder(): () => Promise<void> {
  let wait = SHORTEST_WAIT
  return async () => {
    await delay(wait)
    wait = Math.min(wait * 2, LONGEST_WAIT)
  }
}
