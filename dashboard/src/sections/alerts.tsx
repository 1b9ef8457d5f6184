import type { JSX } from 'preact'
import type { AlertEvent, AlertRule } from '../../../src/observe/alert-list.ts'
import { Badge } from '../parts/badge.tsx'
import type { Tone } from '../parts/badge.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Moment } from '../parts/moment.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { formatRate } from '../text/number-format.ts'
import { formatLength } from '../text/time-format.ts'
import type { SectionProps } from './section.ts'

/** The rules with how they stand, and what happened lately. */
export function Alerts({ view }: SectionProps): JSX.Element {
  const alerts = view.alerts.value.value
  if (alerts === null) return <Empty>This gateway watches no alerts</Empty>
  return (
    <>
      <Panel title="Rules">
        {alerts.data.length === 0 ? (
          <Empty>There is no rule</Empty>
        ) : (
          <DataTable caption="Rules of alerts" rows={alerts.data} keyOf={({ id }) => id} columns={RULES} />
        )}
      </Panel>
      <Panel title="What happened">
        {alerts.recent.length === 0 ? (
          <Empty>No alert has been raised</Empty>
        ) : (
          <DataTable caption="Latest alerts" rows={alerts.recent} keyOf={eventKey} columns={EVENTS} />
        )}
      </Panel>
    </>
  )
}

const STATES: Readonly<Record<AlertRule['state'], { readonly tone: Tone; readonly text: string }>> = {
  ok: { tone: 'ok', text: 'Fine' },
  warning: { tone: 'warning', text: 'Warning' },
  critical: { tone: 'bad', text: 'Critical' },
}

const RULES: readonly Column<AlertRule>[] = [
  { head: 'State', cell: (rule) => <Standing rule={rule} /> },
  { head: 'Rule', cell: ({ name }) => <Name>{name}</Name> },
  { head: 'Metric', cell: ({ metric }) => <code>{metric}</code> },
  { head: 'Value', kind: 'number', cell: ({ value }) => figure(value) },
  { head: 'Raised when', cell: (rule) => thresholds(rule) },
  { head: 'Over', kind: 'number', cell: ({ window }) => formatLength(window) },
  { head: 'Since', cell: ({ since }) => (since === null ? 'the start' : <Moment time={since} />) },
  { head: 'From', cell: ({ source }) => SOURCES[source] },
]

const EVENTS: readonly Column<AlertEvent>[] = [
  { head: 'When', cell: ({ time }) => <Moment time={time} /> },
  { head: 'Became', cell: ({ state }) => <State state={state} /> },
  { head: 'Rule', cell: ({ name }) => <Name>{name}</Name> },
  { head: 'Metric', cell: ({ metric }) => <code>{metric}</code> },
  { head: 'Value', kind: 'number', cell: ({ value }) => figure(value) },
  { head: 'Threshold', kind: 'number', cell: ({ threshold }) => figure(threshold) },
]

const SOURCES: Readonly<Record<AlertRule['source'], string>> = { default: 'built in', config: 'config', store: 'API' }

/** How a rule stands. One that was not looked at yet stands in no way. */
function Standing({ rule: { state, value } }: { readonly rule: AlertRule }): JSX.Element {
  return state === 'ok' && value === null ? <Badge tone="idle">Not known</Badge> : <State state={state} />
}

function State({ state }: { readonly state: AlertRule['state'] }): JSX.Element {
  const { tone, text } = STATES[state]
  return <Badge tone={tone}>{text}</Badge>
}

function thresholds({ operator, warning, critical }: AlertRule): string {
  const parts = [
    warning === null ? null : `${operator} ${figure(warning)}`,
    critical === null ? null : `critical ${operator} ${figure(critical)}`,
  ]
  return parts.filter((part) => part !== null).join(', ')
}

function figure(value: number | null): string {
  return value === null ? '–' : formatRate(value)
}

function eventKey({ time, ruleId, state }: AlertEvent): string {
  return `${time} ${ruleId} ${state}`
}
