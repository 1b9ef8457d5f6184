import type { KeyObject } from 'node:crypto'
import type { Part } from '../canonical/content.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { readParts } from '../sessions/read-messages.ts'
import { writeParts } from '../sessions/write-messages.ts'
import type { ReasoningBounds, ReasoningStore } from './reasoning-store.ts'
import { openContent, sealContent } from './sealed-content.ts'
import { TurnNames } from './turn-names.ts'
import type { NamedTurn } from './turn-names.ts'
import { reasoningIn, withReasoning } from './turn-reasoning.ts'

export interface ReasoningSettings extends ReasoningBounds {
  /** Milliseconds. */
  readonly ttl: number
}

/** 32 bytes each, of no other use. As bytes they would be read anew for each turn. */
export interface ReasoningKeys {
  readonly names: KeyObject
  readonly contents: KeyObject
}

export interface ReasoningKeeperOptions {
  readonly store: ReasoningStore
  readonly settings: ReasoningSettings
  readonly keys: ReasoningKeys
  /** Unix milliseconds. */
  readonly now: () => number
  readonly failed: (text: string, cause: unknown) => void
}

/** Larger than any turn's reasoning seen. */
const MOST_BYTES = 1024 * 1024

/**
 * Keeps the reasoning of turns that only its vendor can read, for clients whose protocol has no place for it, and puts it
 * back when they go on. What it puts back depends on nothing but the request and the store. A store that fails costs
 * reasoning, and no request.
 */
export class ReasoningKeeper {
  readonly #options: ReasoningKeeperOptions
  readonly #counts = { kept: 0, restored: 0, missed: 0, failed: 0 }
  #settings: ReasoningSettings

  constructor(options: ReasoningKeeperOptions) {
    this.#options = options
    this.#settings = options.settings
  }

  adopt(settings: ReasoningSettings): void {
    this.#settings = settings
  }

  /** Turns kept, put back, not found though they had called a tool; and failures of the store. */
  counts(): { readonly kept: number; readonly restored: number; readonly missed: number; readonly failed: number } {
    return { ...this.#counts }
  }

  /** A whole answer to this request. Never throws. */
  keep(tenant: string, request: CanonicalRequest, answer: readonly Part[]): void {
    const reasoning = reasoningIn(answer)
    if (reasoning === null && !this.forgets(request)) return
    const { keys } = this.#options
    const named = new TurnNames(keys.names, tenant).ofAnswer(request, answer)
    if (named === null) return
    if (reasoning !== null) this.#put(named.name, writeParts(reasoning))
    else if (named.by === 'conversation') this.#forget(named.name)
  }

  /**
   * Has an answer without reasoning to be heard too? The same words may have been said before, after some thought, in a
   * conversation that was the same up to then.
   */
  forgets({ reasoning }: Pick<CanonicalRequest, 'reasoning'>): boolean {
    return reasoning !== null
  }

  /** The request with the reasoning that is there for it. A promise only where it takes time. Never throws, nor rejects. */
  restore(tenant: string, request: CanonicalRequest): CanonicalRequest | Promise<CanonicalRequest> {
    const { store, keys, now } = this.#options
    // The client may go on, at another worker, before a store that is opened then is open.
    if (request.reasoning !== null) store.prepare()
    const turns = new TurnNames(keys.names, tenant).ofHistory(request)
    if (turns.length === 0) return request
    const failed = (cause: unknown): CanonicalRequest => {
      this.#fail('the reasoning of earlier answers cannot be looked up', cause)
      return request
    }
    const names = turns.map(({ name }) => name)
    const restored = (found: ReadonlyMap<string, Buffer>): CanonicalRequest => this.#restored(request, turns, found)
    try {
      const found = store.find(names, { now: now(), ttl: this.#settings.ttl })
      return found instanceof Promise ? found.then(restored).catch(failed) : restored(found)
    } catch (error) {
      return failed(error)
    }
  }

  close(): void {
    this.#options.store.close()
  }

  #restored(
    request: CanonicalRequest,
    turns: readonly NamedTurn[],
    found: ReadonlyMap<string, Buffer>,
  ): CanonicalRequest {
    const messages = [...request.messages]
    for (const { position, name } of turns) {
      const message = messages[position]
      const kept = this.#read(name, found.get(name))
      if (message === undefined) continue
      if (kept !== null) {
        this.#counts.restored++
        messages[position] = { ...message, parts: withReasoning(message.parts, kept) }
      } else if (message.parts.some(({ kind }) => kind === 'tool-call')) {
        this.#counts.missed++
      }
    }
    return { ...request, messages }
  }

  #read(name: string, content: Buffer | undefined): readonly Part[] | null {
    const text = content === undefined ? null : openContent(this.#options.keys.contents, name, content)
    return text === null ? null : readParts(text)
  }

  #put(name: string, text: string): void {
    const { store, keys, now } = this.#options
    const { ttl, max, maxBytes } = this.#settings
    const content = sealContent(keys.contents, name, text)
    if (content.length > MOST_BYTES) {
      this.#fail('the reasoning of an answer is too large to be kept', null)
      return
    }
    const put = (): void | Promise<void> => store.put({ name, content }, { now: now(), ttl }, { max, maxBytes })
    this.#attempt(put, 'the reasoning of an answer cannot be kept', () => void this.#counts.kept++)
  }

  #forget(name: string): void {
    const drop = (): void | Promise<void> => this.#options.store.drop(name)
    this.#attempt(drop, 'the reasoning of an earlier answer cannot be forgotten', () => {})
  }

  #attempt(step: () => void | Promise<void>, text: string, done: () => void): void {
    const failed = (cause: unknown): void => this.#fail(text, cause)
    try {
      const result = step()
      if (result instanceof Promise) result.then(done, failed)
      else done()
    } catch (error) {
      failed(error)
    }
  }

  #fail(text: string, cause: unknown): void {
    this.#counts.failed++
    this.#options.failed(text, cause)
  }
}
