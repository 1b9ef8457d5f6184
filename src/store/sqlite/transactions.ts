import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../../lib/error.ts'

/** Told of a file that cannot be used at the moment, and of the first thing that was done in it again. */
export interface FileTrouble {
  readonly lost: (cause: unknown) => void
  readonly back: () => void
}

export interface TransactionsOptions {
  /** What is kept there, for errors: "Sessions". */
  readonly what: string
  readonly trouble?: FileTrouble
}

/** Milliseconds for which something waits for another process that writes, and between two tries: more and more. */
const PATIENCE = 4000
const SHORTEST_PAUSE = 1
const LONGEST_PAUSE = 50

/** The primary codes of SQLite: what is wrong with the file, and not with what was asked of it. */
const BUSY = new Set([5, 6])
const UNUSABLE = new Set([8, 10, 11, 13, 14, 26])

/**
 * Does things in a file that other processes write to as well. While one of them writes, the others wait; this process
 * does everything else meanwhile.
 */
export class Transactions {
  readonly #database: DatabaseSync
  readonly #options: TransactionsOptions
  readonly #begin: StatementSync
  readonly #beginView: StatementSync
  readonly #commit: StatementSync
  #isAway = false

  constructor(database: DatabaseSync, options: TransactionsOptions) {
    this.#database = database
    this.#options = options
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#beginView = database.prepare('BEGIN')
    this.#commit = database.prepare('COMMIT')
  }

  /** All of it or nothing. Nobody else writes meanwhile. Throws GatewayError `store_unavailable`. */
  whole<T>(step: () => T): Promise<T> {
    return this.run(() => this.#within(this.#begin, step))
  }

  /**
   * Statements of the same moment that read, and wait for nobody who writes. Those that write after all are done again where
   * somebody else wrote meanwhile. Throws GatewayError `store_unavailable`.
   */
  view<T>(step: () => T): Promise<T> {
    return this.run(() => this.#within(this.#beginView, step))
  }

  /** One statement, or several that need not be together. Throws GatewayError `store_unavailable`. */
  async run<T>(step: () => T): Promise<T> {
    const start = performance.now()
    for (let pause = SHORTEST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const result = step()
        if (this.#isAway) this.#isBack()
        return result
      } catch (error) {
        const code = primaryCode(error)
        if (UNUSABLE.has(code) || (BUSY.has(code) && performance.now() - start > PATIENCE)) throw this.#lost(error)
        if (!BUSY.has(code)) throw error
      }
      await delay(pause)
    }
  }

  #within<T>(begin: StatementSync, step: () => T): T {
    begin.run()
    try {
      const result = step()
      this.#commit.run()
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #isBack(): void {
    this.#isAway = false
    this.#options.trouble?.back()
  }

  #lost(cause: unknown): GatewayError {
    if (!this.#isAway) this.#options.trouble?.lost(cause)
    this.#isAway = true
    const message = `${this.#options.what} cannot be reached at the moment.`
    return new GatewayError('store_unavailable', message, { retryAfter: 1, cause })
  }
}

/** 0 where it is no error of SQLite. */
function primaryCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return 0
  return error.errcode & 0xff
}
