import type { JSX } from 'preact'
import { useFeed } from '../data/use-feed.ts'
import { DataTable } from '../parts/data-table.tsx'
import { FeedNotice } from '../parts/feed-notice.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { Tile, Tiles } from '../parts/tile.tsx'
import { formatCount, formatShare } from '../text/number-format.ts'
import { RequestTable } from './request-table.tsx'
import type { SectionProps } from './section.ts'

/** What went wrong: how often, and which requests lately. */
export function Errors({ view }: SectionProps): JSX.Element {
  const overview = view.overview.value.value
  const errors = useFeed(view.errors)
  const lines = errors?.lines ?? []
  const counts = Object.entries(overview?.errors ?? {}).toSorted(([, a], [, b]) => b - a)
  return (
    <>
      {overview !== null && (
        <Tiles>
          <Tile label="Failed, last minute" value={formatShare(overview.requests.errorRate)}>
            of all requests
          </Tile>
          <Tile label="Failed since the start" value={formatCount(overview.requests.errors)}>
            of {formatCount(overview.requests.total)}
          </Tile>
          <Tile label="Refused: rate limit" value={formatCount(overview.refused.rateLimited)}>
            too many from one key or address
          </Tile>
          <Tile label="Refused: no room" value={formatCount(overview.refused.overloaded)}>
            memory ran short
          </Tile>
        </Tiles>
      )}
      <Panel title="By code">
        {counts.length === 0 ? (
          <Empty>No error since the start</Empty>
        ) : (
          <DataTable
            caption="Errors by code"
            rows={counts}
            keyOf={([code]) => code}
            columns={[
              { head: 'Code', cell: ([code]) => <code>{code}</code> },
              { head: 'Times', kind: 'number', cell: ([, times]) => formatCount(times) },
            ]}
          />
        )}
      </Panel>
      <Panel title="Latest failed requests">
        <FeedNotice feed={view.errors} />
        {lines.length === 0 ? (
          <Empty>{errors === null ? 'Waiting for the first figures' : 'No request has failed lately'}</Empty>
        ) : (
          <RequestTable caption="Latest failed requests" lines={lines} columns="failed" />
        )}
      </Panel>
    </>
  )
}
