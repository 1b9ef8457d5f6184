import { spawnSync } from 'node:child_process'
import type { Contestant } from './gateways/contestant.ts'
import type { Values } from './rows/row.ts'

/** One gateway in one row in one round. */
export interface Sample {
  readonly row: string
  readonly gateway: string
  readonly round: number
  readonly values: Values
}

export interface Skipped {
  readonly gateway: string
  readonly row: string
  readonly reason: string
}

export interface Results {
  readonly date: string
  readonly node: string
  readonly machine: string
  readonly revision: string
  /** Whether driver and far end were those written in C. */
  readonly native: boolean
  readonly gateways: readonly Pick<Contestant, 'name' | 'version' | 'setup' | 'origin'>[]
  readonly skipped: readonly Skipped[]
  readonly samples: readonly Sample[]
}

/** The commit of a checkout, with a mark when its files differ from it. */
export function revisionOf(folder: string): string {
  const git = (...words: readonly string[]): string => {
    const { status, stdout } = spawnSync('git', words, { cwd: folder, encoding: 'utf8' })
    return status === 0 ? stdout.trim() : ''
  }
  const revision = git('rev-parse', '--short=10', 'HEAD')
  if (revision === '') return 'unknown'
  // What a run writes does not make it a run of something else.
  const changed = git(
    'status',
    '--porcelain',
    '--untracked-files=no',
    '--',
    '.',
    ':!bench/results',
    ':!docs',
    ':!README.md',
  )
  return changed === '' ? revision : `${revision}-dirty`
}

/** Of an even number of values: the middle of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.floor(sorted.length / 2))) / 2
}

/** The values of one name, by round. */
export function seriesOf(samples: readonly Sample[], row: string, gateway: string, value: string): Map<number, number> {
  const series = new Map<number, number>()
  for (const sample of samples) {
    const found = sample.values[value]
    if (sample.row === row && sample.gateway === gateway && found !== undefined) series.set(sample.round, found)
  }
  return series
}

/** Of each round that both have: what `combine` makes of the two. */
export function paired(
  series: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
  combine: (value: number, reference: number) => number,
): number[] {
  return [...series].flatMap(([round, value]) => {
    const other = reference.get(round)
    return other === undefined ? [] : [combine(value, other)]
  })
}
