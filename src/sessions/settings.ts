import type { HistoryBounds } from './history-bounds.ts'

/** Times in milliseconds, sizes in bytes. */
export interface SessionSettings extends HistoryBounds {
  /** How long a session lives after it was last used. */
  readonly ttl: number
  /** Sessions of all tenants together. */
  readonly max: number
  /** Between two looks for sessions whose time is over. */
  readonly sweepInterval: number
  /** Share of memory, 0 to 1, above which sessions that are kept in memory go. */
  readonly memoryThreshold: number
  readonly compression: boolean
}
