import { constants, PerformanceObserver } from 'node:perf_hooks'

/** Milliseconds of which a share is taken. */
const WINDOW = 1000
/** Share of time that collections may take before there is to be more room between them. */
const TOO_MUCH = 0.04
/** Windows in a row with too much of it. What opens many streams at once is over before. */
const PATIENCE = 3

/**
 * V8 makes room for young objects, and never gives it back, whenever many of them survive: a thousand streams that are
 * opened do, once, and cost 100 MB for ever. Here it may only while collections go on taking up time, which is what the
 * room is for. docs/decisions/2026-11-29-a-small-gateway.md
 */
export class YoungGeneration {
  readonly #allow: (growth: boolean) => void
  #growing = false
  #busy = 0
  #spent = 0
  #since: number

  /** `allow` lets it grow from now on, or not. `now` in milliseconds. */
  constructor(allow: (growth: boolean) => void, now: number) {
    this.#allow = allow
    this.#since = now
  }

  /** It was collected, which took `duration` and ended `now`; both in milliseconds. */
  collected(duration: number, now: number): void {
    this.#spent += duration
    const passed = now - this.#since
    if (passed < WINDOW) return
    this.#busy = this.#spent >= passed * TOO_MUCH ? this.#busy + 1 : 0
    this.#spent = 0
    this.#since = now
    const growing = this.#busy >= PATIENCE
    if (growing === this.#growing) return
    this.#growing = growing
    this.#allow(growing)
  }
}

/** Watches the collections of this process from now on. */
export function watchYoungGeneration(allow: (growth: boolean) => void): void {
  const generation = new YoungGeneration(allow, performance.now())
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (isMinor(entry)) generation.collected(entry.duration, entry.startTime + entry.duration)
    }
  }).observe({ entryTypes: ['gc'] })
}

function isMinor(entry: object): boolean {
  if (!('detail' in entry) || entry.detail === null || typeof entry.detail !== 'object') return false
  return 'kind' in entry.detail && entry.detail.kind === constants.NODE_PERFORMANCE_GC_MINOR
}
