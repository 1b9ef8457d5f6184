import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AlertEvent, AlertRule } from '../../../src/observe/alert-list.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Icon } from '../parts/icon.tsx'
import { Moment } from '../parts/moment.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { formatLength } from '../text/time-format.ts'
import { AlertPanel } from './alert-panel.tsx'
import type { AlertStep } from './alert-panel.tsx'
import { AlertState, figure, SOURCES, Standing, thresholds } from './alert-state.tsx'
import type { SectionProps } from './section.ts'

/** The rules with how they stand, and what happened lately. */
export function Alerts({ view }: SectionProps): JSX.Element {
  const alerts = view.alerts.value.value
  const [step, setStep] = useState<AlertStep | null>(null)
  if (alerts === null) return <Empty>This gateway watches no alerts</Empty>
  const create = (
    <button type="button" class="button" onClick={() => setStep({ kind: 'create' })}>
      <Icon name="plus" />
      New rule
    </button>
  )
  return (
    <>
      <Panel title="Rules" aside={create}>
        {alerts.data.length === 0 ? (
          <Empty>There is no rule</Empty>
        ) : (
          <DataTable
            caption="Rules of alerts"
            rows={alerts.data}
            keyOf={({ id }) => id}
            columns={RULES}
            onOpen={(rule) => setStep({ kind: 'details', rule })}
          />
        )}
      </Panel>
      <Panel title="What happened">
        {alerts.recent.length === 0 ? (
          <Empty>No alert has been raised</Empty>
        ) : (
          <DataTable caption="Latest alerts" rows={alerts.recent} keyOf={eventKey} columns={EVENTS} />
        )}
      </Panel>
      {step !== null && <AlertPanel view={view} first={step} onClose={() => setStep(null)} />}
    </>
  )
}

// The row's click is the button's too: it bubbles.
const RULES: readonly Column<AlertRule>[] = [
  {
    head: 'Rule',
    cell: ({ name }) => (
      <button type="button" class="link">
        <Name>{name}</Name>
      </button>
    ),
  },
  { head: 'State', cell: (rule) => <Standing rule={rule} /> },
  { head: 'Metric', cell: ({ metric }) => <code>{metric}</code> },
  { head: 'Value', kind: 'number', cell: ({ value }) => figure(value) },
  { head: 'Raised when', cell: (rule) => thresholds(rule) },
  { head: 'Over', kind: 'number', cell: ({ window }) => formatLength(window) },
  { head: 'Since', cell: ({ since }) => (since === null ? 'the start' : <Moment time={since} />) },
  { head: 'From', cell: ({ source }) => SOURCES[source] },
]

const EVENTS: readonly Column<AlertEvent>[] = [
  { head: 'When', cell: ({ time }) => <Moment time={time} /> },
  { head: 'Became', cell: ({ state }) => <AlertState state={state} /> },
  { head: 'Rule', cell: ({ name }) => <Name>{name}</Name> },
  { head: 'Metric', cell: ({ metric }) => <code>{metric}</code> },
  { head: 'Value', kind: 'number', cell: ({ value }) => figure(value) },
  { head: 'Threshold', kind: 'number', cell: ({ threshold }) => figure(threshold) },
]

function eventKey({ time, ruleId, state }: AlertEvent): string {
  return `${time} ${ruleId} ${state}`
}
