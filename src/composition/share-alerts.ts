import type { EvaluatorRecord } from '../alerts/evaluator.ts'
import type { MemoryAlert } from '../observe/memory-monitor.ts'
import type { Topic, WorkerBus } from '../workers/bus.ts'

export interface AlertShareOptions {
  /** What this worker knows. */
  readonly record: () => EvaluatorRecord
  /** What the one that looks has seen. */
  readonly adopt: (record: EvaluatorRecord) => void
  /** Another worker acts on its memory. */
  readonly heard: (alert: MemoryAlert) => void
}

/** Milliseconds that a new worker waits for what the others know. */
const PATIENCE = 1000

const read = (data: unknown): string | null => (typeof data === 'string' ? data : null)
const RECORD: Topic<string> = { name: 'alerts', read }
const MEMORY: Topic<string> = { name: 'memory alert', read }

/** Keeps all workers up to date, so that each can answer for all, and another can go on when the one that looks ends. */
export class AlertShare {
  readonly #bus: WorkerBus
  readonly #options: AlertShareOptions

  constructor(bus: WorkerBus, options: AlertShareOptions) {
    this.#bus = bus
    this.#options = options
    bus.subscribe(RECORD, (text) => this.#adopt(text))
    bus.subscribe(MEMORY, (text) => {
      const alert: unknown = JSON.parse(text)
      if (isAlert(alert)) options.heard(alert)
    })
    bus.answer(RECORD, () => this.#text())
  }

  publish(): void {
    this.#bus.publish(RECORD, this.#text())
  }

  tell(alert: MemoryAlert): void {
    this.#bus.publish(MEMORY, JSON.stringify(alert))
  }

  /** Takes over what the others know. */
  async catchUp(): Promise<void> {
    const [, ...others] = await this.#bus.gather(RECORD, PATIENCE)
    // They all know the same, but for one that is new too and knows nothing.
    const longest = others.toSorted((a, b) => b.length - a.length)[0]
    if (longest !== undefined) this.#adopt(longest)
  }

  #text(): string {
    return JSON.stringify(this.#options.record())
  }

  #adopt(text: string): void {
    const record: unknown = JSON.parse(text)
    if (isRecord(record)) this.#options.adopt(record)
  }
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function isRecord(data: unknown): data is EvaluatorRecord {
  return data !== null && typeof data === 'object' && 'standings' in data && 'recent' in data
}

function isAlert(data: unknown): data is MemoryAlert {
  return data !== null && typeof data === 'object' && 'kind' in data && 'reading' in data
}
