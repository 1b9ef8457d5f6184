const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['sec', 1000],
  ['second', 1000],
  ['seconds', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['minute', 60_000],
  ['minutes', 60_000],
  ['h', 3_600_000],
  ['hour', 3_600_000],
  ['hours', 3_600_000],
  ['d', 86_400_000],
  ['day', 86_400_000],
  ['days', 86_400_000],
])

/** The longest delay that a timer of Node takes. */
const LONGEST = 2_147_483_647

const AMOUNT = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy

/**
 * Milliseconds of a time as people write it: `30` and `"30"` are seconds, `"500ms"`, `"1h"`, `"1h30m"`, `"1 minute"`.
 * Null for anything else, and for more than 24 days.
 */
export function parseDuration(value: number | string): number | null {
  const milliseconds = typeof value === 'number' ? value * 1000 : parseWords(value)
  if (milliseconds === null || !(milliseconds >= 0) || milliseconds > LONGEST) return null
  return Math.round(milliseconds)
}

function parseWords(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const amount = new RegExp(AMOUNT)
  let sum = 0
  let end = 0
  for (let match = amount.exec(text.toLowerCase()); match !== null; match = amount.exec(text.toLowerCase())) {
    const unit = UNITS.get(match[2] ?? '')
    if (unit === undefined) return null
    sum += Number(match[1]) * unit
    end = amount.lastIndex
  }
  return end > 0 && end === text.length ? sum : null
}

/** The shortest exact way to write it: `90000` is `"90s"`, `3600000` is `"1h"`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    const size = UNITS.get(unit) ?? 1
    if (milliseconds > 0 && milliseconds % size === 0) return `${milliseconds / size}${unit}`
  }
  return milliseconds === 0 ? '0s' : `${milliseconds}ms`
}
