import type { JsonValue } from '../lib/json.ts'

/** What is told or asked under one name. */
export interface Topic<T> {
  readonly name: string
  /** Null for what is none: it is dropped. */
  readonly read: (data: JsonValue) => T | null
}

/** How the workers of one gateway speak with each other. Messages are small, plain JSON. */
export interface WorkerBus {
  /** Is there somebody who keeps what this worker leaves? */
  readonly keeps: boolean
  /** Tells all other workers. */
  publish<T extends JsonValue>(topic: Topic<T>, data: T): void
  /** Calls `listener` with what others publish. */
  subscribe<T>(topic: Topic<T>, listener: (data: T) => void): void
  /** What this worker says when somebody gathers, who may have said what exactly is asked for. */
  answer<T extends JsonValue>(topic: Topic<T>, give: (question: JsonValue) => T): void
  /**
   * Leaves something for the time after this worker, in place of what it has left before. It is among the answers when the
   * worker is gone, joined with what others left, and where it does not answer in time. `give` is not called where there
   * is nobody who could keep it.
   */
  keep<T extends JsonValue>(topic: Topic<T>, give: () => T): void
  /**
   * The answers of all workers, this one's first; who gives none within `milliseconds` and has left none is not among them.
   * Left out: the question is null. Never rejects.
   */
  gather<T>(topic: Topic<T>, milliseconds: number, question?: JsonValue): Promise<readonly T[]>
}

type Giver = (question: JsonValue) => JsonValue

/** The bus of a gateway that is one process: nobody else is there. */
export class LocalBus implements WorkerBus {
  readonly keeps = false
  readonly #givers = new Map<string, Giver>()

  publish(): void {}

  subscribe(): void {}

  answer<T extends JsonValue>(topic: Topic<T>, give: (question: JsonValue) => T): void {
    this.#givers.set(topic.name, give)
  }

  keep(): void {}

  async gather<T>(topic: Topic<T>, _milliseconds: number, question: JsonValue = null): Promise<readonly T[]> {
    const own = this.#givers.get(topic.name)?.(question)
    const read = own === undefined ? null : topic.read(own)
    return read === null ? [] : [read]
  }
}

/** A message of named values. */
export type Fields = { [key: string]: JsonValue }

export function fieldsOf(data: JsonValue): Fields | null {
  return data !== null && typeof data === 'object' && !Array.isArray(data) ? data : null
}
