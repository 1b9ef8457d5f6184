import type { JsonValue } from '../lib/json.ts'
import type { Topic, WorkerBus } from './bus.ts'

/** Milliseconds in which counts are collected before the others are told. */
const DELAY = 50

type Counts = { [key: string]: number }

export interface SharedCountsOptions {
  /** Of the counter, unique among those of a bus. */
  readonly name: string
  readonly bus: WorkerBus
  /** Called with what the other workers counted. */
  readonly apply: (key: string, count: number) => void
}

/**
 * Counts that are added up over all workers. Each worker decides by what it knows, which is all but the last `DELAY`
 * milliseconds of the others: with N workers a limit is overshot by no more than what N - 1 of them let in during that.
 */
export class SharedCounts {
  readonly #bus: WorkerBus
  readonly #topic: Topic<Counts>
  #pending: Counts = {}
  #timer: NodeJS.Timeout | null = null

  constructor({ name, bus, apply }: SharedCountsOptions) {
    this.#bus = bus
    this.#topic = { name: `counts ${name}`, read: countsOf }
    bus.subscribe(this.#topic, (counts) => {
      for (const [key, count] of Object.entries(counts)) apply(key, count)
    })
  }

  /** This worker counted so much. */
  add(key: string, count: number): void {
    this.#pending[key] = (this.#pending[key] ?? 0) + count
    this.#timer ??= setTimeout(() => this.flush(), DELAY).unref()
  }

  /** Tells the others now what they do not know yet. */
  flush(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
    const counts = this.#pending
    this.#pending = {}
    this.#bus.publish(this.#topic, counts)
  }
}

function countsOf(data: JsonValue): Counts | null {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return null
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, count]) => (typeof count === 'number' ? [[key, count]] : [])),
  )
}
