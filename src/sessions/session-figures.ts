import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../lib/error.ts'
import type { SessionStore, SessionTotals } from './session-store.ts'

export interface SessionFiguresOptions {
  readonly store: SessionStore
  /** Unix milliseconds. */
  readonly now: () => number
  /** Something went wrong that is nobody's answer. */
  readonly failed: (text: string, cause: unknown) => void
}

/** Milliseconds that figures are good for, and that somebody waits for new ones. */
const RECENT = 1000
const PROMPT = 200

/** How many sessions there are, for those who cannot wait for a store. */
export class SessionFigures {
  readonly #options: SessionFiguresOptions
  #countedAt = -Infinity
  #counts: SessionTotals = { active: 0, total: 0 }

  constructor(options: SessionFiguresOptions) {
    this.#options = options
  }

  /** As they were a moment ago. */
  get recent(): SessionTotals {
    if (this.#options.now() - this.#countedAt >= RECENT) void this.#count()
    return this.#counts
  }

  /** As they are; as they were where the store takes its time, or is away. */
  async prompt(): Promise<SessionTotals> {
    const late = new AbortController()
    await Promise.race([this.#count(), delay(PROMPT, null, { ref: false, signal: late.signal }).catch(() => null)])
    late.abort()
    return this.#counts
  }

  async #count(): Promise<void> {
    const { store, now, failed } = this.#options
    this.#countedAt = now()
    try {
      this.#counts = await store.totals(now())
    } catch (error) {
      // A store that is away has been reported, once and not each time that somebody asks.
      if (!(error instanceof GatewayError)) failed('counting sessions', error)
    }
  }
}
