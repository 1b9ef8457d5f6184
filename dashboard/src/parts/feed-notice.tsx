import type { JSX } from 'preact'
import type { Feed } from '../data/feed.ts'

/** Says why something is not shown, or old. That nobody answers at all is said above the page. */
export function FeedNotice({ feed }: { readonly feed: Feed<unknown> }): JSX.Element | null {
  const problem = feed.problem.value
  if (problem === null || problem.kind === 'unreachable') return null
  return (
    <p class="notice" role="alert">
      {problem.message}
    </p>
  )
}

/** What stands in the place of what has not come yet. */
export function waitingText(feed: Feed<unknown>): string {
  return feed.problem.value === null ? 'Waiting for the first figures' : 'Nothing to show'
}
