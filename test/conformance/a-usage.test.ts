import { describe, expect, it } from 'vitest'
import { messagesForms } from './both-forms.ts'
import { USAGE, DONE, OPENING, chatStream, chunk, completion, event, finish, text, usage } from './chat-vendor.ts'
import { CHAT, CHAT_HOST, DELIVERIES, answering, startBench } from './harness.ts'
import type { Json } from './harness.ts'
import { readMessagesStream } from './messages-stream.ts'

const COUNTED = { input_tokens: 60, cache_read_input_tokens: 40, cache_creation_input_tokens: 0, output_tokens: 20 }

describe.each(DELIVERIES)('usage of a Chat vendor, %s', (delivery) => {
  it('2 usage-after-finish: the one message_delta with the stop reason has it', async () => {
    const bench = await startBench(
      CHAT,
      answering({ stream: chatStream([text('Hi')]), whole: completion({ content: 'Hi' }) }, delivery),
    )
    const { message, streamed } = await messagesForms(bench)
    expect(message['usage']).toMatchObject(COUNTED)
    const deltas = streamed.events.filter(({ event: name }) => name === 'message_delta')
    expect(deltas).toHaveLength(1)
    expect(JSON.parse(deltas[0]?.data ?? '')).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: COUNTED })
    expect(await bench.recordOf(streamed)).toMatchObject({ inputTokens: 100, cacheReadTokens: 40, outputTokens: 20 })
  })

  it('24 late-usage-after-DONE: usage behind the end is still taken', async () => {
    const stream = [OPENING, text('Hi'), finish('stop'), DONE, usage()]
    const bench = await startBench(CHAT, answering({ stream }, delivery))
    const { message } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect(message['usage']).toMatchObject(COUNTED)
  })

  it('24 late-usage-after-DONE: of two usage chunks the last one counts', async () => {
    const first = usage({ prompt_tokens: 1, completion_tokens: 1 })
    const stream = [OPENING, text('Hi'), finish('stop'), first, usage(), DONE]
    const bench = await startBench(CHAT, answering({ stream }, delivery))
    const { message } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect(message['usage']).toMatchObject(COUNTED)
  })

  it('26 groq-x_groq-usage: usage of the last chunk is found where Groq puts it', async () => {
    const last = chunk({ finish_reason: 'stop' }, { x_groq: { id: 'req_1', usage: USAGE } })
    const bench = await startBench(
      { type: 'groq', model: 'openai/gpt-oss-120b' },
      answering({ stream: [OPENING, text('Hi'), last, DONE] }, delivery),
    )
    const { message } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect(message['usage']).toMatchObject(COUNTED)
  })

  it('26 moonshot-choice.usage: usage is found inside the choice, with its own word for cached tokens', async () => {
    const last = chunk({
      finish_reason: 'stop',
      usage: { prompt_tokens: 100, completion_tokens: 20, cached_tokens: 40 },
    })
    const bench = await startBench(
      { type: 'moonshot', model: 'kimi-k2' },
      answering({ stream: [OPENING, text('Hi'), last, DONE] }, delivery),
    )
    const { message } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect(message['usage']).toMatchObject(COUNTED)
  })

  it('26 mistral-num_cached_tokens: cached tokens are found in the spelling of Mistral', async () => {
    const counts = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, num_cached_tokens: 40 }
    const last = chunk({ finish_reason: 'stop' }, { usage: counts })
    const bench = await startBench(
      { type: 'mistral', model: 'mistral-large-latest' },
      answering(
        { stream: [OPENING, text('Hi'), last, DONE], whole: completion({ content: 'Hi' }, 'stop', { usage: counts }) },
        delivery,
      ),
    )
    const { message } = await messagesForms(bench)
    expect(message['usage']).toMatchObject(COUNTED)
  })
})

describe('a Chat vendor that counts nothing', () => {
  const QUESTION = { messages: [{ role: 'user', content: 'Tell me a story of a hundred words. '.repeat(20) }] }
  const STORY = 'Once upon a time there was a gateway. '.repeat(10)

  it('3 usage-missing: a whole answer is counted, and says that it is an estimate', async () => {
    const { usage: _, ...whole } = completion({ content: STORY })
    const bench = await startBench(CHAT, answering({ whole }))
    const answer = await bench.messages(QUESTION)
    expect(answer.headers['x-ucr-usage']).toBe('estimated')
    const counted = answer.json()['usage'] as Record<string, number>
    expect(counted['input_tokens']).toBeGreaterThan(50)
    expect(counted['output_tokens']).toBeGreaterThan(50)
    expect(await bench.recordOf(answer)).toMatchObject({ usageEstimated: true })
  })

  it('3 usage-missing: a vendor that counts has no such header', async () => {
    const bench = await startBench(CHAT, answering({ whole: completion({ content: STORY }) }))
    expect((await bench.messages(QUESTION)).headers['x-ucr-usage']).toBeUndefined()
  })

  it('3 usage-missing: a stream has a usage object wherever clients look for one', async () => {
    const stream = [OPENING, text(STORY), finish('stop'), event({ choices: [], usage: null }), DONE]
    const bench = await startBench(CHAT_HOST, answering({ stream }))
    const answer = await bench.messages({ ...QUESTION, stream: true })
    const { message } = readMessagesStream(answer.events)
    const counted = message['usage'] as Record<string, number>
    expect(counted['input_tokens']).toBeGreaterThan(50)
    expect(counted['output_tokens']).toBeGreaterThan(50)
    const start = JSON.parse(answer.events[0]?.data ?? '') as { message: { usage: Json } }
    expect(start.message.usage['input_tokens']).toBe(counted['input_tokens'])
    expect(await bench.recordOf(answer)).toMatchObject({ usageEstimated: true })
  })
})
