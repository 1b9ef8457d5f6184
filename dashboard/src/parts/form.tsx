import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { Action } from '../data/use-action.ts'
import { closePanelOf } from './side-panel.tsx'

interface FormProps {
  readonly action: Action
  /** Names of the fields that show themselves what is wrong with them. */
  readonly fields?: readonly string[]
  /** What the button says. */
  readonly verb: string
  /** What it does cannot be taken back. */
  readonly isFinal?: boolean
  readonly onSubmit: (form: Element) => Promise<void>
  readonly children?: ComponentChildren
}

/** Fields in a panel, with a button that sends them and one that does not. */
export function Form({ action, fields = [], verb, isFinal = false, onSubmit, children }: FormProps): JSX.Element {
  const { problem, busy, run } = action
  const hasPlace = problem !== null && fields.some((field) => isAbout(problem.field, field))
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        const { currentTarget: form } = event
        event.preventDefault()
        run(() => onSubmit(form))
      }}
    >
      {children}
      {problem !== null && !hasPlace && (
        <p class="notice" role="alert">
          {problem.message}
        </p>
      )}
      <div class="form-end">
        <button type="submit" class={`button ${isFinal ? 'button-final' : 'button-main'}`} aria-disabled={busy}>
          {verb}
        </button>
        <button type="button" class="button" onClick={({ currentTarget }) => closePanelOf(currentTarget)}>
          Cancel
        </button>
      </div>
    </form>
  )
}

interface FormFieldProps {
  readonly label: string
  readonly hint: ComponentChildren
  readonly kind?: 'text' | 'number' | 'date' | 'lines'
  readonly value: string
  readonly onChange: (value: string) => void
  /** What the gateway calls it. */
  readonly field: string
  readonly action: Action
  readonly isFirst?: boolean
  /** Two such stand side by side. */
  readonly isHalf?: boolean
  /** To choose from, or to write something else. */
  readonly known?: readonly string[]
}

/** One field, and below it what may stand there or what is wrong with what does. */
export function FormField(props: FormFieldProps): JSX.Element {
  const { label, hint, kind = 'text', value, onChange, field, action, isFirst = false, isHalf = false, known } = props
  const id = useId()
  const element = useRef<HTMLElement | null>(null)
  const problem = action.problem !== null && isAbout(action.problem.field, field) ? action.problem : null
  useEffect(() => {
    if (problem !== null) element.current?.focus()
  }, [problem])
  const shared = {
    id,
    ref: (found: HTMLElement | null) => void (element.current = found),
    value,
    autocomplete: 'off',
    spellcheck: false,
    autofocus: isFirst,
    'aria-invalid': problem !== null,
    'aria-describedby': `${id}-hint${problem === null ? '' : ` ${id}-problem`}`,
    onInput: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) =>
      onChange(currentTarget.value),
  } as const
  return (
    <div class={isHalf ? 'field field-half' : 'field'}>
      <label for={id}>{label}</label>
      {kind === 'lines' ? (
        <textarea rows={2} {...shared} />
      ) : (
        <input
          type={kind === 'date' ? 'date' : 'text'}
          inputMode={kind === 'number' ? 'decimal' : undefined}
          list={known === undefined ? undefined : `${id}-known`}
          {...shared}
        />
      )}
      {known !== undefined && (
        <datalist id={`${id}-known`}>
          {known.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      {problem !== null && (
        <p class="field-problem" id={`${id}-problem`}>
          {problem.message}
        </p>
      )}
      <p class="field-hint" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
  )
}

/** `models.1` is about `models`. */
function isAbout(named: string | null, field: string): boolean {
  return named === field || named?.startsWith(`${field}.`) === true
}
