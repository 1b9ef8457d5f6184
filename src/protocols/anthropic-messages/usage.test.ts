import { describe, expect, it } from 'vitest'
import { scanJson } from '../../lib/json.ts'
import { decodeUsage, encodeUsage, freshInput } from './usage.ts'

const decode = (usage: object) => decodeUsage(scanJson(JSON.stringify(usage)))

describe('decodeUsage()', () => {
  it('adds cache reads and writes to the input, lifetimes apart', () => {
    const usage = decode({
      input_tokens: 60,
      cache_read_input_tokens: 40,
      cache_creation_input_tokens: 10,
      cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 6 },
      output_tokens: 20,
      output_tokens_details: { thinking_tokens: 15 },
    })
    expect(usage).toMatchObject({
      input: { total: 110, cacheRead: 40, cacheWrite: 10, cacheWriteLong: 6 },
      output: { total: 20, reasoning: 15 },
      estimated: false,
    })
    expect(freshInput(usage)).toBe(60)
  })

  it('takes nulls and missing fields for nothing', () => {
    expect(
      decode({ input_tokens: 3, cache_creation: null, cache_read_input_tokens: null, output_tokens_details: null }),
    ).toMatchObject({
      input: { total: 3, cacheRead: 0, cacheWrite: 0 },
      output: { total: 0 },
    })
  })

  it('knows what it cost where that is said, by a word that can be believed', () => {
    expect(decode({ input_tokens: 3 }).cost).toBeNull()
    expect(decode({ input_tokens: 3, cost_usd: 0.25 }).cost).toBe(0.25)
    for (const cost of ['0.25', -1, null]) expect(decode({ cost_usd: cost }).cost).toBeNull()
  })

  it('keeps what an earlier usage of the stream said, where a later one says 0 or nothing', () => {
    const start = decode({ input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 1 })
    const end = decodeUsage(scanJson('{"input_tokens":0,"output_tokens":20}'), start)
    expect(end).toMatchObject({ input: { total: 100, cacheRead: 40 }, output: { total: 20 } })
    expect(decodeUsage(scanJson('{}'), end)).toMatchObject({ input: { total: 100 }, output: { total: 20 } })
  })

  it('takes no output for what it is, though the start of the stream had counted on some', () => {
    const start = decode({ input_tokens: 60, output_tokens: 1 })
    expect(decodeUsage(scanJson('{"output_tokens":0}'), start)).toMatchObject({ output: { total: 0 } })
  })

  it('sums iterations, of which the totals leave some out', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 1000, output_tokens: 100 },
      { type: 'message', input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 20 },
    ]
    expect(decode({ input_tokens: 60, output_tokens: 20, iterations })).toMatchObject({
      input: { total: 1100, cacheRead: 40 },
      output: { total: 120 },
    })
    expect(decode({ input_tokens: 60, output_tokens: 20, iterations: [] })).toMatchObject({ input: { total: 60 } })
  })
})

describe('encodeUsage()', () => {
  it("gives this protocol's own object back", () => {
    const usage = decode({ input_tokens: 1, output_tokens: 2, service_tier: 'standard' })
    expect(encodeUsage(usage, true)).toBe('{"input_tokens":1,"output_tokens":2,"service_tier":"standard"}')
    expect(JSON.parse(encodeUsage(usage, false))).not.toHaveProperty('service_tier')
  })
})
