import type { JSX } from 'preact'
import type { Overview } from '../../../src/observe/overview.ts'
import { Badge } from '../parts/badge.tsx'
import type { Tone } from '../parts/badge.tsx'
import { formatThings } from '../text/number-format.ts'
import { formatLength } from '../text/time-format.ts'

const STATES: Readonly<Record<Overview['status'], { readonly tone: Tone; readonly text: string }>> = {
  healthy: { tone: 'ok', text: 'Healthy' },
  degraded: { tone: 'warning', text: 'Degraded' },
  unhealthy: { tone: 'bad', text: 'Unhealthy' },
}

const STALE = { tone: 'idle', text: 'Not up to date' } as const

interface StatusLineProps {
  readonly overview: Overview
  /** Nobody knows how it is now. */
  readonly isStale: boolean
}

/** How the gateway is, in one line. */
export function StatusLine({ overview, isStale }: StatusLineProps): JSX.Element {
  const { status, version, uptime, processes } = overview
  const { tone, text } = isStale ? STALE : STATES[status]
  return (
    <div class="status-line">
      <Badge tone={tone}>{text}</Badge>
      <span>Version {version}</span>
      <span>Up {formatLength(uptime)}</span>
      <span>{formatThings(processes, 'worker')}</span>
    </div>
  )
}
