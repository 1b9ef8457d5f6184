import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { GatewayView } from '../data/gateway-view.ts'
import { usePage } from '../data/page.ts'
import { useFeed } from '../data/use-feed.ts'
import { Icon } from '../parts/icon.tsx'
import { SECTIONS } from '../sections/index.ts'
import { ConnectionBanner } from './connection-banner.tsx'
import { Mark } from './mark.tsx'
import { Navigation } from './navigation.tsx'
import { StatusLine } from './status-line.tsx'
import { ThemeSwitch } from './theme-switch.tsx'

/** The page of somebody who is signed in: what is always there, and around it one section. */
export function Shell({ view }: { readonly view: GatewayView }): JSX.Element {
  const { signIn, place } = usePage()
  const overview = useFeed(view.overview)
  const alerts = useFeed(view.alerts)
  const isStale = view.overview.problem.value !== null
  const sections = SECTIONS.filter(({ id }) => id !== 'alerts' || alerts !== null)
  const current = sections.find(({ id }) => id === place.value) ?? SECTIONS[0]
  const heading = useHeading(current.title)
  const counts = {
    alerts: alerts?.data.filter(({ state }) => state !== 'ok').length ?? 0,
    providers:
      overview?.providers.flatMap((one) => one.deployments).filter(({ state }) => state === 'open').length ?? 0,
  }
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={(event) => skipTo(event, heading.current)}>
        Skip to the content
      </a>
      <header class="side">
        <Mark />
        <Navigation sections={sections} current={current} counts={counts} />
        <div class="side-end">
          <ThemeSwitch />
          <button type="button" class="button button-quiet" onClick={() => signIn.signOut()}>
            <Icon name="leave" />
            <span>Sign out</span>
          </button>
        </div>
      </header>
      <main id="content" class={isStale ? 'stale' : undefined}>
        <ConnectionBanner view={view} />
        <div class="main-head">
          <h1 ref={heading} tabIndex={-1}>
            {current.title}
          </h1>
          {overview !== null && <StatusLine overview={overview} isStale={isStale} />}
        </div>
        <div class="content">
          <current.View view={view} />
        </div>
      </main>
    </div>
  )
}

/** Whoever goes to another section hears its name. */
function useHeading(title: string): { readonly current: HTMLHeadingElement | null } {
  const heading = useRef<HTMLHeadingElement>(null)
  const before = useRef(title)
  useEffect(() => {
    document.title = `${title} · Universal Claude Router`
    if (before.current !== title) heading.current?.focus({ preventScroll: true })
    if (before.current !== title) scrollTo({ top: 0 })
    before.current = title
  }, [title])
  return heading
}

/** The address names sections, and nothing within them. */
function skipTo(event: Event, heading: HTMLElement | null): void {
  event.preventDefault()
  heading?.focus()
}
