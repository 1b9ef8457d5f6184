import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RequestLine } from '../../../src/observe/overview.ts'
import { hasFailed } from '../data/request-filter.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Moment } from '../parts/moment.tsx'
import { Name } from '../parts/name.tsx'
import { formatDollars, formatMilliseconds, formatShort } from '../text/number-format.ts'
import { RequestDetails } from './request-details.tsx'
import { Outcome } from './request-outcome.tsx'

interface RequestTableProps {
  readonly caption: string
  readonly lines: readonly RequestLine[]
  readonly columns?: keyof typeof COLUMNS
}

/** Requests, each of which opens its details. */
export function RequestTable({ caption, lines, columns = 'all' }: RequestTableProps): JSX.Element {
  const [open, setOpen] = useState<RequestLine | null>(null)
  return (
    <>
      <DataTable
        caption={caption}
        columns={COLUMNS[columns]}
        rows={lines}
        keyOf={({ requestId }) => requestId}
        toneOf={(line) => (hasFailed(line) ? 'bad' : null)}
        onOpen={setOpen}
      />
      {open !== null && <RequestDetails line={open} onClose={() => setOpen(null)} />}
    </>
  )
}

type RequestColumn = Column<RequestLine>

// The row's click is the button's too: it bubbles.
const WHEN: RequestColumn = {
  head: 'When',
  cell: ({ time, requestId }) => (
    <button type="button" class="link">
      <Moment time={time} />
      <span class="unseen">, details of request {requestId}</span>
    </button>
  ),
}
const OUTCOME: RequestColumn = { head: 'Outcome', cell: (line) => <Outcome line={line} /> }
const ID: RequestColumn = { head: 'Request id', cell: ({ requestId }) => <code>{requestId}</code> }
const ASKED_FOR: RequestColumn = { head: 'Asked for', cell: ({ requestedModel }) => <Name>{requestedModel}</Name> }
const ANSWERED_BY: RequestColumn = { head: 'Answered by', cell: (line) => <Route line={line} /> }
const TIME: RequestColumn = { head: 'Time', kind: 'number', cell: ({ duration }) => formatMilliseconds(duration) }
const FIRST_TOKEN: RequestColumn = {
  head: 'First token',
  kind: 'number',
  cell: ({ timeToFirstToken }) => (timeToFirstToken === null ? '–' : formatMilliseconds(timeToFirstToken)),
}
const TOKENS: RequestColumn = {
  head: 'Tokens in / out',
  kind: 'number',
  cell: ({ tokens }) => (tokens === null ? '–' : `${formatShort(tokens.input)} / ${formatShort(tokens.output)}`),
}
const COST: RequestColumn = {
  head: 'Cost',
  kind: 'number',
  cell: ({ dollars }) => (dollars === null ? '–' : formatDollars(dollars)),
}
const KEY: RequestColumn = { head: 'Key', cell: ({ keyName }) => <Name>{keyName}</Name> }

/** What one wants to see at once of any request, and of one that failed. */
const COLUMNS = {
  all: [WHEN, OUTCOME, ASKED_FOR, ANSWERED_BY, TIME, FIRST_TOKEN, TOKENS, COST, KEY],
  failed: [WHEN, OUTCOME, ID, ASKED_FOR, ANSWERED_BY, TIME, KEY],
} as const

function Route({ line: { provider, model, attempts } }: { readonly line: RequestLine }): JSX.Element {
  if (provider === null) return <span class="nothing">nobody</span>
  return (
    <>
      <Name>{model === null ? provider : `${provider} / ${model}`}</Name>
      {attempts > 1 && <span class="note"> {attempts} attempts</span>}
    </>
  )
}
