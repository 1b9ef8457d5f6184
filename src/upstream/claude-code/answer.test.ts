import { describe, expect, it } from 'vitest'
import { Answer } from './answer.ts'
import { NOTHING_SPENT } from './spending.ts'
import type { JsonObject } from './values.ts'

const start = (input: number): JsonObject => ({
  type: 'message_start',
  message: { id: `msg_${input}`, role: 'assistant', content: [], usage: { input_tokens: input, output_tokens: 1 } },
})
const block = (index: number, content: JsonObject): readonly JsonObject[] => [
  { type: 'content_block_start', index, content_block: content },
  { type: 'content_block_stop', index },
]
const end = (stopReason: string, output: number): readonly JsonObject[] => [
  { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: output } },
  { type: 'message_stop' },
]
const OWN = { type: 'tool_use', id: 'toolu_own', name: 'Read', input: {} }
const THEIRS = { type: 'tool_use', id: 'toolu_client', name: 'weather', input: {} }

function run(events: readonly JsonObject[]) {
  const seen: JsonObject[] = []
  const answer = new Answer(
    (tool) => tool === 'weather',
    (event) => seen.push(event),
  )
  const ends = events.map((event) => answer.event(event)).filter((found) => found !== null)
  return { seen, answer, ends }
}

describe('Answer', () => {
  it('hands on the events of one message as they are, with the cost at the end', () => {
    const events = [start(5), ...block(0, { type: 'text', text: '' }), ...end('end_turn', 9)]
    const { seen, answer, ends } = run(events)
    expect(ends).toEqual([{ stopReason: 'end_turn', calls: [] }])
    answer.finish('end_turn', { ...NOTHING_SPENT, dollars: 0.25 })
    expect(seen.slice(0, 3)).toEqual(events.slice(0, 3))
    expect(seen.slice(3)).toEqual([
      { ...events[3], usage: { output_tokens: 9, cost_usd: 0.25 } },
      { type: 'message_stop' },
    ])
  })

  it("tells the client's calls from the program's, and leaves those out", () => {
    const { seen, ends } = run([start(5), ...block(0, OWN), ...block(1, THEIRS), ...end('tool_use', 9)])
    expect(ends).toEqual([{ stopReason: 'tool_use', calls: ['toolu_client'] }])
    expect(seen.map(({ index }) => index)).toEqual([undefined, 0, 0])
    expect(JSON.stringify(seen)).not.toContain('toolu_own')
  })

  it("joins what the model says around the program's own tools", () => {
    const { seen, answer } = run([
      start(5),
      ...block(0, { type: 'text', text: 'a' }),
      ...block(1, OWN),
      ...end('tool_use', 9),
    ])
    answer.join()
    for (const event of [start(20), ...block(0, { type: 'text', text: 'b' }), ...end('end_turn', 4)])
      answer.event(event)
    answer.complete([{ type: 'text', text: 'a' }, OWN])
    answer.complete([{ type: 'text', text: 'b' }])
    answer.finish('end_turn', null)
    expect(seen.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_stop',
      'content_block_start',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(seen[3]).toMatchObject({ index: 1, content_block: { text: 'b' } })
    expect(seen[5]).toMatchObject({
      delta: { stop_reason: 'end_turn' },
      usage: { input_tokens: 25, output_tokens: 13 },
    })
    expect(answer.message('end_turn', null)).toMatchObject({
      id: 'msg_5',
      content: [{ text: 'a' }, { text: 'b' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 25, output_tokens: 13 },
    })
  })

  it('passes events that nobody knows', () => {
    const event = { type: 'something_new', value: 1 }
    expect(run([start(1), event]).seen).toContainEqual(event)
  })

  it('says so where a message breaks off', () => {
    expect(run([start(1), { type: 'message_stop' }]).ends).toEqual([{ stopReason: null, calls: [] }])
  })
})
