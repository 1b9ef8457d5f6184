import { median, paired, seriesOf } from './results.ts'
import type { Results } from './results.ts'

/** What has to be reached, as data: one measured value of a row, and what it may be at most, or has to be at least. */
export interface Goal {
  readonly text: string
  readonly row: string
  readonly value: string
  readonly against: Against
  readonly atMost?: number
  readonly atLeast?: number
  readonly unit: string
}

/** `ratio` and `added` compare with another gateway in the same round; `best-npm` with the cheapest npm peer's median. */
type Against =
  | { readonly way: 'alone' }
  | { readonly way: 'ratio' | 'added'; readonly to: 'nginx' | 'direct' }
  | { readonly way: 'best-npm' }

export interface Verdict {
  readonly goal: Goal
  /** Null where it was not measured. */
  readonly measured: number | null
  /** Least and greatest of the rounds. */
  readonly range: readonly [number, number] | null
  readonly reached: boolean | null
  /** Whom it was measured against, where that is chosen by the run. */
  readonly rival: string | null
}

const alone: Against = { way: 'alone' }
const npm: Against = { way: 'best-npm' }

function cpu(row: string, text: string, atMost: number): Goal {
  return { text, row, value: 'cpu', against: { way: 'ratio', to: 'nginx' }, atMost, unit: 'x nginx' }
}

function beside(row: string, text: string, share: number): Goal {
  return { text, row, value: 'cpu', against: npm, atMost: 1 / share, unit: 'of the best npm peer' }
}

function added(row: string, text: string, value: string, atMost: number, to: 'nginx' | 'direct'): Goal {
  return { text, row, value, against: { way: 'added', to }, atMost, unit: `ms more than ${to}` }
}

const BOTH = [
  ['same', 'Anthropic to Anthropic'],
  ['cross', 'Anthropic to OpenAI'],
] as const

export const GOALS: readonly Goal[] = [
  cpu('same-small', 'Anthropic to Anthropic, JSON 300 B', 2.0),
  cpu('same-large', 'Anthropic to Anthropic, JSON 150 KB', 2.5),
  cpu('same-burst', 'Anthropic to Anthropic, stream of 60 events at once', 1.5),
  cpu('same-paced', 'Anthropic to Anthropic, paced stream, per event', 1.8),
  beside('cross-small', 'Anthropic to OpenAI, JSON 300 B', 15),
  beside('cross-tool-call', 'Anthropic to OpenAI, JSON with a tool call', 15),
  beside('cross-large', 'Anthropic to OpenAI, JSON 150 KB', 10),
  beside('cross-burst', 'Anthropic to OpenAI, stream of text', 10),
  beside('cross-tools', 'Anthropic to OpenAI, stream of a tool call', 10),
  beside('back-burst', 'OpenAI to Anthropic, stream of text', 10),
  beside('back-tools', 'OpenAI to Anthropic, stream of a tool call', 10),
  cpu('cached', 'answer from the response cache, beside nginx serving a file', 1.5),
  ...BOTH.flatMap(([kind, pair]) => [
    added(`${kind}-paced`, `${pair}, 50 streams: first byte, p50`, 'firstByteP50', 0.15, 'nginx'),
    added(`${kind}-paced`, `${pair}, 50 streams: first byte, p99`, 'firstByteP99', 2, 'nginx'),
    added(`${kind}-paced`, `${pair}, 50 streams: first token, p50`, 'firstTokenP50', 0.15, 'nginx'),
    added(`${kind}-paced`, `${pair}, 50 streams: first token, p99`, 'firstTokenP99', 2, 'nginx'),
  ]),
  ...BOTH.flatMap(([kind, pair]): Goal[] => [
    added(`${kind}-streams`, `${pair}, 1,000 streams: delay of an event, p99`, 'delayP99', 50, 'direct'),
    { ...kept(`${kind}-streams`, 'lost'), text: `${pair}, 1,000 streams: events lost` },
    { ...kept(`${kind}-streams`, 'merged'), text: `${pair}, 1,000 streams: events merged` },
    {
      text: `${pair}, 1,000 streams: peak RSS`,
      row: `${kind}-streams`,
      value: 'peakRss',
      against: alone,
      atMost: 110,
      unit: 'MB',
    },
    {
      text: `${pair}, memory per open stream`,
      row: `${kind}-memory`,
      value: 'kilobytesPerStream',
      against: alone,
      atMost: 25,
      unit: 'KB',
    },
  ]),
  { text: 'idle: RSS', row: 'idle', value: 'rss', against: alone, atMost: 75, unit: 'MB' },
  { text: 'idle: heap used', row: 'idle', value: 'heapUsed', against: alone, atMost: 15, unit: 'MB' },
  { text: 'idle: CPU', row: 'idle', value: 'cpuPercent', against: alone, atMost: 0.2, unit: '% of a core' },
  {
    text: 'start to the first served request',
    row: 'start',
    value: 'milliseconds',
    against: alone,
    atMost: 120,
    unit: 'ms',
  },
  { text: 'two workers on two cores', row: 'workers', value: 'speedUp', against: alone, atLeast: 1.8, unit: 'x one' },
]

function kept(row: string, value: string): Omit<Goal, 'text'> {
  return { row, value, against: alone, atMost: 0, unit: 'events' }
}

export function verdictOf(goal: Goal, results: Results, name = 'ucr'): Verdict {
  const { rounds, rival } = measuredRounds(goal, results, name)
  if (rounds.length === 0) return { goal, measured: null, range: null, reached: null, rival }
  // One lost event in one round is a lost event.
  const measured = goal.atMost === 0 ? Math.max(...rounds) : median(rounds)
  const reached = measured <= (goal.atMost ?? Infinity) && measured >= (goal.atLeast ?? -Infinity)
  return { goal, measured, range: [Math.min(...rounds), Math.max(...rounds)], reached, rival }
}

function measuredRounds(goal: Goal, results: Results, name: string): { rounds: number[]; rival: string | null } {
  const { samples } = results
  const ours = seriesOf(samples, goal.row, name, goal.value)
  const { against } = goal
  switch (against.way) {
    case 'alone':
      return { rounds: [...ours.values()], rival: null }
    case 'ratio':
    case 'added': {
      const combine = against.way === 'ratio' ? (a: number, b: number) => a / b : (a: number, b: number) => a - b
      const reference = seriesOf(samples, goal.row, against.to, goal.value)
      return { rounds: paired(ours, reference, combine), rival: against.to }
    }
    case 'best-npm': {
      const rivals = results.gateways
        .filter(({ origin }) => origin === 'npm')
        .map((peer) => ({ name: peer.name, series: seriesOf(samples, goal.row, peer.name, goal.value) }))
        .filter(({ series }) => series.size > 0)
        .toSorted((a, b) => median([...a.series.values()]) - median([...b.series.values()]))
      const [best] = rivals
      if (best === undefined) return { rounds: [], rival: null }
      return { rounds: paired(ours, best.series, (a, b) => a / b), rival: best.name }
    }
    default:
      return against satisfies never
  }
}
