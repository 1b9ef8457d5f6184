import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useFeed } from '../data/use-feed.ts'
import type { KeyLine } from '../data/virtual-key.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { FeedNotice, waitingText } from '../parts/feed-notice.tsx'
import { Icon } from '../parts/icon.tsx'
import { Moment } from '../parts/moment.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { KeyPanel } from './key-panel.tsx'
import type { KeyStep } from './key-panel.tsx'
import { KeyStatus, limitText } from './key-status.tsx'
import type { SectionProps } from './section.ts'

/** Who may use the gateway, and for what. */
export function Keys({ view }: SectionProps): JSX.Element {
  const list = useFeed(view.keys)
  const [step, setStep] = useState<KeyStep | null>(null)
  const create = (
    <button type="button" class="button" onClick={() => setStep({ kind: 'create' })}>
      <Icon name="plus" />
      New key
    </button>
  )
  return (
    <Panel title="Keys" aside={create}>
      <FeedNotice feed={view.keys} />
      {list === null || list.keys.length === 0 ? (
        <Empty>{list === null ? waitingText(view.keys) : 'There is no key yet'}</Empty>
      ) : (
        <DataTable
          caption="Keys"
          rows={revokedLast(list.keys)}
          keyOf={({ id }) => id}
          columns={COLUMNS}
          onOpen={(line) => setStep({ kind: 'details', line })}
        />
      )}
      {step !== null && <KeyPanel view={view} first={step} onClose={() => setStep(null)} />}
    </Panel>
  )
}

function revokedLast(lines: readonly KeyLine[]): readonly KeyLine[] {
  return lines.toSorted((a, b) => Number(a.status === 'revoked') - Number(b.status === 'revoked'))
}

// The row's click is the button's too: it bubbles.
const COLUMNS: readonly Column<KeyLine>[] = [
  {
    head: 'Name',
    cell: ({ name }) => (
      <button type="button" class="link">
        <Name>{name}</Name>
      </button>
    ),
  },
  { head: 'Status', cell: (line) => <KeyStatus line={line} /> },
  { head: 'Secret', cell: ({ secrets }) => <code>{secrets.map(({ hint }) => hint).join(', ')}</code> },
  { head: 'Owner', cell: ({ owner }) => <Name>{owner}</Name> },
  { head: 'Models', cell: ({ models }) => <Name>{models === null ? 'all' : models.join(', ')}</Name> },
  { head: 'Rate limit', cell: ({ rateLimit }) => limitText(rateLimit) },
  { head: 'Expires', cell: ({ expires }) => (expires === null ? 'never' : <Moment time={Date.parse(expires)} />) },
  { head: 'Kept in', cell: ({ source }) => (source === 'config' ? 'config file' : 'store') },
]
