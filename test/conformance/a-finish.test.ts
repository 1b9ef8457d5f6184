import { describe, expect, it } from 'vitest'
import { messagesForms } from './both-forms.ts'
import {
  DONE,
  OPENING,
  call,
  chatStream,
  chunk,
  completion,
  delta,
  event,
  finish,
  text,
  usage,
  wholeCall,
} from './chat-vendor.ts'
import { readChatStream } from './chat-stream.ts'
import { ASKED, CHAT, CHAT_HOST, DELIVERIES, answering, startBench } from './harness.ts'
import type { Json } from './harness.ts'
import { readMessagesStream } from './messages-stream.ts'

describe.each(DELIVERIES)('how a Chat vendor ends its answer, %s', (delivery) => {
  it('8 content-filter: it is a refusal without a stop sequence, and what came before is kept', async () => {
    const bench = await startBench(
      CHAT,
      answering(
        {
          stream: chatStream([text('Well')], 'content_filter'),
          whole: completion({ content: 'Well' }, 'content_filter'),
        },
        delivery,
      ),
    )
    const { message } = await messagesForms(bench)
    expect(message).toMatchObject({
      content: [{ type: 'text', text: 'Well' }],
      stop_reason: 'refusal',
      stop_sequence: null,
      stop_details: { type: 'refusal', category: null },
    })
  })

  it('9 refusal-field: its words are a text block, and the end is a refusal', async () => {
    const bench = await startBench(
      CHAT,
      answering(
        {
          stream: chatStream([delta({ refusal: 'I cannot ' }), delta({ refusal: 'do that.' })]),
          whole: completion({ refusal: 'I cannot do that.' }),
        },
        delivery,
      ),
    )
    const { message } = await messagesForms(bench)
    expect(message['content']).toEqual([{ type: 'text', text: 'I cannot do that.' }])
    expect(message['stop_reason']).toBe('refusal')
  })

  it('25 azure-first-chunk: a chunk without choices opens nothing', async () => {
    const first = event({
      id: '',
      object: '',
      created: 0,
      model: '',
      choices: [],
      prompt_filter_results: [
        { prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: 'safe' } } },
      ],
    })
    const bench = await startBench(CHAT, answering({ stream: [first, ...chatStream([text('Hi')])] }, delivery))
    const { message } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect(message).toMatchObject({ content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' })
  })

  it('29 empty-completion: an answer of nothing is a message without blocks', async () => {
    const bench = await startBench(
      CHAT,
      answering({ stream: chatStream([]), whole: completion({ content: '' }) }, delivery),
    )
    const { message } = await messagesForms(bench)
    expect(message).toMatchObject({ content: [], stop_reason: 'end_turn' })
  })

  it('30 n-ignored-choices: a second choice is never mixed into the first', async () => {
    const second = (words: string) => event({ choices: [{ index: 1, delta: { content: words }, finish_reason: null }] })
    const stream = [
      OPENING,
      second('no'),
      text('yes'),
      second('no'),
      event({ choices: [{ index: 1, delta: {}, finish_reason: 'length' }] }),
      finish('stop'),
      usage(),
      DONE,
    ]
    const whole = completion({ content: 'yes' })
    const other = { index: 1, message: { role: 'assistant', content: 'no' }, finish_reason: 'length' }
    const choices = [other, ...(whole['choices'] as Json[])]
    const bench = await startBench(CHAT, answering({ stream, whole: { ...whole, choices } }, delivery))
    const { message } = await messagesForms(bench)
    expect(message).toMatchObject({ content: [{ type: 'text', text: 'yes' }], stop_reason: 'end_turn' })
  })

  it('31 model-echo: the reply says the name that was asked for, a header says the real one', async () => {
    const bench = await startBench(
      CHAT,
      answering({ stream: chatStream([text('Hi')]), whole: completion({ content: 'Hi' }) }, delivery),
    )
    const { message, whole, streamed } = await messagesForms(bench)
    expect(message['model']).toBe(ASKED)
    expect(readMessagesStream(streamed.events).message['model']).toBe(ASKED)
    for (const { headers } of [whole, streamed]) expect(headers['x-ucr-model']).toBe(CHAT.model)
    expect(whole.text + streamed.text).not.toContain('gpt-')
    expect(bench.asked()['model']).toBe(CHAT.model)
  })

  it("32 message-id: it is the gateway's own, one for each answer, and the log has it", async () => {
    const bench = await startBench(
      CHAT,
      answering({ stream: chatStream([text('Hi')]), whole: completion({ content: 'Hi' }) }, delivery),
    )
    const { message, whole, streamed } = await messagesForms(bench)
    const ids = [message['id'], readMessagesStream(streamed.events).message['id']].map(String)
    expect(new Set(ids).size).toBe(2)
    for (const [index, answer] of [whole, streamed].entries()) {
      expect(ids[index]).toMatch(/^msg_[A-Za-z0-9]{20,}$/)
      expect(`msg_${String((await bench.recordOf(answer))['requestId'])}`).toBe(ids[index])
    }
  })

  it('38 stop-sequence-detect: the sequence that a host says it met is told', async () => {
    const bench = await startBench(
      CHAT_HOST,
      answering(
        {
          stream: [OPENING, text('one '), chunk({ finish_reason: 'stop', stop_reason: 'END' }), usage(), DONE],
          whole: {
            ...completion({ content: 'one ' }),
            choices: [
              { index: 0, message: { role: 'assistant', content: 'one ' }, finish_reason: 'stop', stop_reason: 'END' },
            ],
          },
        },
        delivery,
      ),
    )
    const { message } = await messagesForms(bench, { stop_sequences: ['STOP', 'END'] })
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
    expect(bench.asked()['stop']).toEqual(['STOP', 'END'])
  })

  it('38 stop-sequence-detect: one that the vendor is not told of ends the answer in the gateway', async () => {
    // OpenAI's reasoning models take no stop sequences at all.
    const bench = await startBench(
      CHAT,
      answering(
        {
          stream: chatStream([text('one E'), text('ND two '), call(0, 'call_a', 'first', '{}')], 'tool_calls'),
          whole: completion(
            { content: 'one END two ', tool_calls: [wholeCall('call_a', 'first', '{}')] },
            'tool_calls',
          ),
        },
        delivery,
      ),
    )
    const asked = { stop_sequences: ['STOP', 'END'] }
    const whole = await bench.messages(asked)
    const streamed = readMessagesStream((await bench.messages({ ...asked, stream: true })).events)
    for (const message of [whole.json(), streamed.message]) {
      expect(message).toMatchObject({
        content: [{ type: 'text', text: 'one ' }],
        stop_reason: 'stop_sequence',
        stop_sequence: 'END',
      })
    }
    expect(bench.asked()).not.toHaveProperty('stop')
    expect(whole.headers['x-ucr-dropped']).toBeUndefined()
  })

  it('38 stop-sequence-detect: for a Chat client too', async () => {
    const bench = await startBench(
      CHAT,
      answering(
        { stream: chatStream([text('one E'), text('ND two')]), whole: completion({ content: 'one END two' }) },
        delivery,
      ),
    )
    const whole = (await bench.chat({ stop: 'END' })).json()
    const streamed = readChatStream((await bench.chat({ stop: 'END', stream: true })).events)
    expect(whole['choices']).toMatchObject([{ message: { content: 'one ' }, finish_reason: 'stop' }])
    expect([streamed.message['content'], streamed.finishReason]).toEqual(['one ', 'stop'])
  })
})
