/** Buckets for each doubling of the time: a time read out of them is at most a tenth too long. */
const PER_DOUBLING = 8
/** Milliseconds. What takes no longer is in the first bucket. */
const SHORTEST = 0.25
/** Up to 35 minutes; what takes longer is in the last bucket. */
const DOUBLINGS = 23

export const BUCKET_COUNT = PER_DOUBLING * DOUBLINGS + 2

/** Numbers of times by how long they were, so that those of several processes can be added up. */
export interface HistogramCounts {
  readonly buckets: readonly number[]
  /** Milliseconds, all together. */
  readonly sum: number
}

/** Of nothing. */
export const NO_TIMES: HistogramCounts = { buckets: Array.from({ length: BUCKET_COUNT }, () => 0), sum: 0 }

export function bucketOf(milliseconds: number): number {
  if (!(milliseconds > SHORTEST)) return 0
  return Math.min(Math.ceil(Math.log2(milliseconds / SHORTEST) * PER_DOUBLING), BUCKET_COUNT - 1)
}

/** The longest time of a bucket, in milliseconds. */
export function longestOf(bucket: number): number {
  return SHORTEST * 2 ** (bucket / PER_DOUBLING)
}

/** The time within which this share (0 to 1) was done, in milliseconds; 0 where there is nothing. */
export function quantile(buckets: readonly number[], share: number): number {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return 0
  let before = 0
  const bucket = buckets.findIndex((count) => {
    before += count
    return before >= share * total
  })
  return longestOf(bucket)
}

export interface Cumulative {
  /** Milliseconds. */
  readonly atMost: number
  readonly count: number
}

/** How many took at most so long, at each doubling from a millisecond to nine minutes. */
export function cumulative(buckets: readonly number[]): readonly Cumulative[] {
  const steps: Cumulative[] = []
  let count = 0
  for (const [bucket, own] of buckets.entries()) {
    count += own
    const atMost = longestOf(bucket)
    if (bucket % PER_DOUBLING === 0 && atMost >= 1 && atMost < 1_000_000) steps.push({ atMost, count })
  }
  return steps
}

export class Histogram {
  readonly #buckets = new Float64Array(BUCKET_COUNT)
  #sum = 0

  add(milliseconds: number): void {
    const bucket = bucketOf(milliseconds)
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#sum += milliseconds
  }

  get sum(): number {
    return this.#sum
  }

  /** Adds its counts to those of another. */
  addTo(buckets: Float64Array): void {
    for (const [bucket, count] of this.#buckets.entries())
      if (count > 0) buckets[bucket] = (buckets[bucket] ?? 0) + count
  }

  counts(): HistogramCounts {
    return { buckets: [...this.#buckets], sum: this.#sum }
  }
}

export function addHistograms(list: readonly HistogramCounts[]): HistogramCounts {
  return { buckets: addBuckets(list.map(({ buckets }) => buckets)), sum: list.reduce((sum, each) => sum + each.sum, 0) }
}

export function addBuckets(list: readonly (readonly number[])[]): readonly number[] {
  return Array.from({ length: BUCKET_COUNT }, (_, bucket) =>
    list.reduce((sum, buckets) => sum + (buckets[bucket] ?? 0), 0),
  )
}
