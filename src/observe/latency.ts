import { quantile } from './histogram.ts'
import type { HistogramCounts } from './histogram.ts'
import type { Latency } from './overview.ts'

export const NO_LATENCY: Latency = { average: 0, p50: 0, p95: 0, p99: 0 }

/** Null where there was nothing. */
export function latencyOf({ buckets, sum }: HistogramCounts): Latency | null {
  const count = buckets.reduce((total, each) => total + each, 0)
  if (count === 0) return null
  return {
    average: rounded(sum / count),
    p50: rounded(quantile(buckets, 0.5)),
    p95: rounded(quantile(buckets, 0.95)),
    p99: rounded(quantile(buckets, 0.99)),
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
