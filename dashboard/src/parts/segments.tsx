import type { JSX } from 'preact'
import { useId } from 'preact/hooks'

interface SegmentsProps<T extends string> {
  /** What is chosen, for those who do not see it. */
  readonly label: string
  /** It is seen as well. */
  readonly isLabelled?: boolean
  readonly choices: readonly T[]
  readonly chosen: T
  readonly onChoose: (choice: T) => void
}

/** One of a few. */
export function Segments<T extends string>(props: SegmentsProps<T>): JSX.Element {
  const { label, isLabelled = false, choices, chosen, onChoose } = props
  const name = useId()
  return (
    <fieldset class={isLabelled ? 'segments segments-labelled' : 'segments'}>
      <legend class={isLabelled ? 'label' : 'unseen'}>{label}</legend>
      {choices.map((choice) => (
        <label key={choice}>
          <input
            type="radio"
            name={name}
            value={choice}
            checked={choice === chosen}
            onChange={() => onChoose(choice)}
          />
          <span>{choice}</span>
        </label>
      ))}
    </fieldset>
  )
}
