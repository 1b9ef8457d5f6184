import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AlertRule } from '../../../src/observe/alert-list.ts'
import { NO_ALERT, ruleOf } from '../data/alert-draft.ts'
import type { AlertDraft } from '../data/alert-draft.ts'
import type { GatewayView } from '../data/gateway-view.ts'
import { useAction } from '../data/use-action.ts'
import { Form, FormField } from '../parts/form.tsx'
import { Segments } from '../parts/segments.tsx'

interface NewAlertProps {
  readonly view: GatewayView
  readonly onMade: (rule: AlertRule) => void
}

interface Field {
  readonly field: Exclude<keyof AlertDraft, 'operator'>
  readonly label: string
  readonly hint: string
  readonly kind?: 'number'
  readonly isHalf?: true
}

const FIRST: readonly Field[] = [
  { field: 'name', label: 'Name', hint: 'What the message is called: up to 64 letters, digits, blanks and . @ _ -' },
  {
    field: 'metric',
    label: 'Metric',
    hint: 'Such as p95, errorRate or memory, or the path of a number in /debug/metrics.',
  },
]
const SECOND: readonly Field[] = [
  { field: 'warning', label: 'Warning at', hint: 'A number; one of the two is needed.', kind: 'number', isHalf: true },
  { field: 'critical', label: 'Critical at', hint: 'A number; empty: never critical.', kind: 'number', isHalf: true },
  { field: 'window', label: 'Looked at over', hint: 'A time such as 1m or 5m, up to an hour.', isHalf: true },
  { field: 'cooldown', label: 'Between two messages', hint: 'A time such as 5m.', isHalf: true },
]

export function NewAlert({ view, onMade }: NewAlertProps): JSX.Element {
  const [draft, setDraft] = useState(NO_ALERT)
  const action = useAction()
  const known = [...new Set(view.alerts.value.peek()?.data.map(({ metric }) => metric))].toSorted()
  const fieldOf = ({ field, ...rest }: Field): JSX.Element => (
    <FormField
      key={field}
      field={field}
      {...rest}
      value={draft[field]}
      onChange={(text) => setDraft((now) => ({ ...now, [field]: text }))}
      action={action}
      isFirst={field === 'name'}
      {...(field === 'metric' && { known })}
    />
  )
  return (
    <Form
      action={action}
      fields={[...FIRST, ...SECOND].map(({ field }) => field)}
      verb="Make the rule"
      onSubmit={async () => onMade(await view.api.post<AlertRule>('/admin/alerts', ruleOf(draft)))}
    >
      {FIRST.map(fieldOf)}
      <Segments
        label="Raised when the metric is"
        choices={['above', 'below']}
        chosen={draft.operator}
        onChoose={(operator) => setDraft((now) => ({ ...now, operator }))}
        isLabelled
      />
      {SECOND.map(fieldOf)}
    </Form>
  )
}
