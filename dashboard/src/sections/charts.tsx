import type { JSX } from 'preact'
import type { Series, SeriesPoint } from '../../../src/observe/overview.ts'
import { Chart } from '../parts/chart.tsx'
import type { ChartLine } from '../parts/chart-options.ts'
import { formatBytes, formatCount, formatDollars, formatMilliseconds, formatRate } from '../text/number-format.ts'

interface Plan {
  readonly title: string
  readonly format: (value: number) => string
  readonly whole?: true
  readonly lines: (points: readonly SeriesPoint[], interval: number) => readonly ChartLine[]
}

const DASHED = [6, 3] as const
const DOTTED = [2, 3] as const

/** In their order on the page. */
const PLANS: readonly Plan[] = [
  {
    title: 'Requests per second',
    format: formatRate,
    lines: (points, interval) => [
      line('Requests', 'first', points, ({ requests }) => requests / interval, { filled: true }),
    ],
  },
  {
    title: 'Latency',
    format: formatMilliseconds,
    lines: (points) =>
      percentiles(
        points,
        measured(({ p50 }) => p50),
        measured(({ p95 }) => p95),
        measured(({ p99 }) => p99),
      ),
  },
  {
    title: 'First token of streams',
    format: formatMilliseconds,
    lines: (points) =>
      percentiles(
        points,
        ({ firstTokenP50 }) => firstTokenP50,
        ({ firstTokenP95 }) => firstTokenP95,
        ({ firstTokenP99 }) => firstTokenP99,
      ),
  },
  {
    title: 'Errors',
    format: formatCount,
    whole: true,
    lines: (points) => [line('Failed requests', 'bad', points, ({ errors }) => errors, { filled: true })],
  },
  {
    title: 'Tokens per second',
    format: formatRate,
    lines: (points, interval) => [
      line('Input', 'first', points, ({ inputTokens }) => inputTokens / interval, { filled: true }),
      line('Output', 'second', points, ({ outputTokens }) => outputTokens / interval, { dash: DASHED }),
    ],
  },
  {
    title: 'Cost, added up',
    format: formatDollars,
    lines: (points) => [{ label: 'Cost', colour: 'first', filled: true, values: addedUp(points) }],
  },
  {
    title: 'In flight',
    format: formatCount,
    whole: true,
    lines: (points) => [line('Requests', 'first', points, ({ inFlight }) => inFlight, { filled: true })],
  },
  {
    title: 'Memory',
    format: formatBytes,
    lines: (points) => [
      line('Resident', 'first', points, ({ rss }) => rss),
      line('Heap', 'second', points, ({ heapUsed }) => heapUsed, { dash: DASHED }),
    ],
  },
  {
    title: 'Event loop delay',
    format: formatMilliseconds,
    lines: (points) => [line('p99', 'first', points, ({ loopLag }) => loopLag, { filled: true })],
  },
  {
    title: 'Sessions',
    format: formatCount,
    whole: true,
    lines: (points) => [line('Active', 'first', points, ({ sessions }) => sessions, { filled: true })],
  },
]

export function Charts({ series: { points, interval } }: { readonly series: Series }): JSX.Element {
  const times = points.map(({ time }) => time)
  return (
    <div class="charts">
      {PLANS.map(({ title, format, whole = false, lines }) => (
        <Chart key={title} title={title} times={times} lines={lines(points, interval)} format={format} whole={whole} />
      ))}
    </div>
  )
}

type Read = (point: SeriesPoint) => number | null

function percentiles(points: readonly SeriesPoint[], p50: Read, p95: Read, p99: Read): readonly ChartLine[] {
  return [
    line('p50', 'first', points, p50),
    line('p95', 'second', points, p95, { dash: DASHED }),
    line('p99', 'third', points, p99, { dash: DOTTED }),
  ]
}

function line(
  label: string,
  colour: ChartLine['colour'],
  points: readonly SeriesPoint[],
  read: Read,
  more: Pick<ChartLine, 'dash' | 'filled'> = {},
): ChartLine {
  return { label, colour, values: points.map(read), ...more }
}

/** Where nothing was asked, nothing took any time: a gap, and not zero. */
function measured(read: (point: SeriesPoint) => number): Read {
  return (point) => (point.requests === 0 ? null : read(point))
}

function addedUp(points: readonly SeriesPoint[]): readonly number[] {
  let sum = 0
  return points.map(({ dollars }) => (sum += dollars))
}
