import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { GatewayView } from '../data/gateway-view.ts'
import { useAction } from '../data/use-action.ts'
import type { IssuedKey, KeyLine } from '../data/virtual-key.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Form, FormField } from '../parts/form.tsx'
import { closePanelOf, SidePanel } from '../parts/side-panel.tsx'
import { KeyDetails } from './key-details.tsx'
import { ChangedKey, NewKey } from './key-form.tsx'

/** What somebody does with a key, one thing after the other. */
export type KeyStep =
  | { readonly kind: 'create' }
  | { readonly kind: 'details' | 'change' | 'rotate' | 'revoke'; readonly line: KeyLine }
  | { readonly kind: 'issued'; readonly issued: IssuedKey }

interface KeyPanelProps {
  readonly view: GatewayView
  readonly first: KeyStep
  readonly onClose: () => void
}

export function KeyPanel({ view, first, onClose }: KeyPanelProps): JSX.Element {
  const [step, setStep] = useState(first)
  const go = (next: KeyStep): void => {
    view.keys.refresh()
    setStep(next)
  }
  return (
    <SidePanel title={titleOf(step)} onClose={onClose} isKept={step.kind === 'issued'}>
      {contentOf(step, view, go)}
    </SidePanel>
  )
}

function titleOf(step: KeyStep): string {
  switch (step.kind) {
    case 'create':
      return 'New key'
    case 'details':
      return `Key ${step.line.name}`
    case 'change':
      return `Change ${step.line.name}`
    case 'rotate':
      return `New secret for ${step.line.name}`
    case 'revoke':
      return `Revoke ${step.line.name}?`
    case 'issued':
      return `Secret of ${step.issued.name}`
    default:
      return step satisfies never
  }
}

function contentOf(step: KeyStep, view: GatewayView, go: (next: KeyStep) => void): ComponentChildren {
  const { api } = view
  const details = (line: KeyLine): void => go({ kind: 'details', line })
  const issued = (key: IssuedKey): void => go({ kind: 'issued', issued: key })
  switch (step.kind) {
    case 'create':
      return <NewKey api={api} isFirst={view.keys.value.peek()?.keys.length === 0} onIssued={issued} />
    case 'details':
      return <KeyDetails view={view} line={step.line} onStep={go} />
    case 'change':
      return <ChangedKey api={api} line={step.line} onChanged={details} />
    case 'rotate':
      return <Rotation view={view} line={step.line} onIssued={issued} />
    case 'revoke':
      return <Revocation view={view} line={step.line} onRevoked={details} />
    case 'issued':
      return <Secret issued={step.issued} />
    default:
      return step satisfies never
  }
}

interface RotationProps {
  readonly view: GatewayView
  readonly line: KeyLine
  readonly onIssued: (issued: IssuedKey) => void
}

function Rotation({ view, line, onIssued }: RotationProps): JSX.Element {
  const [overlap, setOverlap] = useState('1h')
  const action = useAction()
  return (
    <Form
      action={action}
      fields={['overlap']}
      verb="Make a new secret"
      onSubmit={async () => onIssued(await view.api.post<IssuedKey>(`/admin/keys/${line.id}/rotate`, { overlap }))}
    >
      <FormField
        field="overlap"
        label="The old secret goes on for"
        hint="A time such as 1h or 1d, so that clients can be changed one after the other. 0s: it ends at once."
        value={overlap}
        onChange={setOverlap}
        action={action}
        isFirst
      />
    </Form>
  )
}

interface RevocationProps {
  readonly view: GatewayView
  readonly line: KeyLine
  readonly onRevoked: (line: KeyLine) => void
}

function Revocation({ view, line, onRevoked }: RevocationProps): JSX.Element {
  const action = useAction()
  return (
    <Form
      action={action}
      verb={`Revoke ${line.name}`}
      isFinal
      onSubmit={async () => onRevoked(await view.api.delete<KeyLine>(`/admin/keys/${line.id}`))}
    >
      <p>
        Clients that send the key <strong>{line.name}</strong> are answered with 401 from then on. That is for good: a
        key that is to be let in again later is disabled instead.
      </p>
    </Form>
  )
}

/** The secret lives in this part of the page only, and goes with it. */
function Secret({ issued: { name, key, secrets } }: { readonly issued: IssuedKey }): JSX.Element {
  const going = secrets.filter(({ expires }) => expires !== null).length
  return (
    <>
      <p class="notice notice-warning">
        Copy it now. It is shown this once: the gateway keeps no more than its hash, and nobody can read it again.
      </p>
      <p class="secret">
        <code>{key}</code>
        <CopyButton text={key} what={`the secret of ${name}`} />
      </p>
      {going > 0 && <p class="hint">The secret before it goes on until the end of the overlap.</p>}
      <p class="hint">
        Clients send it as <code>Authorization: Bearer</code> or <code>x-api-key</code>.
      </p>
      <div class="form-end">
        <button type="button" class="button button-main" onClick={({ currentTarget }) => closePanelOf(currentTarget)}>
          I have kept it
        </button>
      </div>
    </>
  )
}
