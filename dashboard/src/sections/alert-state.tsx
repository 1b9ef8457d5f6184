import type { JSX } from 'preact'
import type { AlertRule } from '../../../src/observe/alert-list.ts'
import { Badge } from '../parts/badge.tsx'
import type { Tone } from '../parts/badge.tsx'
import { formatRate } from '../text/number-format.ts'

const STATES: Readonly<Record<AlertRule['state'], { readonly tone: Tone; readonly text: string }>> = {
  ok: { tone: 'ok', text: 'Fine' },
  warning: { tone: 'warning', text: 'Warning' },
  critical: { tone: 'bad', text: 'Critical' },
}

export const SOURCES: Readonly<Record<AlertRule['source'], string>> = {
  default: 'built in',
  config: 'the config file',
  store: 'the store',
}

/** How a rule stands. One that was not looked at yet stands in no way. */
export function Standing({ rule: { state, value } }: { readonly rule: AlertRule }): JSX.Element {
  return state === 'ok' && value === null ? <Badge tone="idle">Not known</Badge> : <AlertState state={state} />
}

export function AlertState({ state }: { readonly state: AlertRule['state'] }): JSX.Element {
  const { tone, text } = STATES[state]
  return <Badge tone={tone}>{text}</Badge>
}

export function thresholds({ operator, warning, critical }: AlertRule): string {
  const parts = [
    warning === null ? null : `${operator} ${figure(warning)}`,
    critical === null ? null : `critical ${operator} ${figure(critical)}`,
  ]
  return parts.filter((part) => part !== null).join(', ')
}

export function figure(value: number | null): string {
  return value === null ? '–' : formatRate(value)
}
