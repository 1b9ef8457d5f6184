import type { AlertEvent } from '../observe/alert-list.ts'
import type { MemoryAlert, MemorySettings } from '../observe/memory-monitor.ts'

/** The name that these events go by. It is no rule: a worker acts on its memory at once, and says so. */
export const MEMORY_MONITOR = 'memoryMonitor'

/** Milliseconds between two messages about the same. */
const COOLDOWN = 300_000

const STATES = {
  pressure: 'warning',
  large: 'warning',
  shedding: 'critical',
  relieved: 'ok',
} as const satisfies Record<MemoryAlert['kind'], AlertEvent['state']>

/** What the workers say of their memory, as messages: of several workers in the same straits one is enough. */
export class MemoryNotices {
  readonly #toldAt = new Map<MemoryAlert['kind'], number>()
  #isShort = false

  /** Null: there is nothing new to tell. `now`: Unix milliseconds. */
  accept({ kind, reading }: MemoryAlert, settings: MemorySettings, now: number): AlertEvent | null {
    if (kind === 'relieved' && !this.#isShort) return null
    if (kind !== 'relieved' && now - (this.#toldAt.get(kind) ?? -Infinity) < COOLDOWN) return null
    this.#toldAt.set(kind, now)
    if (kind !== 'large') this.#isShort = kind !== 'relieved'
    const isLarge = kind === 'large'
    return {
      time: now,
      ruleId: MEMORY_MONITOR,
      name: MEMORY_MONITOR,
      metric: isLarge ? 'heapUsed' : 'memory',
      state: STATES[kind],
      value: isLarge ? reading.heapBytes : reading.ratio,
      threshold: thresholdOf(kind, settings),
    }
  }
}

function thresholdOf(kind: MemoryAlert['kind'], settings: MemorySettings): number {
  switch (kind) {
    case 'pressure':
      return settings.threshold
    case 'shedding':
      return settings.shedAbove
    case 'relieved':
      return settings.resumeBelow
    case 'large':
      return settings.warnBytes
    default:
      return kind satisfies never
  }
}
