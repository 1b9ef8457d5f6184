import type { RateCounter, RateVerdict, SlidingCounter } from '../admission/rate-counter.ts'
import { fieldsOf } from '../workers/bus.ts'
import type { Fields, Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds for which counts are collected before others hear of them: so much later a limit may come into force. */
const TOLD_WITHIN = 100

const RATES: Topic<Fields> = { name: 'rates', read: fieldsOf }

/** Counts here, and tells the other workers. */
export class SharedCounter implements RateCounter {
  readonly #own: SlidingCounter
  readonly #bus: WorkerBus
  readonly #prefix: string
  #untold = new Map<string, number>()

  /** `prefix` goes before the names that others are told, who have several counters. */
  constructor(own: SlidingCounter, bus: WorkerBus, prefix = '') {
    this.#own = own
    this.#bus = bus
    this.#prefix = prefix
  }

  take(name: string): RateVerdict {
    const verdict = this.#own.take(name)
    if (verdict.allowed) this.#note(name)
    return verdict
  }

  add(name: string, count: number): void {
    this.#own.add(name, count)
  }

  #note(name: string): void {
    if (this.#untold.size === 0) setTimeout(() => this.#tell(), TOLD_WITHIN).unref()
    const told = this.#prefix + name
    this.#untold.set(told, (this.#untold.get(told) ?? 0) + 1)
  }

  #tell(): void {
    this.#bus.publish(RATES, Object.fromEntries(this.#untold))
    this.#untold = new Map()
  }
}

/** Calls `add` with what other workers have counted. */
export function hearRates(bus: WorkerBus, add: (name: string, count: number) => void): void {
  bus.subscribe(RATES, (counts) => {
    for (const [name, count] of Object.entries(counts)) if (typeof count === 'number') add(name, count)
  })
}
