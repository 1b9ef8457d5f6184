import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Overview, RequestList } from '../../src/observe/overview.ts'
import { adminOf } from '../support/admin.ts'
import { ClaudeCodeBench, KEYS, MODEL } from './claude-code-bench.ts'
import { obstacle, titled } from './claude-program.ts'
import { answers, says } from './scripted-vendor.ts'

const why = obstacle()

/** Ten fresh tokens, three read from the prompt cache, two written to it, twenty of output: what Claude Code asks for them. */
const ONE_ANSWER = 0.000_225_6
const TOOL = { name: 'look', input_schema: { type: 'object' as const } }

describe.skipIf(why !== null)(titled('what Claude Code says that it spent'), () => {
  let bench: ClaudeCodeBench
  beforeEach(async () => {
    bench = await ClaudeCodeBench.start()
  })
  afterEach(() => bench.close())

  const read = async <T>(path: string): Promise<T> => JSON.parse((await adminOf(bench.gateway).read(path)).text) as T
  const costIn = (message: { readonly usage: object }): unknown => (message.usage as { cost_usd?: number }).cost_usd

  it('is the cost of each answer, of those too that call tools, and of no answer twice', async () => {
    const call = { type: 'tool_use' as const, id: 'toolu_1', name: 'look', input: {} }
    bench.vendor.script(answers([call], 'tool_use'), says('Seen.'), says('Again.'))
    const request = { model: MODEL, max_tokens: 100, tools: [TOOL] }
    const question = { role: 'user' as const, content: 'Look' }
    const first = await bench.anthropic().messages.create({ ...request, messages: [question] })
    const results = [
      question,
      { role: 'assistant' as const, content: first.content },
      { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'a kite' }] },
    ]
    const second = await bench
      .anthropic()
      .messages.stream({ ...request, messages: results })
      .finalMessage()
    const more = [
      ...results,
      { role: 'assistant' as const, content: second.content },
      { role: 'user' as const, content: 'And again?' },
    ]
    const third = await bench.anthropic().messages.create({ ...request, messages: more })
    // What the SDK makes of a stream has only the fields that it knows.
    expect([first, third].map(costIn)).toEqual([ONE_ANSWER, ONE_ANSWER])
    expect(bench.vendor.requests).toHaveLength(3)

    const { data } = await read<RequestList>('requests')
    expect(data.map(({ dollars }) => dollars)).toEqual([ONE_ANSWER, ONE_ANSWER, ONE_ANSWER])
    expect(data.map(({ tokens }) => tokens?.output)).toEqual([20, 20, 20])
    const { cost } = await read<Overview>('overview')
    expect(cost.dollars).toBeCloseTo(3 * ONE_ANSWER, 12)
    expect(cost.unpriced).toBe(0)
    const page = await fetch(`${bench.gateway.url}/metrics`, { headers: { authorization: `Bearer ${KEYS.blue}` } })
    const metrics = await page.text()
    expect(Number(/ucr_cost_dollars_total\{provider="code"\} (\S+)/.exec(metrics)?.[1])).toBeCloseTo(3 * ONE_ANSWER, 12)
  })

  it('is asked of the list where the process had to be ended before it could say it', async () => {
    bench.vendor.script(answers([{ type: 'text', text: 'cut o' }], 'max_tokens'))
    const messages = [{ role: 'user' as const, content: 'Tell all' }]
    const cut = await bench.anthropic().messages.create({ model: MODEL, max_tokens: 20, messages })
    expect(cut.stop_reason).toBe('max_tokens')
    expect(costIn(cut)).toBeUndefined()
    const { data } = await read<RequestList>('requests')
    expect(data[0]?.dollars).toBeGreaterThan(0)
  })
})
