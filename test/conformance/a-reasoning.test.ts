import { describe, expect, it } from 'vitest'
import { messagesForms } from './both-forms.ts'
import { chatStream, completion, delta, text } from './chat-vendor.ts'
import { CHAT_HOST, DELIVERIES, answering, startBench } from './harness.ts'
import type { Json, Vendor } from './harness.ts'
import { readMessagesStream } from './messages-stream.ts'

const CARRIER = /^ucr1\.[\w-]+\.[\w-]+\.[\w-]+$/

const thinking = (words: string): Json => ({
  type: 'thinking',
  thinking: words,
  signature: expect.stringMatching(CARRIER) as unknown,
})
const said = (words: string): Json => ({ type: 'text', text: words })

const withTags = (thinkTags: boolean): Vendor => ({ ...CHAT_HOST, settings: { dialect: { thinkTags } } })

describe.each(DELIVERIES)('reasoning of a Chat vendor, %s', (delivery) => {
  it('4 reasoning-content: it is a thinking block with a carrier for signature, in front of the text', async () => {
    const bench = await startBench(
      CHAT_HOST,
      answering(
        {
          stream: chatStream([
            delta({ reasoning_content: 'Let me ' }),
            delta({ reasoning_content: 'see.' }),
            text('42'),
          ]),
          whole: completion({ reasoning_content: 'Let me see.', content: '42' }),
        },
        delivery,
      ),
    )
    const { content } = await messagesForms(bench)
    expect(content).toEqual([thinking('Let me see.'), said('42')])
  })

  it('5 both-reasoning-fields: the same words in two fields count once', async () => {
    const bench = await startBench(
      CHAT_HOST,
      answering(
        {
          stream: chatStream([
            delta({ reasoning: 'Hm', reasoning_content: 'Hm' }),
            delta({ reasoning: 'm.', reasoning_content: 'm.' }),
            text('42'),
          ]),
          whole: completion({ reasoning: 'Hmm.', reasoning_content: 'Hmm.', content: '42' }),
        },
        delivery,
      ),
    )
    const { content } = await messagesForms(bench)
    expect(content).toEqual([thinking('Hmm.'), said('42')])
  })

  it('6 reasoning-after-text: it opens a block of its own, and the order stays', async () => {
    const stream = chatStream([text('One. '), delta({ reasoning_content: 'Wait.' }), text('Two.')])
    const bench = await startBench(CHAT_HOST, answering({ stream }, delivery))
    const { content } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect(content).toEqual([said('One. '), thinking('Wait.'), said('Two.')])
  })

  it('23 think-tag-split: tags are found wherever they are cut', async () => {
    const bench = await startBench(
      withTags(true),
      answering(
        {
          stream: chatStream([text('<th'), text('ink>a</thi'), text('nk>b')]),
          whole: completion({ content: '<think>a</think>b' }),
        },
        delivery,
      ),
    )
    const { content } = await messagesForms(bench)
    expect(content).toEqual([thinking('a'), said('b')])
  })

  it('23 think-tag-split: where the host is not known to write them, they are text', async () => {
    const bench = await startBench(
      withTags(false),
      answering(
        {
          stream: chatStream([text('<th'), text('ink>a</thi'), text('nk>b')]),
          whole: completion({ content: '<think>a</think>b' }),
        },
        delivery,
      ),
    )
    const { content } = await messagesForms(bench)
    expect(content).toEqual([said('<think>a</think>b')])
  })

  it('27 mistral-thinking-array: content in parts becomes thinking and text', async () => {
    const part = (words: string) => ({ type: 'thinking', thinking: [{ type: 'text', text: words }] })
    const bench = await startBench(
      { type: 'mistral', model: 'magistral-medium' },
      answering(
        {
          stream: chatStream([delta({ content: [part('Let me ')] }), delta({ content: [part('see.')] }), text('42')]),
          whole: completion({ content: [part('Let me see.'), { type: 'text', text: '42' }] }),
        },
        delivery,
      ),
    )
    const { content } = await messagesForms(bench)
    expect(content).toEqual([thinking('Let me see.'), said('42')])
  })
})
