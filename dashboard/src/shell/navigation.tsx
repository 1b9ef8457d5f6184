import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../parts/icon.tsx'
import type { Section } from '../sections/section.ts'
import { formatCount } from '../text/number-format.ts'

interface NavigationProps {
  readonly sections: readonly Section[]
  readonly current: Section
  /** Things that want to be looked at, by section. */
  readonly counts: Readonly<Record<string, number>>
}

const GROUPS = ['Traffic', 'Gateway'] as const

export function Navigation({ sections, current, counts }: NavigationProps): JSX.Element {
  const list = useRef<HTMLElement>(null)
  useEffect(() => showCurrent(list.current), [current])
  return (
    <nav class="navigation" aria-label="Sections" ref={list}>
      {GROUPS.map((group) => (
        <div key={group} class="navigation-group">
          <p class="navigation-title" aria-hidden="true">
            {group}
          </p>
          <ul>
            {sections
              .filter((section) => section.group === group)
              .map(({ id, title, icon }) => (
                <li key={id}>
                  <a href={`#/${id}`} {...(id === current.id && { 'aria-current': 'page' })}>
                    <Icon name={icon} />
                    {title}
                    <Count value={counts[id] ?? 0} />
                  </a>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

/** On a phone the list is wider than the screen. */
function showCurrent(list: HTMLElement | null): void {
  const link = list?.querySelector<HTMLElement>('[aria-current]')
  if (list === null || link === null || link === undefined) return
  list.scrollLeft = link.offsetLeft - (list.clientWidth - link.offsetWidth) / 2
}

function Count({ value }: { readonly value: number }): JSX.Element | null {
  if (value === 0) return null
  return (
    <span class="navigation-count">
      {formatCount(value)}
      <span class="unseen"> to look at</span>
    </span>
  )
}
