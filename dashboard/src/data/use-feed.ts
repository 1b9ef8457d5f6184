import { useEffect } from 'preact/hooks'
import type { Feed } from './feed.ts'

/** What a feed says, which goes on as long as the part that calls this is on the page. */
export function useFeed<T>(feed: Feed<T>, active = true): T | null {
  useEffect(() => (active ? feed.watch() : undefined), [feed, active])
  return feed.value.value
}
