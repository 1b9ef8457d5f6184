import { addBuckets, addHistograms } from '../observe/histogram.ts'
import type { RecentCounts } from '../observe/recent.ts'
import { add } from '../observe/traffic-counts.ts'
import { metricNamed } from './metrics.ts'
import type { Measured } from './metrics.ts'
import type { Rule } from './rule.ts'

/** What was seen at one look. */
interface Sample {
  /** Unix milliseconds. */
  readonly time: number
  readonly recent: RecentCounts
  /** By metric. */
  readonly values: ReadonlyMap<string, number | null>
}

/** Milliseconds by which two looks may be nearer than they should be. */
const TOLERANCE = 1000

/** The looks of the longest window that a rule has. */
export class Samples {
  #samples: readonly Sample[] = []

  add(measured: Measured, rules: readonly Rule[], time: number): void {
    const values = new Map<string, number | null>()
    for (const { metric: name } of rules) {
      const metric = metricNamed(name)
      if (metric.kind !== 'requests') values.set(name, metric.value(measured))
    }
    const oldest = time - Math.max(0, ...rules.map(({ window }) => window))
    const kept = this.#samples.filter((sample) => sample.time >= oldest && sample.time < time)
    this.#samples = [...kept, { time, recent: measured.snapshot.traffic.recent, values }]
  }

  /** The metric of a rule over its window; null where there is none. */
  valueOf({ metric: name, window, minRequests }: Rule): number | null {
    const metric = metricNamed(name)
    const last = this.#samples.at(-1)
    if (last === undefined) return null
    if (metric.kind === 'requests') {
      const requests = this.#requestsWithin(window)
      return requests.requests < minRequests ? null : metric.value(requests)
    }
    const within = this.#samples.filter(({ time }) => time > last.time - window)
    const values = within.map((sample) => sample.values.get(name) ?? null).filter((value) => value !== null)
    const { kind } = metric
    switch (kind) {
      case 'now':
        return last.values.get(name) ?? null
      case 'mean':
        return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
      case 'rise':
        return values.length === 0 ? null : riseOf(values)
      default:
        return kind satisfies never
    }
  }

  /** Each look tells of the minute before it: of those minutes the ones that lie one before the other. */
  #requestsWithin(window: number): RecentCounts {
    const chosen: Sample[] = []
    const start = (this.#samples.at(-1)?.time ?? 0) - window
    let end = Infinity
    for (const sample of this.#samples.toReversed()) {
      if (sample.time > end + TOLERANCE || sample.time - TOLERANCE <= start) continue
      chosen.push(sample)
      end = sample.time - sample.recent.seconds * 1000
    }
    const list = chosen.map(({ recent }) => recent)
    return {
      ...add(['seconds', 'requests', 'errors', 'served', 'milliseconds', 'waited'], list),
      buckets: addBuckets(list.map(({ buckets }) => buckets)),
      firstToken: addHistograms(list.map(({ firstToken }) => firstToken)),
    }
  }
}

/** A worker that ends takes its counts along, which is no fall. */
function riseOf(values: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + Math.max(0, value - (values[index - 1] ?? value)), 0)
}
