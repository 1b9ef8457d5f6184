import type { JSX } from 'preact'
import { useId } from 'preact/hooks'

interface SegmentsProps<T extends string> {
  /** What is chosen, for those who do not see it. */
  readonly label: string
  readonly choices: readonly T[]
  readonly chosen: T
  readonly onChoose: (choice: T) => void
}

/** One of a few. */
export function Segments<T extends string>({ label, choices, chosen, onChoose }: SegmentsProps<T>): JSX.Element {
  const name = useId()
  return (
    <fieldset class="segments">
      <legend class="unseen">{label}</legend>
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
