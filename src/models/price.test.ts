import { describe, expect, it } from 'vitest'
import { PROMPT_STEPS } from '../observe/model-usage.ts'
import data from './data/prices.json' with { type: 'json' }
import { PriceList } from './price.ts'

const NONE = { input: 0, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0, output: 0 }
const MILLION = { ...NONE, input: 1_000_000, output: 1_000_000 }
const DOLLAR = 1_000_000_000_000n

const list = await PriceList.load()

describe('the list of prices', () => {
  it('is of whole picodollars, and changes with the size of a prompt only where requests are counted apart', () => {
    for (const row of data.rows) {
      expect(row[0]?.[0]).toBe(0)
      for (const [from = -1, ...prices] of row) {
        expect(PROMPT_STEPS).toContain(from)
        expect(prices).toHaveLength(5)
        expect(prices.every((price) => Number.isSafeInteger(price) && price >= 0)).toBe(true)
      }
    }
  })

  it('is small enough to be read at any time', () => {
    expect(JSON.stringify(data).length).toBeLessThan(60_000)
  })
})

describe('priceOf()', () => {
  it.each([
    ['anthropic', 'claude-sonnet-4-20250514', 18],
    ['anthropic', 'claude-haiku-4-5-20251001', 6],
    ['anthropic', 'claude-opus-4-5', 30],
    ['anthropic', 'claude-sonnet-4-5[1m]', 18],
    ['openai', 'gpt-4o', 12.5],
    ['openai', 'gpt-4o-2024-08-06', 12.5],
    ['openai', 'gpt-4o-2024-05-13', 20],
    ['gemini', 'models/gemini-2.5-pro', 11.25],
    ['claude-code', 'claude-opus-4-5-20251101', 30],
    ['openai-compatible', 'us.anthropic.claude-sonnet-4-20250514-v1:0', 18],
    ['openrouter', 'anthropic/claude-sonnet-4.6', 18],
    ['openrouter', 'deepseek/deepseek-r1:free', 0],
  ])('knows what %s asks for a million tokens of %s each way', (type, model, dollars) => {
    expect(list.priceOf(type, model, 0, MILLION)).toBe((DOLLAR * BigInt(dollars * 100)) / 100n)
  })

  it('takes the name of a class for its newest model', () => {
    expect(list.priceOf('claude-code', 'haiku', 0, MILLION)).toBe(
      list.priceOf('anthropic', 'claude-haiku-5-5', 0, MILLION),
    )
  })

  it.each([
    ['openai', 'gpt-nobody-heard-of'],
    ['openai-compatible', 'llama-3.3-70b-instruct'],
    ['anthropic', 'constructor'],
    ['constructor', '__proto__'],
    ['anthropic', ''],
  ])('does not guess what %s asks for %s', (type, model) => {
    expect(list.priceOf(type, model, 0, MILLION)).toBeNull()
  })

  it('has a price for each way in which tokens are read and written', () => {
    const price = (tokens: Partial<typeof NONE>): number =>
      Number(list.priceOf('anthropic', 'claude-sonnet-4-20250514', 0, { ...NONE, ...tokens })) / 1e12
    expect(price({ input: 1_000_000 })).toBe(3)
    expect(price({ input: 1_000_000, cacheRead: 1_000_000 })).toBe(0.3)
    expect(price({ input: 1_000_000, cacheWrite: 1_000_000 })).toBe(3.75)
    expect(price({ input: 1_000_000, cacheWrite: 1_000_000, cacheWriteLong: 1_000_000 })).toBe(6)
    expect(price({ input: 4, cacheRead: 1, cacheWrite: 2, cacheWriteLong: 1, output: 1 })).toBe(
      (3 + 0.3 + 3.75 + 6 + 15) / 1e6,
    )
  })

  it('asks more for long prompts where the vendor does', () => {
    const price = (longerThan: number): bigint | null => list.priceOf('gemini', 'gemini-2.5-pro', longerThan, MILLION)
    expect(price(0)).toBe((DOLLAR * 1125n) / 100n)
    expect(price(128_000)).toBe(price(0))
    expect(price(200_000)).toBe((DOLLAR * 175n) / 10n)
    expect(price(512_000)).toBe(price(200_000))
  })

  it('is exact beyond what a number can hold, and takes nothing for a count that is none', () => {
    expect(list.priceOf('openai', 'gpt-4o', 0, { ...NONE, output: 9_007_199_254_740_991 })).toBe(
      9_007_199_254_740_991n * 10_000_000n,
    )
    expect(list.priceOf('openai', 'gpt-4o', 0, { ...NONE, output: Number.POSITIVE_INFINITY })).toBe(0n)
    expect(list.priceOf('openai', 'gpt-4o', 0, { ...NONE, input: 1, cacheRead: 5 })).toBe(5n * 1_250_000n)
  })
})
