import type { JSX } from 'preact'
import type { CacheFigures } from '../../../src/observe/overview.ts'
import { Empty, Panel } from '../parts/panel.tsx'
import { Meter } from '../parts/meter.tsx'
import { Tile, Tiles } from '../parts/tile.tsx'
import { formatBytes, formatCount } from '../text/number-format.ts'
import type { SectionProps } from './section.ts'

/** What was not asked for again. */
export function Caches({ view }: SectionProps): JSX.Element {
  const overview = view.overview.value.value
  if (overview === null) return <Empty>Waiting for the first figures</Empty>
  const { response, warm, coalesced } = overview.caches
  return (
    <>
      <CachePanel title="Answers" figures={response} about="Whole answers to requests that say the same each time." />
      <CachePanel
        title="Small things"
        figures={warm}
        about="Token counts, lists of models and requests that were recognised before."
      />
      <Panel title="Equal requests at the same time">
        <Tiles>
          <Tile label="Shared" value={formatCount(coalesced)}>
            requests that waited for the answer to an equal one
          </Tile>
        </Tiles>
      </Panel>
    </>
  )
}

interface CachePanelProps {
  readonly title: string
  readonly about: string
  readonly figures: CacheFigures
}

function CachePanel({ title, about, figures: { entries, bytes, hits, misses } }: CachePanelProps): JSX.Element {
  return (
    <Panel title={title}>
      <p class="hint">{about}</p>
      <Tiles>
        <Tile label="Entries" value={formatCount(entries)}>
          {bytes === 0 ? 'kept now' : `${formatBytes(bytes)} kept now`}
        </Tile>
        <Tile label="Hits" value={formatCount(hits)}>
          found here
        </Tile>
        <Tile label="Misses" value={formatCount(misses)}>
          looked for in vain
        </Tile>
      </Tiles>
      {hits + misses > 0 && <Meter label="Hit rate" share={hits / (hits + misses)} />}
    </Panel>
  )
}
