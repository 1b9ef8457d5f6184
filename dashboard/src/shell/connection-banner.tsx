import type { JSX } from 'preact'
import type { GatewayView } from '../data/gateway-view.ts'
import { usePage } from '../data/page.ts'
import { formatExactClock } from '../text/time-format.ts'

/** Says that the figures are old, and when they are asked for again. */
export function ConnectionBanner({ view }: { readonly view: GatewayView }): JSX.Element | null {
  const { now } = usePage()
  const { problem, nextTryAt, receivedAt } = view.overview
  const what = problem.value
  if (what === null) return null
  const seconds = Math.max(0, Math.ceil(((nextTryAt.value ?? 0) - now.value) / 1000))
  const since = receivedAt.value
  return (
    <div class="banner">
      <p role="alert">
        <strong>{what.kind === 'unreachable' ? 'Connection lost.' : 'The gateway refused to answer.'}</strong>{' '}
        {what.message} {since === null ? '' : `What is shown is from ${formatExactClock(since)}.`}
      </p>
      <span>{seconds === 0 ? 'Trying' : `Next try in ${seconds} s`}</span>
      <button type="button" class="button button-small" onClick={() => view.overview.refresh()}>
        Try now
      </button>
    </div>
  )
}
