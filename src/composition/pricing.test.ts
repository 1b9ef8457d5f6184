import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../canonical/usage.ts'
import { defaultSettings } from '../providers/default-settings.ts'
import { configureProvider } from '../providers/configure.ts'
import type { Provider } from '../providers/provider.ts'
import type { OwnPrices } from '../models/own-prices.ts'
import { PROMPT_STEPS } from '../observe/model-usage.ts'
import type { ModelUsage, ModelUsageCounts } from '../observe/model-usage.ts'
import { Pricing } from './pricing.ts'

const NOTHING: ModelUsageCounts = {
  requests: 0,
  unmeasured: 0,
  told: 0,
  toldPicodollars: 0,
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWriteLong: 0,
  output: 0,
}

function providerOf(id: string, type: string, prices: OwnPrices = {}): Provider {
  const settings = { ...defaultSettings({ id, type, prices, source: 'test' }), apiKey: 'key-0123456789' }
  return configureProvider(settings, {
    copilot: { wallClock: () => 0, fetchText: async () => ({ status: 500, body: '' }) },
  })
}

/** Requests of one size. */
function use(counts: Partial<ModelUsageCounts>, step = 0): ModelUsage {
  return PROMPT_STEPS.map((_, index) => (index === step ? { ...NOTHING, requests: 1, ...counts } : NOTHING))
}

describe('Pricing', () => {
  const pricing = new Pricing()
  pricing.adopt([providerOf('ant', 'anthropic'), providerOf('goo', 'gemini'), providerOf('own', 'ollama')])

  it('adds up what models cost, each by the size of its prompts', async () => {
    const costs = await pricing.reader()
    const usage = {
      ant: { 'claude-sonnet-4-20250514': use({ input: 1_000_000, output: 100_000 }) },
      goo: {
        'gemini-2.5-pro': use({ input: 1_000_000 }, PROMPT_STEPS.indexOf(200_000)),
        'gemini-2.5-flash': use({ input: 1_000_000 }),
      },
    }
    expect(costs.costOf(usage)).toEqual({ dollars: 3 + 1.5 + 2.5 + 0.3, unpriced: 0 })
    expect(costs.costs(usage)).toMatchObject({ ant: { dollars: 4.5 }, goo: { dollars: 2.8 } })
    expect(costs.spentOn(usage)).toBe(7_300_000_000_000n)
  })

  it('counts what is not known, and what was not measured', async () => {
    const costs = await pricing.reader()
    expect(
      costs.costOf({
        ant: {
          'no-such-model': use({ requests: 3 }),
          'claude-sonnet-4-20250514': use({ requests: 5, unmeasured: 2, input: 1_000_000 }),
        },
        gone: { 'gpt-4o': use({ input: 1_000_000 }), whatever: use({ requests: 4 }) },
      }),
    ).toEqual({ dollars: 5.5, unpriced: 9 })
  })

  it("asks nothing for what runs on one's own machine", async () => {
    const costs = await pricing.reader()
    expect(costs.costOf({ own: { 'gpt-4o': use({ requests: 2, unmeasured: 1, input: 5 }) } })).toEqual({
      dollars: 0,
      unpriced: 0,
    })
  })

  it('takes what was told for what it says, and list prices for the rest', async () => {
    const costs = await pricing.reader()
    const told = { requests: 3, told: 2, toldPicodollars: 250_000_000_000, input: 1_000_000 }
    expect(costs.costOf({ ant: { 'claude-sonnet-4-20250514': use(told) } })).toEqual({ dollars: 3.25, unpriced: 0 })
    expect(costs.costOf({ ant: { 'no-such-model': use(told) } })).toEqual({ dollars: 0.25, unpriced: 1 })
    expect(costs.costOf({ own: { 'no-such-model': use(told) } })).toEqual({ dollars: 0, unpriced: 0 })
    const usage = { ...NO_USAGE, cost: 0.125 }
    expect(costs.dollarsOf('ant', 'no-such-model', usage)).toBe(0.125)
    expect(costs.dollarsOf('own', 'no-such-model', usage)).toBe(0)
  })

  it('prices a single request as it prices many', async () => {
    const costs = await pricing.reader()
    const usage = (total: number) => ({
      input: { total, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0 },
      output: { total: 0, reasoning: 0 },
      cost: null,
    })
    expect(costs.dollarsOf('goo', 'gemini-2.5-pro', usage(200_000))).toBe(0.25)
    expect(costs.dollarsOf('goo', 'gemini-2.5-pro', usage(400_000))).toBe(1)
    expect(costs.dollarsOf('ant', 'no-such-model', usage(1))).toBeNull()
    expect(costs.dollarsOf('own', 'no-such-model', usage(1))).toBe(0)
  })

  it('believes the config before any list, also of what would be free', async () => {
    const prices = { 'gpt-4o': { input: 1, output: 2, cacheRead: 0.5 }, 'new-*': { input: 4, output: 8 } }
    const own = new Pricing()
    own.adopt([providerOf('ant', 'anthropic', prices), providerOf('own', 'ollama', prices)])
    const costs = await own.reader()
    const usage = { 'gpt-4o': use({ input: 2_000_000, cacheRead: 1_000_000, output: 1_000_000 }) }
    expect(costs.costOf({ ant: usage })).toEqual({ dollars: 1 + 0.5 + 2, unpriced: 0 })
    expect(costs.costOf({ own: usage })).toEqual({ dollars: 3.5, unpriced: 0 })
    const others = { 'new-model': use({ output: 1_000_000 }), unheard: use({ requests: 2 }) }
    expect(costs.costOf({ ant: others })).toEqual({ dollars: 8, unpriced: 2 })
    expect(costs.costOf({ own: others })).toEqual({ dollars: 8, unpriced: 0 })
  })
})
