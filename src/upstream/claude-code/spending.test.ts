import { describe, expect, it } from 'vitest'
import { NOTHING_SPENT, spendingInAnswer, spendingInResult, spentSince, withSpending } from './spending.ts'
import type { Spending } from './spending.ts'

const MODEL = { inputTokens: 10, outputTokens: 20, cacheReadInputTokens: 3, cacheCreationInputTokens: 2 }
const RESULT = { type: 'result', total_cost_usd: 0.3, modelUsage: { 'claude-sonnet-5': MODEL } }
const SPENT: Spending = { ...NOTHING_SPENT, dollars: 0.3, freshInput: 10, cacheRead: 3, cacheWrite: 2, output: 20 }

describe('spendingInResult()', () => {
  it('adds up all models', () => {
    expect(spendingInResult(RESULT)).toEqual(SPENT)
    const helper = {
      inputTokens: 5,
      outputTokens: 1,
      cacheCreationInputTokens: 4,
      cacheCreationEphemeral1hInputTokens: 4,
    }
    expect(spendingInResult({ ...RESULT, modelUsage: { 'claude-sonnet-5': MODEL, helper } })).toEqual({
      ...SPENT,
      freshInput: 15,
      cacheWrite: 6,
      cacheWriteLong: 4,
      output: 21,
    })
  })

  it('is null where nothing is said', () => {
    expect(spendingInResult({ type: 'result' })).toBeNull()
    expect(spendingInAnswer({ subtype: 'success', response: { text: '$1' } })).toBeNull()
  })
})

describe('spendingInAnswer()', () => {
  it('says the same in the middle of a turn', () => {
    const session = { total_cost_usd: 0.3, model_usage: { 'claude-sonnet-5': MODEL } }
    expect(spendingInAnswer({ subtype: 'success', response: { session } })).toEqual(SPENT)
  })
})

describe('spentSince()', () => {
  it('is the difference, without digits that mean nothing', () => {
    const now = { ...SPENT, dollars: 0.3 + 0.1, output: 25 }
    expect(spentSince(SPENT, now)).toEqual({ ...NOTHING_SPENT, dollars: 0.1, output: 5 })
  })
})

describe('withSpending()', () => {
  const counted = { input_tokens: 10, cache_read_input_tokens: 3, cache_creation_input_tokens: 2, output_tokens: 20 }

  it("leaves the vendor's words as they are where they are all that was used", () => {
    const said = { output_tokens: 20, iterations: [] }
    expect(withSpending(said, counted, SPENT)).toEqual({ ...said, cost_usd: 0.3 })
  })

  it('says all that was used where it was more', () => {
    const spent = { ...SPENT, freshInput: 110, cacheWriteLong: 2 }
    expect(withSpending({ output_tokens: 20, iterations: [] }, counted, spent)).toEqual({
      input_tokens: 110,
      cache_read_input_tokens: 3,
      cache_creation_input_tokens: 2,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2 },
      output_tokens: 20,
      cost_usd: 0.3,
    })
  })
})
