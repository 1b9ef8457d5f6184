import type { JSX } from 'preact'
import { formatShare } from '../text/number-format.ts'

/** A share between 0 and 1, drawn and written. */
export function Meter({ label, share }: { readonly label: string; readonly share: number }): JSX.Element {
  return (
    <div class="meter">
      <span class="meter-label">{label}</span>
      <meter min={0} max={1} value={share} aria-label={label}>
        {formatShare(share)}
      </meter>
      <span class="meter-value">{formatShare(share)}</span>
    </div>
  )
}
