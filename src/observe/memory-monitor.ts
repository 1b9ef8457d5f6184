import type { MemoryReading } from './memory-reading.ts'
import type { MemoryPressure } from './metrics-sources.ts'

/** Shares of the nearer limit, from 0 to 1. */
export interface MemorySettings {
  /** From here on memory is short: what can be made again is let go. */
  readonly threshold: number
  /** Below this it is not short any more. */
  readonly resumeBelow: number
  /** From here on no more requests are taken, until memory is below `threshold` again. 1: never. */
  readonly shedAbove: number
  /** Milliseconds between two looks. */
  readonly interval: number
  /** JavaScript objects of so many bytes are worth a word, whatever the limit is. 0: never. */
  readonly warnBytes: number
}

export interface MemoryAlert {
  /**
   * `pressure`: over `threshold`. `relieved`: below `resumeBelow` again. `shedding`: over `shedAbove`. `large`: over
   * `warnBytes`.
   */
  readonly kind: 'pressure' | 'relieved' | 'shedding' | 'large'
  readonly reading: MemoryReading
}

export interface MemoryMonitorOptions {
  readonly settings: MemorySettings
  read(): MemoryReading
  /** Lets go of what can be made again. */
  relieve(): void
  /** Has garbage collected now; null where Node was not started with `--expose-gc`. */
  readonly collect: (() => void) | null
  alert(alert: MemoryAlert): void
  /** Monotonic milliseconds. */
  now(): number
}

/** Milliseconds that a reading is good for while requests come in: a burst must not have to wait for the timer. */
const GOOD_FOR = 100
/**
 * Bytes of memory that a byte of a request takes at its worst: as it came, as text, what was read of it, what is sent, and
 * what of all that is garbage already. Six were measured for a translated request of many small parts.
 */
const BYTES_PER_BYTE = 8
/** Milliseconds between two collections while requests are refused. */
const COLLECT_AGAIN = 5000
/** Of `warnBytes`: below it the next word about them is due. */
const WARN_AGAIN = 0.9

/** Watches how near this process is to the end of its memory, and acts before it is there. */
export class MemoryMonitor {
  readonly #options: MemoryMonitorOptions
  #settings: MemorySettings
  #timer: NodeJS.Timeout | null = null
  #reading: MemoryReading
  #readAt = -Infinity
  #underPressure = false
  #shedding = false
  #large = false
  #probedAt = -Infinity
  #collectedAt = -Infinity
  /** Bytes of requests that were taken and have not come yet. */
  #expected = 0
  /** Bytes that came since the last reading, and between the one before and that: they may not show in it yet. */
  #arriving = 0
  #arrivedBefore = 0
  #events = 0
  #collections = 0

  constructor(options: MemoryMonitorOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#reading = options.read()
  }

  /** Looks at memory from now on. The timer keeps no process alive. */
  start(): void {
    this.stop()
    this.#timer = setInterval(() => this.check(), this.#settings.interval).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  adopt(settings: MemorySettings): void {
    const before = this.#settings
    this.#settings = settings
    if (this.#timer === null) return
    if (before.interval !== settings.interval) this.start()
    this.check()
  }

  getStats(): MemoryPressure {
    const { ratio, limit, limitBytes, usedBytes } = this.#reading
    return {
      ratio,
      limit,
      limitBytes,
      usedBytes,
      underPressure: this.#underPressure,
      shedding: this.#shedding,
      events: this.#events,
      collections: this.#collections,
    }
  }

  /**
   * May a request of so many bytes be taken? While memory is too short one may within each interval: nothing would be
   * collected in a process that does nothing, and it would stay as it is.
   */
  hasRoom(bytes: number): boolean {
    const now = this.#options.now()
    if (now - this.#readAt >= GOOD_FOR) this.check()
    if (this.#shedding) {
      if (now - this.#probedAt < this.#settings.interval) return false
      this.#probedAt = now
    } else if (!this.#fits(bytes)) return false
    this.#expected += bytes
    return true
  }

  /** So many bytes of a request that was taken have come, or never will. */
  received(bytes: number): void {
    this.#expected -= bytes
    this.#arriving += bytes
  }

  /** Looks now, and does what is due. */
  check(): void {
    this.#arrivedBefore = this.#arriving
    this.#arriving = 0
    this.#look()
    const { threshold, resumeBelow, shedAbove } = this.#settings
    this.#checkSize()
    if (!this.#underPressure && this.#reading.ratio >= threshold) this.#begin()
    if (!this.#shedding && shedAbove < 1 && this.#reading.ratio >= shedAbove) this.#shed()
    if (this.#shedding && this.#options.now() - this.#collectedAt >= COLLECT_AGAIN) this.#collect()
    if (this.#shedding && this.#reading.ratio < threshold) this.#shedding = false
    if (this.#underPressure && this.#reading.ratio < resumeBelow) {
      this.#underPressure = false
      this.#alert('relieved')
    }
  }

  #begin(): void {
    this.#underPressure = true
    this.#events++
    this.#alert('pressure')
    this.#relieve()
  }

  #shed(): void {
    this.#relieve()
    if (this.#reading.ratio < this.#settings.shedAbove) return
    this.#shedding = true
    this.#probedAt = this.#options.now()
    this.#alert('shedding')
  }

  #relieve(): void {
    this.#options.relieve()
    this.#collect()
  }

  #collect(): void {
    if (this.#options.collect === null) return
    this.#options.collect()
    this.#collections++
    this.#collectedAt = this.#options.now()
    this.#look()
  }

  /** Does what is on its way, and this, leave memory below the limit for requests? */
  #fits(bytes: number): boolean {
    const { shedAbove } = this.#settings
    const { usedBytes, limitBytes } = this.#reading
    const coming = (this.#expected + this.#arrivedBefore + this.#arriving + bytes) * BYTES_PER_BYTE
    return shedAbove >= 1 || usedBytes + coming < shedAbove * limitBytes
  }

  #checkSize(): void {
    const { warnBytes } = this.#settings
    const { heapBytes } = this.#reading
    if (warnBytes === 0 || heapBytes < warnBytes * WARN_AGAIN) this.#large = false
    if (this.#large || warnBytes === 0 || heapBytes < warnBytes) return
    this.#large = true
    this.#alert('large')
  }

  #look(): void {
    this.#reading = this.#options.read()
    this.#readAt = this.#options.now()
  }

  #alert(kind: MemoryAlert['kind']): void {
    this.#options.alert({ kind, reading: this.#reading })
  }
}
