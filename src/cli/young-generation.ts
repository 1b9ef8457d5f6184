import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'

/** Bytes that it may have in any case: with less, small requests cost more than they have to. */
const ENOUGH = 16 * 1024 * 1024
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
  readonly #size: () => number
  #isLarge = false
  #growing = true
  #busy = 0
  #spent = 0
  #since: number

  /** `allow` lets it grow from now on, or not. `size` in bytes, `now` in milliseconds. */
  constructor(allow: (growth: boolean) => void, size: () => number, now: number) {
    this.#allow = allow
    this.#size = size
    this.#since = now
    allow(true)
  }

  /** It was collected, which took `duration` and ended `now`; both in milliseconds. */
  collected(duration: number, now: number): void {
    if (!this.#isLarge && this.#size() >= ENOUGH) this.#isLarge = true
    this.#spent += duration
    const passed = now - this.#since
    if (passed >= WINDOW) {
      this.#busy = this.#spent >= passed * TOO_MUCH ? this.#busy + 1 : 0
      this.#spent = 0
      this.#since = now
    }
    const growing = !this.#isLarge || this.#busy >= PATIENCE
    if (growing === this.#growing) return
    this.#growing = growing
    this.#allow(growing)
  }
}

/** Watches the collections of this process from now on. */
export function watchYoungGeneration(allow: (growth: boolean) => void): void {
  const generation = new YoungGeneration(allow, sizeOfYoungGeneration, performance.now())
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

function sizeOfYoungGeneration(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? Infinity
}
