import type { JSX } from 'preact'

/** Lines in a square of 24. */
const PATHS = {
  overview: 'M4 19V11M10 19V5M16 19v-6M21 19H3',
  requests: 'M4 7h16M4 12h16M4 17h10',
  errors: 'M12 3 2.5 20h19L12 3ZM12 10v4M12 17.2v.1',
  alerts: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15L6 16ZM10 20.5h4',
  providers: 'M4 5h16v5H4zM4 14h16v5H4zM7.5 7.5v.1M7.5 16.5v.1',
  caches:
    'M12 4c4.4 0 8 1.3 8 3s-3.6 3-8 3-8-1.3-8-3 3.6-3 8-3ZM4 7v10c0 1.7 3.6 3 8 3s8-1.3 8-3V7M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  sessions: 'M4 5h16v11H9l-5 4V5ZM8 9h8M8 12.5h5',
  keys: 'M8 15a4 4 0 1 1 3.5-6H21v4h-2.5v3H15v-3h-3.5A4 4 0 0 1 8 15ZM8 11v.1',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1M18.4 5.6l-1 1M6.6 17.4l-1 1',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  leave: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  pause: 'M8 5v14M16 5v14',
  play: 'M8 5v14l11-7L8 5Z',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  ok: 'M5 12.5 10 17.5 19.5 7',
  warning: 'M12 5v9M12 18.5v.1',
  bad: 'M7 7l10 10M17 7 7 17',
  idle: 'M6 12h12',
} as const

export type IconName = keyof typeof PATHS

/** A drawing that says nothing that the text beside it does not say. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
