import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds that the event loop was late. */
export interface LoopLagFigures {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Milliseconds between two looks at the clock. Each wakes the process up: fifty a second take a quarter of a percent of a core. */
const RESOLUTION = 100
/** Windows that are remembered besides the one under way. */
const WINDOWS = 6

/** How late the event loop is, which is what each request waits for besides all else. */
export class LoopLag {
  readonly #monitor = monitorEventLoopDelay({ resolution: RESOLUTION })
  #windows: readonly LoopLagFigures[] = []
  #isRunning = false

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    // Or the time since it was stopped would count as late.
    this.#monitor.reset()
    this.#monitor.enable()
  }

  stop(): void {
    this.#isRunning = false
    this.#monitor.disable()
  }

  /** Ends a window and gives its figures. */
  turn(): LoopLagFigures {
    const window = this.#underWay()
    this.#monitor.reset()
    this.#windows = [...this.#windows, window].slice(-WINDOWS)
    return window
  }

  /** Those of the worst window. */
  worst(): LoopLagFigures {
    return worstLag([...this.#windows, this.#underWay()])
  }

  #underWay(): LoopLagFigures {
    if (this.#monitor.count === 0) return NO_LAG
    return {
      p50: lateness(this.#monitor.percentile(50)),
      p99: lateness(this.#monitor.percentile(99)),
      max: lateness(this.#monitor.max),
    }
  }
}

const NO_LAG: LoopLagFigures = { p50: 0, p99: 0, max: 0 }

export function worstLag(list: readonly LoopLagFigures[]): LoopLagFigures {
  return {
    p50: Math.max(0, ...list.map(({ p50 }) => p50)),
    p99: Math.max(0, ...list.map(({ p99 }) => p99)),
    max: Math.max(0, ...list.map(({ max }) => max)),
  }
}

/** The monitor tells how many nanoseconds were between two looks. */
function lateness(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds / 1e4 - RESOLUTION * 100) / 100)
}
