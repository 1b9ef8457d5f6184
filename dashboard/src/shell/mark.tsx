import type { JSX } from 'preact'

/** The sign and the name of the program. */
export function Mark(): JSX.Element {
  return (
    <span class="mark">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="7" />
        <path d="M7 10h6l6 12h6M7 22h6l6-12h6" />
      </svg>
      <span>Universal Claude Router</span>
    </span>
  )
}
