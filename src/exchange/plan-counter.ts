import type { PlanKind } from './exchange.ts'

export interface PlanStats {
  /** Exchanges in which the client's bytes went to the vendor without being translated. */
  readonly fastPath: number
  /** Complete exchanges that a vendor answered. */
  readonly total: number
}

/** Counts how answers came about. */
export class PlanCounter {
  #fastPath = 0
  #total = 0

  count(plan: PlanKind): void {
    this.#total++
    if (plan === 'passthrough') this.#fastPath++
  }

  stats(): PlanStats {
    return { fastPath: this.#fastPath, total: this.#total }
  }
}
