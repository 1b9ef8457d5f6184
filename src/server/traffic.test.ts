import { describe, expect, it } from 'vitest'
import { Traffic } from './traffic.ts'

describe('Traffic.lastMinute()', () => {
  it('is zero without requests', () => {
    expect(new Traffic().lastMinute(5_000_000)).toEqual({ averageDuration: 0, rate: 0 })
  })

  it('averages durations and counts requests per second', () => {
    const traffic = new Traffic()
    traffic.record(100, 1000)
    traffic.record(200, 1500)
    traffic.record(600, 31_000)
    expect(traffic.lastMinute(31_500)).toEqual({ averageDuration: 300, rate: 3 / 60 })
  })

  it('forgets after a minute, whether the second was used again or not', () => {
    const traffic = new Traffic()
    traffic.record(100, 1000)
    traffic.record(300, 61_000)
    expect(traffic.lastMinute(61_000)).toEqual({ averageDuration: 300, rate: 1 / 60 })
    expect(traffic.lastMinute(121_000)).toEqual({ averageDuration: 0, rate: 0 })
  })
})
