import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AlertRule } from '../../../src/observe/alert-list.ts'
import type { GatewayView } from '../data/gateway-view.ts'
import { useAction } from '../data/use-action.ts'
import { Badge } from '../parts/badge.tsx'
import { Facts } from '../parts/facts.tsx'
import { Form } from '../parts/form.tsx'
import { Name } from '../parts/name.tsx'
import { leavePanelOf, SidePanel } from '../parts/side-panel.tsx'
import { formatLength } from '../text/time-format.ts'
import { NewAlert } from './alert-form.tsx'
import { figure, SOURCES, Standing, thresholds } from './alert-state.tsx'

/** What somebody does with a rule, one thing after the other. */
export type AlertStep = { readonly kind: 'create' } | { readonly kind: 'details' | 'delete'; readonly rule: AlertRule }

interface AlertPanelProps {
  readonly view: GatewayView
  readonly first: AlertStep
  readonly onClose: () => void
}

export function AlertPanel({ view, first, onClose }: AlertPanelProps): JSX.Element {
  const [step, setStep] = useState(first)
  const go = (next: AlertStep): void => {
    view.alerts.refresh()
    setStep(next)
  }
  return (
    <SidePanel title={titleOf(step)} onClose={onClose}>
      {contentOf(step, view, go)}
    </SidePanel>
  )
}

function titleOf(step: AlertStep): string {
  switch (step.kind) {
    case 'create':
      return 'New rule'
    case 'details':
      return `Rule ${step.rule.name}`
    case 'delete':
      return `Delete ${step.rule.name}?`
    default:
      return step satisfies never
  }
}

function contentOf(step: AlertStep, view: GatewayView, go: (next: AlertStep) => void): ComponentChildren {
  switch (step.kind) {
    case 'create':
      return <NewAlert view={view} onMade={(rule) => go({ kind: 'details', rule })} />
    case 'details':
      return <AlertDetails view={view} rule={step.rule} onDelete={() => go({ kind: 'delete', rule: step.rule })} />
    case 'delete':
      return <Deletion view={view} rule={step.rule} />
    default:
      return step satisfies never
  }
}

/** What one of those who are told said to a message. */
interface Answer {
  readonly type: string
  readonly target: string
  readonly ok: boolean
  readonly error: string | null
}

interface AlertDetailsProps {
  readonly view: GatewayView
  readonly rule: AlertRule
  readonly onDelete: () => void
}

function AlertDetails({ view, rule, onDelete }: AlertDetailsProps): JSX.Element {
  const { busy, problem, run } = useAction()
  const [answers, setAnswers] = useState<readonly Answer[] | null>(null)
  const { metric, value, window, cooldown, source } = rule
  const test = async (): Promise<void> => {
    setAnswers(null)
    const { data } = await view.api.post<{ readonly data: readonly Answer[] }>(`/admin/alerts/${rule.id}/test`)
    setAnswers(data)
  }
  return (
    <>
      <div class="doings">
        <button type="button" class="button" aria-disabled={busy} onClick={() => run(test)}>
          Send a test message
        </button>
        {source === 'store' && (
          <button type="button" class="button" onClick={onDelete}>
            Delete
          </button>
        )}
      </div>
      <div role="status">{answers !== null && <Answers answers={answers} />}</div>
      {problem !== null && (
        <p class="notice" role="alert">
          {problem.message}
        </p>
      )}
      <Facts
        title="What it is"
        facts={[
          ['State', <Standing rule={rule} />],
          ['Metric', <code>{metric}</code>],
          ['Value', figure(value)],
          ['Raised when', thresholds(rule)],
          ['Looked at over', formatLength(window)],
          ['Between two messages', formatLength(cooldown)],
          ['Comes from', SOURCES[source]],
        ]}
      />
      {source !== 'store' && (
        <p class="hint">
          {source === 'config' ? 'It stands in the config file and is changed there,' : 'It is changed in the config,'}{' '}
          under <code>alerts.rules</code>.
        </p>
      )}
    </>
  )
}

function Answers({ answers }: { readonly answers: readonly Answer[] }): JSX.Element {
  if (answers.length === 0) return <p class="notice notice-warning">The config names nobody who is told.</p>
  return (
    <Facts
      title="Who was told"
      facts={answers.map(({ type, target, ok, error }) => [
        type === target ? type : `${type}, ${target}`,
        ok ? <Badge tone="ok">Took it</Badge> : <Name>{error ?? 'It was not taken.'}</Name>,
      ])}
    />
  )
}

function Deletion({ view, rule: { id, name } }: { readonly view: GatewayView; readonly rule: AlertRule }): JSX.Element {
  const action = useAction()
  const remove = async (form: Element): Promise<void> => {
    await view.api.delete(`/admin/alerts/${id}`)
    view.alerts.refresh()
    leavePanelOf(form)
  }
  return (
    <Form action={action} verb={`Delete ${name}`} isFinal onSubmit={remove}>
      <p>
        Nobody is told any more when <strong>{name}</strong> is broken.
      </p>
    </Form>
  )
}
