import type { JSX } from 'preact'
import { usePage } from '../data/page.ts'
import { formatMoment, formatRelative } from '../text/time-format.ts'

/** How long ago, or how long until then; the exact time where one points at it. `time` is in Unix milliseconds. */
export function Moment({ time }: { readonly time: number }): JSX.Element {
  const { now } = usePage()
  return (
    <time dateTime={new Date(time).toISOString()} title={formatMoment(time)}>
      {formatRelative(time, now.value)}
    </time>
  )
}
