import type { JsonText } from '../lib/json.ts'

/** Tokens of one exchange. Totals include their parts, whatever the vendor's own convention is. */
export interface Usage {
  readonly input: {
    /** All input tokens: fresh, read from the vendor's prompt cache, and written to it. */
    readonly total: number
    readonly cacheRead: number
    /** Written to the prompt cache, all lifetimes together. */
    readonly cacheWrite: number
    /** The part of `cacheWrite` with the one-hour lifetime. */
    readonly cacheWriteLong: number
  }
  readonly output: {
    /** All output tokens, reasoning included. */
    readonly total: number
    readonly reasoning: number
  }
  /** True when the vendor gave none and the gateway counted by itself. */
  readonly estimated: boolean
  /** In US dollars, by the word of whoever asked the model for us; null: nobody said, and list prices count. */
  readonly cost: number | null
  /** The vendor's own usage object. */
  readonly raw: JsonText | null
}

export const NO_USAGE: Usage = {
  input: { total: 0, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0 },
  output: { total: 0, reasoning: 0 },
  estimated: false,
  cost: null,
  raw: null,
}
