import type { JSX } from 'preact'
import type { ProviderOverview } from '../../../src/observe/overview.ts'
import { Badge } from '../parts/badge.tsx'
import type { Tone } from '../parts/badge.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { formatCount, formatDollars, formatShort, formatThings } from '../text/number-format.ts'
import { formatLength } from '../text/time-format.ts'
import type { SectionProps } from './section.ts'

type Deployment = ProviderOverview['deployments'][number]

/** Who answers, what went there, and whether anything may go there now. */
export function Providers({ view }: SectionProps): JSX.Element {
  const providers = view.overview.value.value?.providers
  if (providers === undefined) return <Empty>Waiting for the first figures</Empty>
  if (providers.length === 0) return <Empty>There is no provider</Empty>
  return (
    <>
      {providers.map((provider) => (
        <Provider key={provider.id} provider={provider} />
      ))}
    </>
  )
}

function Provider({ provider }: { readonly provider: ProviderOverview }): JSX.Element {
  const { id, name, type, source, baseUrl, models, requests, failedAttempts, tokens, cost, deployments } = provider
  return (
    <Panel title={id} aside={<Availability deployments={deployments} />}>
      <p class="provider-about">
        <bdi>{name}</bdi>, type <code>{type}</code>, found in {source}, at <code class="url">{baseUrl}</code>
      </p>
      <dl class="figures">
        <Figure name="Models" value={formatCount(models)} />
        <Figure name="Requests" value={formatShort(requests)} />
        <Figure name="Failed attempts" value={formatShort(failedAttempts)} />
        <Figure name="Tokens in" value={formatShort(tokens.input)} />
        <Figure name="Tokens out" value={formatShort(tokens.output)} />
        <Figure name="Cost" value={formatDollars(cost.dollars)} />
      </dl>
      {deployments.length === 0 ? (
        <Empty>None of its deployments was used yet</Empty>
      ) : (
        <DataTable
          caption={`Deployments of ${id}`}
          rows={deployments}
          keyOf={({ key }) => key}
          columns={DEPLOYMENTS}
          toneOf={({ state }) => (state === 'open' ? 'bad' : null)}
        />
      )}
    </Panel>
  )
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** How many of a provider's deployments take requests. */
function Availability({ deployments }: { readonly deployments: readonly Deployment[] }): JSX.Element {
  const open = deployments.filter(({ state }) => state === 'open').length
  if (deployments.length === 0) return <Badge tone="idle">Not used yet</Badge>
  if (open === 0) return <Badge tone="ok">Takes requests</Badge>
  if (open === deployments.length) return <Badge tone="bad">Takes no requests</Badge>
  return <Badge tone="warning">{formatThings(open, 'deployment')} kept out</Badge>
}

const STATES: Readonly<Record<Deployment['state'], { readonly tone: Tone; readonly text: string }>> = {
  closed: { tone: 'ok', text: 'Closed' },
  'half-open': { tone: 'warning', text: 'Half-open' },
  open: { tone: 'bad', text: 'Open' },
}

const DEPLOYMENTS: readonly Column<Deployment>[] = [
  { head: 'Deployment', cell: ({ key }) => <Name>{key}</Name> },
  { head: 'Breaker', cell: ({ state }) => <Badge tone={STATES[state].tone}>{STATES[state].text}</Badge> },
  { head: 'What that means', cell: (deployment) => meaningOf(deployment) },
  { head: 'Why', cell: ({ why }) => <Name>{why}</Name> },
  { head: 'Failures', kind: 'number', cell: ({ failures }) => formatCount(failures) },
  { head: 'Successes', kind: 'number', cell: ({ successes }) => formatCount(successes) },
]

function meaningOf({ state, blockedFor }: Deployment): string {
  switch (state) {
    case 'closed':
      return 'takes requests'
    case 'half-open':
      return 'one request tries it'
    case 'open':
      return blockedFor > 0
        ? `tried again in ${formatLength(Math.ceil(blockedFor / 1000))}`
        : 'tried with the next request'
    default:
      return state satisfies never
  }
}
