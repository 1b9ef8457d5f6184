import { describe, expect, it } from 'vitest'
import { addHistograms, bucketOf, BUCKET_COUNT, cumulative, Histogram, longestOf, quantile } from './histogram.ts'

function histogramOf(...times: readonly number[]) {
  const histogram = new Histogram()
  for (const time of times) histogram.add(time)
  return histogram.counts()
}

describe('bucketOf()', () => {
  it.each([0, 0.01, 0.25, 0.3, 1, 1.001, 8, 50, 1234.5, 60_000, 2_000_000])(
    'puts %d ms where nothing is shorter than a tenth less, nor longer',
    (time) => {
      const bucket = bucketOf(time)
      expect(longestOf(bucket)).toBeGreaterThanOrEqual(time)
      if (bucket > 0) expect(longestOf(bucket - 1)).toBeLessThan(time)
      if (time > 0.25) expect(longestOf(bucket)).toBeLessThan(time * 1.1)
    },
  )

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e12])('has a place for %d too', (time) => {
    expect(bucketOf(time)).toBeGreaterThanOrEqual(0)
    expect(bucketOf(time)).toBeLessThan(BUCKET_COUNT)
  })
})

describe('quantile()', () => {
  it('is the time within which that share was done', () => {
    const { buckets } = histogramOf(...Array.from({ length: 100 }, (_, index) => index + 1))
    for (const share of [0.5, 0.95, 0.99]) {
      expect(quantile(buckets, share)).toBeGreaterThanOrEqual(share * 100)
      expect(quantile(buckets, share)).toBeLessThan(share * 110)
    }
  })

  it('of nothing is 0', () => {
    expect(quantile(histogramOf().buckets, 0.5)).toBe(0)
  })
})

describe('cumulative()', () => {
  it('counts what took at most so long, what took exactly so long included', () => {
    const steps = cumulative(histogramOf(0.1, 1, 1.1, 2, 500, 1e9).buckets)
    const upTo = (atMost: number) => steps.find((step) => step.atMost === atMost)?.count
    expect([upTo(1), upTo(2), upTo(4), upTo(512), steps.at(-1)?.count]).toEqual([2, 4, 4, 5, 5])
  })
})

describe('addHistograms()', () => {
  it('gives what one histogram of all times would have', () => {
    expect(addHistograms([histogramOf(1, 20), histogramOf(), histogramOf(20, 3000)])).toEqual(
      histogramOf(1, 20, 20, 3000),
    )
  })
})
