import { addBuckets, addHistograms } from './histogram.ts'
import type { HistogramCounts } from './histogram.ts'
import type { Counts } from './metrics-sources.ts'
import { MODEL_USAGE } from './model-usage.ts'
import type { ModelUsage, UsageByModel } from './model-usage.ts'
import type { ExchangeStatus } from './observer.ts'
import type { RecentCounts } from './recent.ts'

export const OUTCOMES = [
  'complete',
  'failed',
  'upstream_truncated',
  'client_closed',
  'rejected',
] as const satisfies readonly ExchangeStatus[]
export type Outcomes = Counts<ExchangeStatus>

export const TOKENS = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const
export const PROVIDER = ['requests', 'failedAttempts', ...TOKENS] as const
export type ProviderCounts = Counts<(typeof PROVIDER)[number]>

export const TRAFFIC = ['streaming', 'losses', 'requestBytes', 'replyBytes'] as const

/** What happened to requests since the start: plain data, which another process can send over a channel. */
export interface TrafficCounts extends Counts<(typeof TRAFFIC)[number]> {
  readonly outcomes: Readonly<Record<string, Outcomes>>
  /** By code. */
  readonly errors: Readonly<Record<string, number>>
  readonly providers: Readonly<Record<string, ProviderCounts>>
  /** What somebody has to pay for. */
  readonly models: UsageByModel
  /** Of whole answers. */
  readonly wholeDuration: HistogramCounts
  readonly streamDuration: HistogramCounts
  readonly wholeFirstByte: HistogramCounts
  readonly streamFirstByte: HistogramCounts
  /** Of streams that had content. */
  readonly firstToken: HistogramCounts
  readonly recent: RecentCounts
}

export function zeros<F extends string>(fields: readonly F[]): Record<F, number>
export function zeros(fields: readonly string[]): Record<string, number> {
  return Object.fromEntries(fields.map((field) => [field, 0]))
}

/** The sums, name by name. */
export function add<F extends string>(fields: readonly F[], list: readonly Counts<F>[]): Record<F, number> {
  const sums = zeros(fields)
  for (const counts of list) for (const field of fields) sums[field] += counts[field]
  return sums
}

export function addTraffic(list: readonly TrafficCounts[]): TrafficCounts {
  return {
    ...add(TRAFFIC, list),
    outcomes: addByName(
      list.map(({ outcomes }) => outcomes),
      (same) => add(OUTCOMES, same),
    ),
    errors: addByName(
      list.map(({ errors }) => errors),
      (same) => same.reduce((sum, count) => sum + count, 0),
    ),
    providers: addByName(
      list.map(({ providers }) => providers),
      (same) => add(PROVIDER, same),
    ),
    models: addByName(
      list.map(({ models }) => models),
      (same) => addByName(same, addUsage),
    ),
    wholeDuration: addHistograms(list.map(({ wholeDuration }) => wholeDuration)),
    streamDuration: addHistograms(list.map(({ streamDuration }) => streamDuration)),
    wholeFirstByte: addHistograms(list.map(({ wholeFirstByte }) => wholeFirstByte)),
    streamFirstByte: addHistograms(list.map(({ streamFirstByte }) => streamFirstByte)),
    firstToken: addHistograms(list.map(({ firstToken }) => firstToken)),
    recent: addRecent(list.map(({ recent }) => recent)),
  }
}

function addUsage([first = [], ...others]: readonly ModelUsage[]): ModelUsage {
  return first.map((counts, step) => add(MODEL_USAGE, [counts, ...others.flatMap((usage) => usage[step] ?? [])]))
}

/** Processes count over the same minute, so their counts add up and its length does not. */
function addRecent(list: readonly RecentCounts[]): RecentCounts {
  return {
    ...add(['requests', 'errors', 'served', 'milliseconds', 'waited'], list),
    seconds: Math.max(0, ...list.map(({ seconds }) => seconds)),
    buckets: addBuckets(list.map(({ buckets }) => buckets)),
    firstToken: addHistograms(list.map(({ firstToken }) => firstToken)),
  }
}

export function addByName<T>(
  list: readonly Readonly<Record<string, T>>[],
  join: (same: readonly T[]) => T,
): Readonly<Record<string, T>> {
  const groups = new Map<string, T[]>()
  for (const [name, value] of list.flatMap((each) => Object.entries(each))) {
    const same = groups.get(name)
    if (same === undefined) groups.set(name, [value])
    else same.push(value)
  }
  return Object.fromEntries([...groups].map(([name, same]) => [name, join(same)]))
}
