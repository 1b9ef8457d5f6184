import { signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { AdminError } from './admin-api.ts'
import { backOff } from './back-off.ts'

export interface FeedOptions<T> {
  readonly read: () => Promise<T>
  /** Milliseconds from an answer to the next question. */
  readonly interval: number
  /** An answer that somebody has got already. */
  readonly first?: T
  readonly onUnauthorized: () => void
}

/** Something of the gateway that is asked for again and again, while somebody looks at it and the page is visible. */
export class Feed<T> {
  readonly #options: FeedOptions<T>
  readonly #value = signal<T | null>(null)
  readonly #receivedAt = signal<number | null>(null)
  readonly #problem = signal<AdminError | null>(null)
  readonly #nextTryAt = signal<number | null>(null)
  #viewers = 0
  #failures = 0
  /** Answers to questions of an earlier run are dropped. */
  #run = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: FeedOptions<T>) {
    this.#options = options
    if (options.first !== undefined) this.#received(options.first)
  }

  /** Null before the first answer. */
  get value(): ReadonlySignal<T | null> {
    return this.#value
  }

  /** Unix milliseconds of the last answer. */
  get receivedAt(): ReadonlySignal<number | null> {
    return this.#receivedAt
  }

  /** What went wrong the last time; null: nothing. */
  get problem(): ReadonlySignal<AdminError | null> {
    return this.#problem
  }

  /** Unix milliseconds of the next try after a failure. */
  get nextTryAt(): ReadonlySignal<number | null> {
    return this.#nextTryAt
  }

  /** Gives the function that ends this viewer's interest. */
  watch(): () => void {
    this.#viewers++
    if (this.#viewers === 1) {
      document.addEventListener('visibilitychange', this.#visibilityChanged)
      this.refresh()
    }
    return () => {
      this.#viewers--
      if (this.#viewers > 0) return
      document.removeEventListener('visibilitychange', this.#visibilityChanged)
      this.#rest()
    }
  }

  /** Asks now, and from then on at the usual pace. */
  refresh(): void {
    this.#rest()
    if (this.#viewers > 0 && !document.hidden) void this.#ask(this.#run)
  }

  readonly #visibilityChanged = (): void => {
    if (document.hidden) this.#rest()
    else this.refresh()
  }

  #rest(): void {
    this.#run++
    clearTimeout(this.#timer)
  }

  async #ask(run: number): Promise<void> {
    try {
      const value = await this.#options.read()
      if (run !== this.#run) return
      this.#received(value)
      this.#askAfter(this.#options.interval, run)
    } catch (thrown) {
      if (run === this.#run) this.#failed(asAdminError(thrown), run)
    }
  }

  #received(value: T): void {
    this.#failures = 0
    this.#value.value = value
    this.#receivedAt.value = Date.now()
    this.#problem.value = null
    this.#nextTryAt.value = null
  }

  #failed(problem: AdminError, run: number): void {
    this.#problem.value = problem
    if (problem.kind === 'unauthorized') {
      this.#options.onUnauthorized()
      return
    }
    this.#failures++
    const wait = backOff(this.#failures)
    this.#nextTryAt.value = Date.now() + wait
    this.#askAfter(wait, run)
  }

  #askAfter(milliseconds: number, run: number): void {
    this.#timer = setTimeout(() => void this.#ask(run), milliseconds)
  }
}

function asAdminError(thrown: unknown): AdminError {
  return thrown instanceof AdminError ? thrown : new AdminError('unreachable', 'The answer was not understood.')
}
