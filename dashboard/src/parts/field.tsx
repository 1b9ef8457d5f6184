import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { plainText } from '../text/plain-text.ts'

interface TextFieldProps {
  readonly label: string
  readonly hint: string
  readonly value: string
  readonly onChange: (value: string) => void
}

export function TextField({ label, hint, value, onChange }: TextFieldProps): JSX.Element {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="search"
        placeholder={hint}
        value={value}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </div>
  )
}

interface SelectProps {
  readonly label: string
  /** What choosing none is called. */
  readonly all: string
  readonly choices: readonly string[]
  /** Empty: none of them. */
  readonly chosen: string
  readonly onChoose: (choice: string) => void
}

export function Select({ label, all, choices, chosen, onChoose }: SelectProps): JSX.Element {
  const id = useId()
  // What was chosen stays to be seen, also when no line has it any more.
  const offered = chosen === '' || choices.includes(chosen) ? choices : [chosen, ...choices]
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={chosen} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        <option value="">{all}</option>
        {offered.map((choice) => (
          <option key={choice} value={choice}>
            {plainText(choice)}
          </option>
        ))}
      </select>
    </div>
  )
}
