import type { Headers } from '../../lib/headers.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 0.001],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
])
const DURATION = /(\d+(?:\.\d+)?)\s*(ms|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|[smh])(?![a-z])/gi
const HINT = /(?:try again|retry|wait)\D{0,20}((?:\d+(?:\.\d+)?\s*[a-z]+\s*,?\s*)+)/i

/** Whole seconds to wait before the next try, as the answer's header fields say, or null. */
export function retryAfterFromHeaders(headers: Headers): number | null {
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1000)
  const value = headers['retry-after']
  if (value === undefined || value.trim() === '') return null
  const seconds = Number(value)
  if (!Number.isNaN(seconds)) return seconds >= 0 ? Math.ceil(seconds) : null
  // A date counts from the server's own clock: codecs have none, and ours may differ.
  const wait = Date.parse(value) - Date.parse(headers['date'] ?? '')
  return Number.isNaN(wait) ? null : Math.max(0, Math.ceil(wait / 1000))
}

/** The same from words: "Please try again in 1m30.5s", or Google's `"retryDelay": "34.4s"`. */
export function retryAfterFromText(text: string): number | null {
  const hint = HINT.exec(text)?.[1]
  return hint === undefined ? null : duration(hint)
}

/** Characters: longer ones say no time, and take some to read. */
const LONGEST = 200

/** `1h2m3.5s`, `250ms`, `2 minutes` in whole seconds, rounded up. */
export function duration(text: string): number | null {
  let seconds: number | null = null
  for (const [, amount = '', unit = ''] of text.slice(0, LONGEST).matchAll(DURATION)) {
    const key = unit.toLowerCase().startsWith('mil') ? 'ms' : unit.toLowerCase() === 'ms' ? 'ms' : unit[0]
    seconds = (seconds ?? 0) + Number(amount) * (UNITS.get(key?.toLowerCase() ?? '') ?? 0)
  }
  return seconds === null ? null : Math.ceil(seconds)
}
