import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../../canonical/usage.ts'
import type { Usage } from '../../canonical/usage.ts'
import { scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { findUsage, readUsage, writeUsage } from './usage.ts'

function read(value: JsonValue, reasoningOutside = false): Usage | null {
  return readUsage(scanJson(toJsonText(value)), reasoningOutside)
}

describe('findUsage()', () => {
  it.each([
    ['its own member', { usage: { prompt_tokens: 1 } }],
    ['x_groq.usage (26)', { x_groq: { id: 'r', usage: { prompt_tokens: 1 } } }],
    ['choices[0].usage of Moonshot (26)', { choices: [{ index: 0, usage: { prompt_tokens: 1 } }] }],
  ])('finds it in %s', (_place, body) => {
    expect(findUsage(scanJson(toJsonText(body)))?.raw).toBe('{"prompt_tokens":1}')
  })

  it('takes null for none', () => {
    expect(findUsage(scanJson('{"usage":null,"choices":[]}'))).toBeNull()
  })
})

describe('readUsage()', () => {
  it('counts cached and written tokens as parts of the input (2)', () => {
    const details = { cached_tokens: 40, cache_write_tokens: 10 }
    expect(read({ prompt_tokens: 60, completion_tokens: 20, prompt_tokens_details: details })).toMatchObject({
      input: { total: 60, cacheRead: 40, cacheWrite: 10 },
      output: { total: 20, reasoning: 0 },
      estimated: false,
    })
  })

  it.each([
    ['DeepSeek', { prompt_cache_hit_tokens: 5, prompt_cache_miss_tokens: 3 }],
    ['Moonshot', { cached_tokens: 5 }],
    ['Mistral', { num_cached_tokens: 5 }],
    ['Mistral, singular', { prompt_token_details: { cached_tokens: 5 } }],
    ['Mistral, as OpenAI', { prompt_tokens_details: { cached_tokens: 5 } }],
    ['a host of Claude', { cache_read_input_tokens: 5 }],
  ])('finds the cached tokens of %s (26)', (_vendor, fields) => {
    expect(read({ prompt_tokens: 8, completion_tokens: 1, ...fields })?.input).toMatchObject({ total: 8, cacheRead: 5 })
  })

  it('adds reasoning where the vendor leaves it out of the completion', () => {
    const details = { completion_tokens_details: { reasoning_tokens: 30 } }
    const inside = { prompt_tokens: 10, completion_tokens: 40, ...details }
    expect(read(inside)?.output).toEqual({ total: 40, reasoning: 30 })
    expect(read(inside, true)?.output).toEqual({ total: 70, reasoning: 30 })
    expect(read({ ...inside, total_tokens: 80 })?.output).toEqual({ total: 70, reasoning: 30 })
    expect(read({ ...inside, total_tokens: 50 })?.output).toEqual({ total: 40, reasoning: 30 })
    expect(read({ ...inside, completion_tokens: 20 })?.output).toEqual({ total: 50, reasoning: 30 })
  })

  it('never lets a total be smaller than its parts', () => {
    expect(
      read({ prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 40 } })?.input.total,
    ).toBe(40)
  })

  it('takes an object that counts nothing for none', () => {
    expect(read({})).toBeNull()
    expect(read({ prompt_tokens: null, cost: 1 })).toBeNull()
  })
})

describe('writeUsage()', () => {
  it('writes totals with their parts (72)', () => {
    const usage: Usage = {
      ...NO_USAGE,
      input: { total: 110, cacheRead: 40, cacheWrite: 10, cacheWriteLong: 0 },
      output: { total: 20, reasoning: 5 },
    }
    expect(JSON.parse(writeUsage(usage))).toEqual({
      prompt_tokens: 110,
      completion_tokens: 20,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 5 },
    })
  })

  it("keeps a Chat vendor's own fields, and not those of another protocol", () => {
    const chat = read({ prompt_tokens: 1, completion_tokens: 2, cost: 0.5 }) ?? NO_USAGE
    expect(JSON.parse(writeUsage(chat))).toMatchObject({ prompt_tokens: 1, cost: 0.5 })
    const other = { ...NO_USAGE, raw: toJsonText({ input_tokens: 1, service_tier: 'x' }) }
    expect(JSON.parse(writeUsage(other))).not.toHaveProperty('service_tier')
  })
})
