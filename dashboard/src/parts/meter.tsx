import type { JSX } from 'preact'
import { formatShare } from '../text/number-format.ts'

/** A share between 0 and 1, drawn and written. */
export function Meter({ label, share }: { readonly label: string; readonly share: number }): JSX.Element {
  return (
    <div class="meter">
      <span class="meter-label">{label}</span>
      <div
        class="meter-track"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={share}
        aria-valuetext={formatShare(share)}
      >
        <div class="meter-bar" style={{ width: `${share * 100}%` }} />
      </div>
      <span class="meter-value">{formatShare(share)}</span>
    </div>
  )
}
