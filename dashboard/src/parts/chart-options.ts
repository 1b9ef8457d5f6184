import type uPlot from 'uplot'
import { formatClock, formatExactClock } from '../text/time-format.ts'

/** One line of a chart. */
export interface ChartLine {
  readonly label: string
  /** One of the colours of `styles/tokens.css`. */
  readonly colour: 'first' | 'second' | 'third' | 'bad'
  /** Lines differ in their dashes too, for those who do not tell the colours apart. */
  readonly dash?: readonly number[]
  /** The area below it is shaded. */
  readonly filled?: boolean
  /** As many as the chart has times; null where nothing was measured. */
  readonly values: readonly (number | null)[]
}

export interface ChartSetting {
  readonly lines: readonly ChartLine[]
  readonly format: (value: number) => string
  /** There is nothing between two whole numbers. */
  readonly whole: boolean
  readonly onCursor: (index: number | null) => void
}

/** Charts whose cursors move together. */
const SYNC_KEY = 'time'
const FONT = '11px system-ui, sans-serif'
const VALUES_WIDTH = 62
const TIMES_HEIGHT = 24
const SHADE = '22'

/** How uPlot draws a chart of this size, with the colours that `host` has now. */
export function chartOptions(host: HTMLElement, { lines, format, whole, onCursor }: ChartSetting): uPlot.Options {
  const colour = colourReader(host)
  const axis = { stroke: colour('text-muted'), font: FONT, ticks: { show: false }, gap: 6 }
  const grid = { stroke: colour('border'), width: 1 }
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    // The last time stands with its middle under the edge.
    padding: [8, 28, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: SYNC_KEY }, points: { size: 7 } },
    scales: {
      x: { range: ({ data: [times] }) => timesShown(times) },
      y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.12 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: TIMES_HEIGHT,
        space: 64,
        // Ticks within one minute would all be called the same.
        values: (_chart, ticks, _axis, _space, step) =>
          ticks.map((tick) => (step < 60 ? formatExactClock : formatClock)(tick * 1000)),
      },
      {
        ...axis,
        grid,
        size: VALUES_WIDTH,
        space: 34,
        values: (_chart, ticks) => ticks.map((tick) => (whole && !Number.isInteger(tick) ? '' : format(tick))),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, dash, filled }) => ({
        label,
        stroke: colour(`chart-${name}`),
        width: 1.75,
        points: { show: true, size: 4, filter: loneValues },
        ...(filled === true && { fill: `${colour(`chart-${name}`)}${SHADE}` }),
        ...(dash !== undefined && { dash: [...dash] }),
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  }
}

/** A chart of one moment is a minute wide. */
const SHORTEST = 60

function timesShown(times: ArrayLike<number>): [number, number] {
  const first = times[0] ?? 0
  return [first, Math.max(times[times.length - 1] ?? 0, first + SHORTEST)]
}

/** The places of values without neighbours, to which no line leads. */
function loneValues({ data }: uPlot, line: number): number[] {
  const values = data[line] ?? []
  const isThere = (place: number): boolean => typeof values[place] === 'number'
  const places = Array.from(values, (_, place) => place)
  return places.filter((place) => isThere(place) && !isThere(place - 1) && !isThere(place + 1))
}

/** A canvas knows no variables: gives what a colour of the style sheet is now, as `#rrggbb`. */
function colourReader(host: HTMLElement): (name: string) => string {
  const probe = document.createElement('span')
  host.append(probe)
  const context = document.createElement('canvas').getContext('2d')
  const colours = new Map<string, string>()
  const read = (name: string): string => {
    const known = colours.get(name)
    if (known !== undefined) return known
    probe.style.color = `var(--${name})`
    const found = getComputedStyle(probe).color
    if (context === null) return found
    context.fillStyle = found
    const plain = context.fillStyle
    colours.set(name, plain)
    return plain
  }
  queueMicrotask(() => probe.remove())
  return read
}
