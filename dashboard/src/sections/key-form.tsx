import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AdminApi } from '../data/admin-api.ts'
import { draftOf, NO_DRAFT, wishOf } from '../data/key-draft.ts'
import type { KeyDraft } from '../data/key-draft.ts'
import { useAction } from '../data/use-action.ts'
import type { IssuedKey, KeyLine } from '../data/virtual-key.ts'
import { Form, FormField } from '../parts/form.tsx'

interface NewKeyProps {
  readonly api: AdminApi
  /** Until now everybody who reaches the gateway may use it, maybe. */
  readonly isFirst: boolean
  readonly onIssued: (issued: IssuedKey) => void
}

export function NewKey({ api, isFirst, onIssued }: NewKeyProps): JSX.Element {
  return (
    <>
      {isFirst && (
        <p class="notice notice-warning">
          This is the first key. As soon as there is one, clients that send none are refused.
        </p>
      )}
      <KeyForm
        before={NO_DRAFT}
        verb="Make the key"
        onSubmit={async (wish) => onIssued(await api.post<IssuedKey>('/admin/keys', wish))}
      />
    </>
  )
}

interface ChangedKeyProps {
  readonly api: AdminApi
  readonly line: KeyLine
  readonly onChanged: (line: KeyLine) => void
}

export function ChangedKey({ api, line, onChanged }: ChangedKeyProps): JSX.Element {
  return (
    <KeyForm
      before={draftOf(line)}
      verb="Save"
      onSubmit={async (wish) => onChanged(await api.patch<KeyLine>(`/admin/keys/${line.id}`, wish))}
    />
  )
}

interface KeyFormProps {
  readonly before: KeyDraft
  readonly verb: string
  readonly onSubmit: (wish: Readonly<Record<string, unknown>>) => Promise<void>
}

interface Field {
  readonly draft: keyof KeyDraft
  /** As the gateway calls it. */
  readonly field: string
  readonly label: string
  readonly hint: string
  readonly kind?: 'number' | 'date' | 'lines'
  readonly isHalf?: true
}

const FIELDS: readonly Field[] = [
  {
    draft: 'name',
    field: 'name',
    label: 'Name',
    hint: 'Stands in logs in place of the key: up to 64 letters, digits, blanks and . @ _ -',
  },
  { draft: 'owner', field: 'owner', label: 'Owner', hint: 'Who answers for it, for people.' },
  {
    draft: 'models',
    field: 'models',
    label: 'Models',
    hint: 'Names and patterns such as claude-*, one on each line. Empty: all.',
    kind: 'lines',
  },
  {
    draft: 'routes',
    field: 'routes',
    label: 'Routes',
    hint: 'Paths and patterns such as /v1/messages or /v1/models*, one on each line. Empty: all.',
    kind: 'lines',
  },
  {
    draft: 'limit',
    field: 'rateLimit.max',
    label: 'Requests at most',
    hint: 'Empty: the limit for all.',
    kind: 'number',
    isHalf: true,
  },
  {
    draft: 'limitWindow',
    field: 'rateLimit.timeWindow',
    label: 'Within',
    hint: 'A time such as 30s, 1m or 1h.',
    isHalf: true,
  },
  {
    draft: 'expires',
    field: 'expires',
    label: 'Expires',
    hint: 'Refused from the first moment of that day on, UTC. Empty: never.',
    kind: 'date',
  },
  {
    draft: 'claudeTools',
    field: 'claudeTools',
    label: "Claude Code's own tools",
    hint: 'Of those that the provider allows, such as Read or Bash(git *), one on each line; * for all. Empty: none.',
    kind: 'lines',
  },
]

function KeyForm({ before, verb, onSubmit }: KeyFormProps): JSX.Element {
  const [draft, setDraft] = useState(before)
  const action = useAction()
  return (
    <Form
      action={action}
      fields={FIELDS.map(({ field }) => field)}
      verb={verb}
      onSubmit={() => onSubmit(wishOf(draft, before))}
    >
      {FIELDS.map(({ draft: part, ...field }, place) => (
        <FormField
          key={part}
          {...field}
          value={draft[part]}
          onChange={(text) => setDraft((now) => ({ ...now, [part]: text }))}
          action={action}
          isFirst={place === 0}
        />
      ))}
    </Form>
  )
}
