import type { JsonValue } from '../lib/json.ts'
import { lastingCounts } from '../observe/lasting-counts.ts'
import { mergeSnapshots } from '../observe/metrics-snapshot.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import type { Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds that whoever asks waits for slow workers. */
const PATIENCE = 1000
/** Milliseconds: counts of a worker that is killed may be lacking what came after its last word. */
export const LEFT_EVERY = 250
/** The same for what changes without a request, in looks. */
const QUIET_LOOKS = 20

const METRICS: Topic<string> = { name: 'metrics', read: (data) => (typeof data === 'string' ? data : null) }

/** This worker's figures, for all of them and for the time after it. */
export class SharedMetrics {
  readonly #bus: WorkerBus
  readonly #take: () => MetricsSnapshot
  readonly #requests: () => number
  #timer: NodeJS.Timeout | null = null
  /** Requests that what was left last counts, and looks since then. */
  #left = -1
  #looks = 0

  /** `requests`: how many are over, so that a worker without any has little to do. */
  constructor(bus: WorkerBus, take: () => MetricsSnapshot, requests: () => number) {
    this.#bus = bus
    this.#take = take
    this.#requests = requests
  }

  start(): void {
    this.#bus.answer(METRICS, () => {
      const snapshot = this.#take()
      // What somebody was shown must not be gone when this worker is.
      this.#leave(() => snapshot)
      return JSON.stringify(snapshot)
    })
    if (this.#bus.keeps) this.#timer = setInterval(() => this.#look(), LEFT_EVERY).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  /** Of each worker, and of those that are gone; of none before this one has started. */
  async ofAll(): Promise<readonly MetricsSnapshot[]> {
    const texts = await this.#bus.gather(METRICS, PATIENCE)
    return texts.map((text): unknown => JSON.parse(text)).filter(isSnapshot)
  }

  #look(): void {
    this.#looks++
    if (this.#requests() !== this.#left || this.#looks >= QUIET_LOOKS) this.#leave(this.#take)
  }

  #leave(take: () => MetricsSnapshot): void {
    this.#left = this.#requests()
    this.#looks = 0
    this.#bus.keep(METRICS, () => JSON.stringify(lastingCounts(take())))
  }
}

/** What two workers have left, as one. */
export function joinKept(topic: string, before: JsonValue, added: JsonValue): JsonValue {
  if (topic !== METRICS.name) return added
  const [first, ...others] = [before, added].flatMap((text) => {
    const snapshot: unknown = typeof text === 'string' ? JSON.parse(text) : null
    return isSnapshot(snapshot) ? [snapshot] : []
  })
  return first === undefined ? added : JSON.stringify(mergeSnapshots([first, ...others]))
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function isSnapshot(data: unknown): data is MetricsSnapshot {
  return data !== null && typeof data === 'object' && 'traffic' in data && 'blocks' in data && 'process' in data
}
