const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long', hourCycle: 'h23' })
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const exactClock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' })

const STEPS = [
  ['second', 1, 60],
  ['minute', 60, 3600],
  ['hour', 3600, 86_400],
  ['day', 86_400, Number.POSITIVE_INFINITY],
] as const

/** From Unix milliseconds: `Nov 29, 2026, 13:05:01 UTC`. */
export function formatMoment(time: number): string {
  return moment.format(time)
}

/** `13:05`. */
export function formatClock(time: number): string {
  return clock.format(time)
}

/** `13:05:01`. */
export function formatExactClock(time: number): string {
  return exactClock.format(time)
}

/** `12s ago`, `in 3 days`; `now` within two seconds, which is as exact as two clocks are. */
export function formatRelative(time: number, now: number): string {
  const seconds = (time - now) / 1000
  const distance = Math.abs(seconds)
  if (distance < 2) return 'now'
  const [unit, size] = STEPS.find(([, , end]) => distance < end) ?? STEPS[3]
  return relative.format(Math.trunc(seconds / size), unit)
}

/** From seconds, by its two largest units: `3 d 4 h`, `12 min 5 s`. */
export function formatLength(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return '0 s'
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ')
}
