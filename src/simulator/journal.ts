import type { Headers } from '../lib/headers.ts'
import type { Outcome } from './play.ts'

/** One request that the simulator got. */
export interface JournalEntry {
  /** Counts from 1. */
  readonly number: number
  readonly method: string
  /** As sent, with its query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Headers
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[]
  /** As sent, compressed or not. */
  readonly body: Buffer
  /** Which connection it came on, counted from 1: equal numbers mean that it was used again. */
  readonly connection: number
  /** The client left before it had the whole answer. */
  readonly aborted: boolean
  /** When the answer is over. */
  readonly outcome: Promise<Outcome>
}

export type EntryPredicate = (entry: JournalEntry) => boolean

interface Waiter {
  readonly predicate: EntryPredicate
  readonly resolve: (entry: JournalEntry) => void
  readonly reject: (error: Error) => void
}

/** Remembers the latest requests and tells of new ones. */
export class Journal {
  readonly #limit: number
  readonly #entries: OpenEntry[] = []
  readonly #listeners = new Set<(entry: JournalEntry) => void>()
  readonly #requestWaiters = new Set<Waiter>()
  readonly #abortWaiters = new Set<Waiter>()
  #count = 0

  /** `limit`: how many requests are remembered. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries
  }

  add(request: Omit<JournalEntry, 'number' | 'aborted' | 'outcome'>): OpenEntry {
    const entry = new OpenEntry(++this.#count, request)
    if (this.#limit > 0) {
      this.#entries.push(entry)
      if (this.#entries.length > this.#limit) this.#entries.shift()
    }
    for (const listener of this.#listeners) listener(entry)
    tell(this.#requestWaiters, entry)
    return entry
  }

  /** Notes how the answer ended. */
  close(entry: OpenEntry, outcome: Outcome): void {
    entry.close(outcome)
    if (entry.aborted) tell(this.#abortWaiters, entry)
  }

  onRequest(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The first request that fits, remembered or still to come. */
  waitForRequest(predicate: EntryPredicate): Promise<JournalEntry> {
    return wait(this.#entries.find(predicate), this.#requestWaiters, predicate)
  }

  /** The first request that fits whose client left, remembered or still to come. */
  waitForAbort(predicate: EntryPredicate): Promise<JournalEntry> {
    return wait(
      this.#entries.find((entry) => entry.aborted && predicate(entry)),
      this.#abortWaiters,
      predicate,
    )
  }

  /** Nothing will come any more: whoever still waits is told so. */
  end(): void {
    for (const waiters of [this.#requestWaiters, this.#abortWaiters]) {
      for (const waiter of waiters) waiter.reject(new Error('the simulator was closed'))
      waiters.clear()
    }
  }
}

/** An entry whose answer is under way. */
export class OpenEntry implements JournalEntry {
  readonly number: number
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly connection: number
  readonly outcome: Promise<Outcome>
  readonly #settle: (outcome: Outcome) => void
  #aborted = false

  constructor(number: number, request: Omit<JournalEntry, 'number' | 'aborted' | 'outcome'>) {
    this.number = number
    this.method = request.method
    this.path = request.path
    this.headers = request.headers
    this.rawHeaders = request.rawHeaders
    this.body = request.body
    this.connection = request.connection
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.outcome = promise
    this.#settle = resolve
  }

  get aborted(): boolean {
    return this.#aborted
  }

  close(outcome: Outcome): void {
    this.#aborted = outcome === 'aborted'
    this.#settle(outcome)
  }
}

function wait(known: JournalEntry | undefined, waiters: Set<Waiter>, predicate: EntryPredicate): Promise<JournalEntry> {
  if (known !== undefined) return Promise.resolve(known)
  return new Promise((resolve, reject) => waiters.add({ predicate, resolve, reject }))
}

function tell(waiters: Set<Waiter>, entry: JournalEntry): void {
  for (const waiter of waiters) {
    if (!waiter.predicate(entry)) continue
    waiters.delete(waiter)
    waiter.resolve(entry)
  }
}
