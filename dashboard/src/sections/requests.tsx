import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { RequestLine } from '../../../src/observe/overview.ts'
import { choicesOf, matches, modelOf, NO_FILTER } from '../data/request-filter.ts'
import type { RequestFilter } from '../data/request-filter.ts'
import { MOST_LINES } from '../data/request-window.ts'
import { useFeed } from '../data/use-feed.ts'
import { FeedNotice } from '../parts/feed-notice.tsx'
import { Select, TextField } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { formatCount, formatThings } from '../text/number-format.ts'
import { RequestTable } from './request-table.tsx'
import type { SectionProps } from './section.ts'

/** Rows of a table that is drawn again each second. */
const PAGE = 100

/** Requests as they come. */
export function Requests({ view }: SectionProps): JSX.Element {
  const [paused, setPaused] = useState(false)
  const [filter, setFilter] = useState(NO_FILTER)
  const [shown, setShown] = useState(PAGE)
  const requests = useFeed(view.requests, !paused)
  const lines = requests?.lines ?? []
  const found = useMemo(() => lines.filter((line) => matches(line, filter)), [lines, filter])
  const pause = (
    <button type="button" class="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
      <Icon name={paused ? 'play' : 'pause'} />
      {paused ? 'Go on' : 'Pause'}
    </button>
  )
  return (
    <Panel title={paused ? 'Requests, paused' : 'Requests, live'} aside={pause}>
      <FeedNotice feed={view.requests} />
      <Filters lines={lines} filter={filter} onChange={setFilter} />
      <p class="count" role="status">
        {countText(found.length, lines.length)}
      </p>
      {found.length === 0 ? (
        <Empty>{emptyText(requests === null, lines.length)}</Empty>
      ) : (
        <RequestTable caption="Requests" lines={found.slice(0, shown)} />
      )}
      {found.length > shown && (
        <button type="button" class="button" onClick={() => setShown(shown + PAGE)}>
          Show {formatCount(Math.min(PAGE, found.length - shown))} more
        </button>
      )}
    </Panel>
  )
}

function countText(found: number, all: number): string {
  const newest = all === MOST_LINES ? `the newest ${formatCount(MOST_LINES)} requests` : formatThings(all, 'request')
  return found === all ? newest : `${formatCount(found)} of ${newest}`
}

function emptyText(waiting: boolean, all: number): string {
  if (waiting) return 'Waiting for the first figures'
  return all === 0 ? 'No request has come yet' : 'No request is like that'
}

interface FiltersProps {
  readonly lines: readonly RequestLine[]
  readonly filter: RequestFilter
  readonly onChange: (filter: RequestFilter) => void
}

function Filters({ lines, filter, onChange }: FiltersProps): JSX.Element {
  const change = (part: Partial<RequestFilter>): void => onChange({ ...filter, ...part })
  return (
    <search class="filters">
      <TextField
        label="Search"
        hint="id, model, key, error"
        value={filter.text}
        onChange={(text) => change({ text })}
      />
      <Select
        label="Outcome"
        all="All"
        choices={OUTCOMES}
        chosen={filter.outcome}
        onChoose={(outcome) => change({ outcome: OUTCOMES.find((known) => known === outcome) ?? '' })}
      />
      <Select
        label="Model"
        all="All"
        choices={choicesOf(lines, modelOf)}
        chosen={filter.model}
        onChoose={(model) => change({ model })}
      />
      <Select
        label="Provider"
        all="All"
        choices={choicesOf(lines, ({ provider }) => provider)}
        chosen={filter.provider}
        onChoose={(provider) => change({ provider })}
      />
    </search>
  )
}

const OUTCOMES = ['succeeded', 'failed'] as const
