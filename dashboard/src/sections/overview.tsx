import type { JSX } from 'preact'
import type { Latency, Overview } from '../../../src/observe/overview.ts'
import type { GatewayView, Range } from '../data/gateway-view.ts'
import { useFeed } from '../data/use-feed.ts'
import { FeedNotice } from '../parts/feed-notice.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { Segments } from '../parts/segments.tsx'
import { Tile, Tiles } from '../parts/tile.tsx'
import {
  formatBytes,
  formatCount,
  formatDollars,
  formatMilliseconds,
  formatRate,
  formatShare,
  formatShort,
  formatThings,
} from '../text/number-format.ts'
import { Charts } from './charts.tsx'
import { LatestRequests } from './latest-requests.tsx'
import type { SectionProps } from './section.ts'

export function OverviewSection({ view }: SectionProps): JSX.Element {
  const overview = view.overview.value.value
  return (
    <>
      {overview !== null && <Figures overview={overview} />}
      <History view={view} />
      <LatestRequests view={view} />
    </>
  )
}

function Figures({ overview }: { readonly overview: Overview }): JSX.Element {
  const { requests, latency, firstToken, tokens, cost, memory, eventLoop, caches } = overview
  const { hits, misses } = caches.response
  return (
    <Tiles>
      <Tile label="Requests per second" value={formatRate(requests.perSecond)}>
        {formatCount(requests.inFlight)} in flight, {formatCount(requests.total)} since the start
      </Tile>
      <LatencyTile
        label="Latency, p50"
        latency={requests.perSecond === 0 ? null : latency}
        idle="No request in the last minute"
      />
      <LatencyTile label="First token, p50" latency={firstToken} idle="No stream in the last minute" />
      <Tile label="Errors, last minute" value={formatShare(requests.errorRate)}>
        {formatCount(requests.errors)} since the start
      </Tile>
      <Tile label="Tokens" value={formatShort(tokens.input + tokens.output)}>
        {formatShort(tokens.input)} in, {formatShort(tokens.output)} out
      </Tile>
      <Tile label="Cost" value={formatDollars(cost.dollars)}>
        {cost.unpriced === 0
          ? 'All requests have a price'
          : `${formatThings(cost.unpriced, 'request')} without a price`}
      </Tile>
      <Tile label="Response cache hits" value={hits + misses === 0 ? '–' : formatShare(hits / (hits + misses))}>
        {hits + misses === 0
          ? 'No request could be kept yet'
          : `${formatCount(hits)} of ${formatThings(hits + misses, 'request')}`}
      </Tile>
      <Tile label="Memory" value={formatBytes(memory.rss)}>
        {formatShare(memory.ratio)} of the limit{pressureOf(memory)}
      </Tile>
      <Tile label="Event loop delay, p99" value={formatMilliseconds(eventLoop.p99)}>
        at most {formatMilliseconds(eventLoop.max)}
      </Tile>
    </Tiles>
  )
}

interface LatencyTileProps {
  readonly label: string
  /** Of the last minute; null where there was nothing. */
  readonly latency: Latency | null
  /** What stands there then. */
  readonly idle: string
}

function LatencyTile({ label, latency, idle }: LatencyTileProps): JSX.Element {
  return (
    <Tile label={label} value={latency === null ? '–' : formatMilliseconds(latency.p50)}>
      {latency === null ? idle : `p95 ${formatMilliseconds(latency.p95)}, p99 ${formatMilliseconds(latency.p99)}`}
    </Tile>
  )
}

function pressureOf({ underPressure, shedding }: Overview['memory']): string {
  if (shedding) return ', refusing requests'
  return underPressure ? ', under pressure' : ''
}

const RANGE_NAMES: readonly Range[] = ['15 min', '1 h', 'All']

function History({ view }: { readonly view: GatewayView }): JSX.Element {
  const series = useFeed(view.series)
  const range = view.range.value
  const choice = (
    <Segments
      label="Range of the charts"
      choices={RANGE_NAMES}
      chosen={range}
      onChoose={(next) => view.setRange(next)}
    />
  )
  return (
    <Panel title="History" aside={choice}>
      <FeedNotice feed={view.series} />
      {series === null ? <Empty>Waiting for the first figures</Empty> : <Charts series={series} />}
    </Panel>
  )
}
