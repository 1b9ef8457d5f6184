import type { RateCounter, RateVerdict, SlidingCounter } from '../admission/rate-counter.ts'
import { fieldsOf } from '../workers/bus.ts'
import type { Fields, Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds for which counts are collected before others hear of them: so much later a limit may come into force. */
const TOLD_WITHIN = 100

/** Milliseconds that a new worker waits for what the others have counted. */
const PATIENCE = 1000

const STATE: Topic<Fields> = { name: 'rates state', read: fieldsOf }
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

  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#own.counts()].map(([name, count]) => [this.#prefix + name, count]))
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

export interface SharedRates {
  /** Others have counted. */
  readonly add: (name: string, count: number) => void
  /** All that counts here, for a worker that begins. */
  readonly counts: () => ReadonlyMap<string, number>
}

/** From here on what one worker counts counts in all. Resolves when what the others know by now is known here. */
export async function shareRates(bus: WorkerBus, { add, counts }: SharedRates): Promise<void> {
  bus.subscribe(RATES, (told) => {
    for (const [name, count] of numbersIn(told)) add(name, count)
  })
  const most = new Map<string, number>()
  // Each has heard of nearly all that the others have counted.
  for (const state of await bus.gather(STATE, PATIENCE)) {
    for (const [name, count] of numbersIn(state)) most.set(name, Math.max(count, most.get(name) ?? 0))
  }
  for (const [name, count] of most) add(name, count)
  bus.answer(STATE, () => Object.fromEntries(counts()))
}

function numbersIn(fields: Fields): readonly (readonly [string, number])[] {
  return Object.entries(fields).flatMap(([name, count]) => (typeof count === 'number' ? [[name, count] as const] : []))
}
