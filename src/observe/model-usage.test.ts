import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../canonical/usage.ts'
import { ModelMeter, PROMPT_STEPS, promptStep } from './model-usage.ts'

const usage = (total: number) => ({
  ...NO_USAGE,
  input: { total, cacheRead: 1, cacheWrite: 2, cacheWriteLong: 1 },
  output: { total: 5, reasoning: 3 },
})

describe('promptStep()', () => {
  it('is the last one that the prompt is longer than', () => {
    expect([0, 1, 128_000, 128_001, 200_000, 200_001, 272_001, 10_000_000].map(promptStep)).toEqual([
      0, 0, 1, 2, 2, 3, 4, 5,
    ])
  })
})

describe('ModelMeter', () => {
  it('counts requests by the size of their prompts', () => {
    const meter = new ModelMeter()
    meter.add(usage(100))
    meter.add(usage(200))
    meter.add(usage(300_000))
    const counts = meter.counts()
    expect(counts).toHaveLength(PROMPT_STEPS.length)
    expect(counts[0]).toEqual({
      requests: 2,
      unmeasured: 0,
      told: 0,
      toldPicodollars: 0,
      input: 300,
      cacheRead: 2,
      cacheWrite: 4,
      cacheWriteLong: 2,
      output: 10,
    })
    expect(counts[PROMPT_STEPS.indexOf(272_000)]).toMatchObject({ requests: 1, input: 300_000 })
  })

  it('keeps what was told to cost something apart from what list prices are for', () => {
    const meter = new ModelMeter()
    meter.add({ ...usage(100), cost: 0.25 })
    meter.add({ ...usage(200_001), cost: 0.5 })
    meter.add(usage(100))
    expect(meter.counts()[0]).toMatchObject({ requests: 2, told: 1, toldPicodollars: 250_000_000_000, input: 100 })
    expect(meter.counts()[PROMPT_STEPS.indexOf(200_000)]).toMatchObject({
      requests: 1,
      told: 1,
      toldPicodollars: 500_000_000_000,
      input: 0,
    })
  })

  it('counts apart what was not measured', () => {
    const meter = new ModelMeter()
    meter.add(null)
    expect(meter.counts()[0]).toMatchObject({ requests: 1, unmeasured: 1, input: 0 })
  })
})
