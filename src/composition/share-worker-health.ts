import { forOthers } from '../server/worker-health.ts'
import type { WorkerHealth } from '../server/worker-health.ts'
import type { Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds that a health check waits for the other workers, and that what they said is good for. */
const PATIENCE = 200
const RECENT = 500

const HEALTH: Topic<string> = { name: 'worker health', read: (data) => (typeof data === 'string' ? data : null) }

/** What the workers know of each other, for checks that come often and must not wait. */
export class WorkerHealths {
  readonly #bus: WorkerBus
  #told: Promise<readonly WorkerHealth[]> = Promise.resolve([])
  #askedAt = -Infinity

  constructor(bus: WorkerBus, own: () => WorkerHealth) {
    this.#bus = bus
    bus.answer(HEALTH, () => JSON.stringify(forOthers(own())))
  }

  /** How the others are. */
  others(): Promise<readonly WorkerHealth[]> {
    if (performance.now() - this.#askedAt < RECENT) return this.#told
    this.#askedAt = performance.now()
    this.#told = this.#ask()
    return this.#told
  }

  async #ask(): Promise<readonly WorkerHealth[]> {
    const texts = await this.#bus.gather(HEALTH, PATIENCE)
    return texts.map((text): unknown => JSON.parse(text)).filter(isOther)
  }
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function isOther(data: unknown): data is WorkerHealth {
  if (data === null || typeof data !== 'object' || !('pid' in data) || !('deployments' in data)) return false
  return data.pid !== process.pid
}
