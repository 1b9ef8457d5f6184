import type { JSX } from 'preact'
import type { SessionLine } from '../../../src/observe/overview.ts'
import { useFeed } from '../data/use-feed.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { FeedNotice, waitingText } from '../parts/feed-notice.tsx'
import { Moment } from '../parts/moment.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { Tile, Tiles } from '../parts/tile.tsx'
import { formatBytes, formatCount } from '../text/number-format.ts'
import type { SectionProps } from './section.ts'

/** Conversations that the gateway keeps, without a word of them. */
export function Sessions({ view }: SectionProps): JSX.Element {
  const list = useFeed(view.sessions)
  const overview = view.overview.value.value
  if (overview?.sessions === null) return <Empty>Sessions are switched off in the config</Empty>
  return (
    <>
      {overview !== null && (
        <Tiles>
          <Tile label="Active" value={formatCount(overview.sessions.active)}>
            of {formatCount(overview.sessions.total)} that are kept
          </Tile>
          <Tile label="Begun" value={formatCount(overview.sessions.created)}>
            since the start
          </Tile>
          <Tile label="Expired" value={formatCount(overview.sessions.expired)}>
            not used for too long
          </Tile>
          <Tile label="Made room" value={formatCount(overview.sessions.evicted)}>
            there were too many
          </Tile>
        </Tiles>
      )}
      <Panel title="Last used">
        <FeedNotice feed={view.sessions} />
        {list === null || list.data.length === 0 ? (
          <Empty>{list === null ? waitingText(view.sessions) : 'No session is kept'}</Empty>
        ) : (
          <DataTable caption="Sessions" rows={list.data} keyOf={keyOf} columns={COLUMNS} />
        )}
        {list !== null && list.cursor !== null && (
          <p class="hint">These are the {formatCount(list.data.length)} that were used last.</p>
        )}
      </Panel>
    </>
  )
}

/** Two keys may have sessions of the same name. */
function keyOf({ id, keyName, createdAt }: SessionLine): string {
  return `${keyName ?? ''} ${id} ${createdAt}`
}

const COLUMNS: readonly Column<SessionLine>[] = [
  { head: 'Session', cell: ({ id }) => <Name>{id}</Name> },
  { head: 'Key', cell: ({ keyName }) => <Name>{keyName}</Name> },
  { head: 'Messages', kind: 'number', cell: ({ messages }) => formatCount(messages) },
  { head: 'Size', kind: 'number', cell: ({ bytes }) => formatBytes(bytes) },
  { head: 'Begun', cell: ({ createdAt }) => <Moment time={createdAt} /> },
  { head: 'Last used', cell: ({ lastUsedAt }) => <Moment time={lastUsedAt} /> },
  { head: 'Expires', cell: ({ expiresAt }) => <Moment time={expiresAt} /> },
]
