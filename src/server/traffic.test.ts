import { describe, expect, it } from 'vitest'
import { Traffic } from './traffic.ts'

describe('Traffic.lastMinute()', () => {
  it('is zero without requests', () => {
    expect(new Traffic().lastMinute(5_000_000)).toEqual({ requests: 0, milliseconds: 0 })
  })

  it('adds up durations and counts requests', () => {
    const traffic = new Traffic()
    traffic.record(100, 1000)
    traffic.record(200, 1500)
    traffic.record(600, 31_000)
    expect(traffic.lastMinute(31_500)).toEqual({ requests: 3, milliseconds: 900 })
  })

  it('forgets after a minute, whether the second was used again or not', () => {
    const traffic = new Traffic()
    traffic.record(100, 1000)
    traffic.record(300, 61_000)
    expect(traffic.lastMinute(61_000)).toEqual({ requests: 1, milliseconds: 300 })
    expect(traffic.lastMinute(121_000)).toEqual({ requests: 0, milliseconds: 0 })
  })
})
