import type { ComponentChildren, JSX } from 'preact'
import type { GatewayView } from '../data/gateway-view.ts'
import { useAction } from '../data/use-action.ts'
import type { KeyLine } from '../data/virtual-key.ts'
import { Facts } from '../parts/facts.tsx'
import type { Fact } from '../parts/facts.tsx'
import { Moment } from '../parts/moment.tsx'
import { Name } from '../parts/name.tsx'
import { leavePanelOf } from '../parts/side-panel.tsx'
import type { KeyStep } from './key-panel.tsx'
import { KeyStatus, limitText } from './key-status.tsx'

interface KeyDetailsProps {
  readonly view: GatewayView
  readonly line: KeyLine
  readonly onStep: (step: KeyStep) => void
}

/** All that is known of a key, and what can be done with it. */
export function KeyDetails({ view, line, onStep }: KeyDetailsProps): JSX.Element {
  return (
    <>
      {line.source === 'config' ? (
        <p class="hint hint-first">
          This key stands in the config file, under <code>auth.keys</code>, and is changed there: what the page changed
          would be undone by the file.
        </p>
      ) : (
        <Doings view={view} line={line} onStep={onStep} />
      )}
      <Facts title="What it is" facts={natureOf(line)} />
      <Facts title="What it may do" facts={rulesOf(line)} />
      <Facts title="Secrets" facts={line.secrets.map(secretFact)} />
    </>
  )
}

/** Disabled, it is refused for now: what it began goes on to its end. */
function Doings({ view, line, onStep }: KeyDetailsProps): JSX.Element {
  const { busy, problem, run } = useAction()
  const path = `/admin/keys/${line.id}`
  const step = (kind: 'change' | 'rotate' | 'revoke') => () => onStep({ kind, line })
  const toggle = async (): Promise<void> => {
    const changed = await view.api.patch<KeyLine>(path, { disabled: !line.disabled })
    onStep({ kind: 'details', line: changed })
  }
  const forget = async (button: Element): Promise<void> => {
    await view.api.delete(`${path}?forget=true`)
    view.keys.refresh()
    leavePanelOf(button)
  }
  return (
    <>
      <div class="doings">
        {line.status === 'revoked' ? (
          <button
            type="button"
            class="button"
            aria-disabled={busy}
            onClick={({ currentTarget }) => run(() => forget(currentTarget))}
          >
            Take out of the list
          </button>
        ) : (
          <>
            <Doing onDo={step('change')}>Change</Doing>
            <Doing onDo={step('rotate')}>New secret</Doing>
            <button type="button" class="button" aria-disabled={busy} onClick={() => run(toggle)}>
              {line.disabled ? 'Enable' : 'Disable'}
            </button>
            <Doing onDo={step('revoke')}>Revoke</Doing>
          </>
        )}
      </div>
      {problem !== null && (
        <p class="notice" role="alert">
          {problem.message}
        </p>
      )}
    </>
  )
}

function Doing({ onDo, children }: { readonly onDo: () => void; readonly children: string }): JSX.Element {
  return (
    <button type="button" class="button" onClick={onDo}>
      {children}
    </button>
  )
}

function natureOf(line: KeyLine): readonly Fact[] {
  return [
    ['Status', <KeyStatus line={line} />],
    ['Owner', <Name>{line.owner}</Name>],
    ['Made', <Day text={line.created} none="with the config" />],
    ['Expires', <Day text={line.expires} none="never" />],
    ...(line.revoked === null ? [] : [['Revoked', <Day text={line.revoked} none="" />] as const]),
    ...Object.entries(line.metadata).map(([name, text]) => [name, <Name>{text}</Name>] as const),
  ]
}

function rulesOf({ models, routes, rateLimit, claudeTools }: KeyLine): readonly Fact[] {
  return [
    ['Models', <List items={models} none="all" />],
    ['Routes', <List items={routes} none="all" />],
    ['Rate limit', limitText(rateLimit)],
    ["Claude Code's tools", <List items={claudeTools.length === 0 ? null : claudeTools} none="none" />],
  ]
}

function secretFact({ hint, expires }: KeyLine['secrets'][number]): Fact {
  return [hint, expires === null ? 'the current one' : endText(Date.parse(expires))]
}

function endText(time: number): ComponentChildren {
  return (
    <>
      the one before, {time > Date.now() ? 'ends' : 'ended'} <Moment time={time} />
    </>
  )
}

function List({ items, none }: { readonly items: readonly string[] | null; readonly none: string }): JSX.Element {
  if (items === null) return <>{none}</>
  return items.length === 0 ? <>nothing</> : <Name>{items.join(', ')}</Name>
}

function Day({ text, none }: { readonly text: string | null; readonly none: string }): JSX.Element {
  return text === null ? <>{none}</> : <Moment time={Date.parse(text)} />
}
