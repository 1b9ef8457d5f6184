const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const cents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' })
const partsOfCents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumSignificantDigits: 2 })
const share = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

/** `12,345`. */
export function formatCount(value: number): string {
  return whole.format(value)
}

/** `12.3K`: for large numbers whose last digits nobody reads. */
export function formatShort(value: number): string {
  return value < 10_000 ? whole.format(value) : short.format(value)
}

/** `0.25`, `12.3`: something per second. */
export function formatRate(value: number): string {
  return value >= 10_000 ? short.format(value) : threeDigits.format(value)
}

/** From a number between 0 and 1: `12.3%`. */
export function formatShare(value: number): string {
  return share.format(value)
}

/** From milliseconds: `0.4 ms`, `85 ms`, `1.25 s`, `2.1 min`. */
export function formatMilliseconds(value: number): string {
  if (value < 1000) return `${threeDigits.format(value)} ms`
  if (value < 60_000) return `${threeDigits.format(value / 1000)} s`
  return `${threeDigits.format(value / 60_000)} min`
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** From bytes: `81.3 MB`. */
export function formatBytes(value: number): string {
  const power = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3))
  return `${threeDigits.format(value / 1000 ** power)} ${UNITS[power] ?? 'B'}`
}

/** From US dollars: `$1.25`, and `$0.00042` where cents would say nothing. */
export function formatDollars(value: number): string {
  return value > 0 && value < 0.1 ? partsOfCents.format(value) : cents.format(value)
}

/** `1 request`, `2 requests`. */
export function formatThings(value: number, thing: string, things = `${thing}s`): string {
  return `${formatCount(value)} ${value === 1 ? thing : things}`
}
