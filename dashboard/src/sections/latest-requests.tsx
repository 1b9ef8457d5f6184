import type { JSX } from 'preact'
import { useFeed } from '../data/use-feed.ts'
import { Empty, Panel } from '../parts/panel.tsx'
import { RequestTable } from './request-table.tsx'
import type { SectionProps } from './section.ts'

const SHOWN = 8

/** The end of the list of requests, for a first look. */
export function LatestRequests({ view }: SectionProps): JSX.Element {
  const requests = useFeed(view.requests)
  const lines = requests?.lines.slice(0, SHOWN) ?? []
  return (
    <Panel title="Latest requests" aside={<a href="#/requests">All requests</a>}>
      {lines.length === 0 ? (
        <Empty>{requests === null ? 'Waiting for the first figures' : 'No request has come yet'}</Empty>
      ) : (
        <RequestTable caption="Latest requests" lines={lines} />
      )}
    </Panel>
  )
}
