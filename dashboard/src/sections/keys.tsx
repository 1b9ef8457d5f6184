import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { GatewayView } from '../data/gateway-view.ts'
import { useFeed } from '../data/use-feed.ts'
import type { KeyLine } from '../data/virtual-key.ts'
import { Badge } from '../parts/badge.tsx'
import type { Tone } from '../parts/badge.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { FeedNotice, waitingText } from '../parts/feed-notice.tsx'
import { Moment } from '../parts/moment.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import type { SectionProps } from './section.ts'

/** Who may use the gateway, and for what. */
export function Keys({ view }: SectionProps): JSX.Element {
  const list = useFeed(view.keys)
  const switching: Column<KeyLine> = { head: 'Change', cell: (key) => <Switch view={view} line={key} /> }
  return (
    <Panel title="Keys">
      <FeedNotice feed={view.keys} />
      <p class="hint">
        Of a key nobody can read more than its end. <code>ucr keys create</code> makes one, <code>ucr keys rotate</code>{' '}
        gives it another secret.
      </p>
      {list === null || list.keys.length === 0 ? (
        <Empty>{list === null ? waitingText(view.keys) : 'There is no key yet'}</Empty>
      ) : (
        <DataTable caption="Keys" rows={list.keys} keyOf={({ id }) => id} columns={[...COLUMNS, switching]} />
      )}
    </Panel>
  )
}

const STATUSES: Readonly<Record<KeyLine['status'], { readonly tone: Tone; readonly text: string }>> = {
  active: { tone: 'ok', text: 'Active' },
  disabled: { tone: 'idle', text: 'Disabled' },
  expired: { tone: 'warning', text: 'Expired' },
  revoked: { tone: 'bad', text: 'Revoked' },
}

const COLUMNS: readonly Column<KeyLine>[] = [
  { head: 'Name', cell: ({ name }) => <Name>{name}</Name> },
  { head: 'Status', cell: ({ status }) => <Badge tone={STATUSES[status].tone}>{STATUSES[status].text}</Badge> },
  { head: 'Secret', cell: ({ secrets }) => <code>{secrets.map(({ hint }) => hint).join(', ')}</code> },
  { head: 'Owner', cell: ({ owner }) => <Name>{owner}</Name> },
  { head: 'Models', cell: ({ models }) => <Name>{models === null ? 'all' : models.join(', ')}</Name> },
  { head: 'Routes', cell: ({ routes }) => <Name>{routes === null ? 'all' : routes.join(', ')}</Name> },
  { head: 'Rate limit', cell: ({ rateLimit }) => limitText(rateLimit) },
  { head: 'Claude tools', cell: ({ claudeTools }) => <Name>{claudeTools.join(', ') || 'none'}</Name> },
  { head: 'Made', cell: ({ created }) => <Day text={created} none="–" /> },
  { head: 'Expires', cell: ({ expires }) => <Day text={expires} none="never" /> },
]

function limitText(rateLimit: KeyLine['rateLimit']): string {
  return rateLimit === null ? 'the usual' : `${rateLimit.max} in ${rateLimit.timeWindow}`
}

function Day({ text, none }: { readonly text: string | null; readonly none: string }): JSX.Element {
  return text === null ? <>{none}</> : <Moment time={Date.parse(text)} />
}

interface SwitchProps {
  readonly view: GatewayView
  readonly line: KeyLine
}

/** Refuses a key for now, and lets it in again. What it began goes on to its end. */
function Switch({ view, line: { id, name, source, status, disabled } }: SwitchProps): JSX.Element {
  const [problem, setProblem] = useState<string | null>(null)
  if (source === 'config') return <span class="nothing">in the config file</span>
  if (status === 'revoked') return <span class="nothing">–</span>
  const change = async (): Promise<void> => {
    try {
      await view.api.patch(`/admin/keys/${encodeURIComponent(id)}`, { disabled: !disabled })
      setProblem(null)
      view.keys.refresh()
    } catch (thrown) {
      setProblem(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }
  const action = disabled ? 'Enable' : 'Disable'
  return (
    <>
      <button type="button" class="button button-small" aria-label={`${action} ${name}`} onClick={() => void change()}>
        {action}
      </button>
      {problem !== null && <span role="alert">{problem}</span>}
    </>
  )
}
