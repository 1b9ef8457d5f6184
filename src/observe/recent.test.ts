import { describe, expect, it } from 'vitest'
import { quantile } from './histogram.ts'
import { Recent } from './recent.ts'

describe('Recent', () => {
  it('counts requests, errors and times, and leaves out the times of those that were turned away', () => {
    let now = 5000
    const recent = new Recent(() => now)
    recent.add(now, 100, 50, false)
    now += 2500
    recent.add(now, 300, 300, true)
    recent.add(now, null, 0, true)
    const counts = recent.counts()
    expect(counts).toMatchObject({ seconds: 2.5, requests: 3, errors: 2, served: 2, milliseconds: 400, waited: 350 })
    expect(quantile(counts.buckets, 1)).toBeGreaterThanOrEqual(300)
  })

  it('counts times to the first token apart, and forgets them as well', () => {
    let now = 1_000_000
    const recent = new Recent(() => now)
    recent.addFirstToken(now, 40)
    now += 30_000
    recent.addFirstToken(now, 400)
    expect(recent.counts()).toMatchObject({ requests: 0, firstToken: { sum: 440 } })
    now += 30_000
    const { firstToken } = recent.counts()
    expect(firstToken.sum).toBe(400)
    expect(quantile(firstToken.buckets, 0.01)).toBeGreaterThanOrEqual(400)
  })

  it('forgets what is a minute old, also where nothing came after it', () => {
    let now = 1_000_000
    const recent = new Recent(() => now)
    recent.add(now, 100, 100, true)
    now += 59_000
    recent.add(now, 200, 200, false)
    expect(recent.counts()).toMatchObject({ requests: 2, errors: 1, milliseconds: 300 })
    now += 1000
    expect(recent.counts()).toMatchObject({ requests: 1, errors: 0, milliseconds: 200 })
    recent.add(now, 7, 7, false)
    expect(recent.counts()).toMatchObject({ requests: 2, milliseconds: 207 })
    now += 10 * 60_000
    const later = recent.counts()
    expect(later).toMatchObject({ requests: 0, served: 0, milliseconds: 0 })
    expect(later.seconds).toBeGreaterThanOrEqual(59)
    expect(quantile(later.buckets, 0.99)).toBe(0)
  })
})
