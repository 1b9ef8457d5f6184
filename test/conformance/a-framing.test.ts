import { describe, expect, it } from 'vitest'
import { DONE, OPENING, chatStream, chunk, delta, finish, text, usage } from './chat-vendor.ts'
import { readChatStream } from './chat-stream.ts'
import { CHAT, answering, chunked, startBench } from './harness.ts'
import type { Json, VendorAnswer } from './harness.ts'
import { messagesStream } from './messages-vendor.ts'
import { readMessagesStream } from './messages-stream.ts'

async function contentOf(
  answer: VendorAnswer,
  delivery: 'at once' | 'byte by byte' = 'at once',
): Promise<readonly Json[]> {
  const bench = await startBench(CHAT, answering(answer, delivery))
  const { content, error } = readMessagesStream((await bench.messages({ stream: true })).events)
  expect(error).toBeNull()
  return content
}

/** A text delta with the literal as it is given, escapes and all. */
const literalText = (literal: string): string => chunk({ delta: { content: '@' } }).replace('"@"', `"${literal}"`)

describe('how the bytes of a Chat stream may be cut and written', () => {
  it('20 utf8-split: characters cut into single bytes arrive as they were sent', async () => {
    const words = 'Grüße 👩‍👩‍👧 漢字 \u2028 𝕏'
    const [block] = await contentOf({ stream: chatStream([text(words), delta({ tool_calls: null })]) }, 'byte by byte')
    expect(block).toEqual({ type: 'text', text: words })
  })

  it('20 utf8-split: in the arguments of a tool too', async () => {
    const fn = { name: 'say', arguments: JSON.stringify({ text: '👋 ü' }) }
    const stream = chatStream(
      [delta({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: fn }] })],
      'tool_calls',
    )
    expect(await contentOf({ stream }, 'byte by byte')).toEqual([
      { type: 'tool_use', id: 'call_a', name: 'say', input: { text: '👋 ü' } },
    ])
  })

  it('21 surrogate-split: two halves in two deltas become one character', async () => {
    const stream = chatStream([literalText('a\\ud83d'), literalText('\\ude00b')])
    expect(await contentOf({ stream })).toEqual([{ type: 'text', text: 'a😀b' }])
  })

  it('21 surrogate-split: a half that stays alone becomes U+FFFD, and the JSON stays valid', async () => {
    const stream = chatStream([literalText('a'), literalText('\\ud83d')])
    expect(await contentOf({ stream })).toEqual([{ type: 'text', text: 'a\ufffd' }])
  })

  it('21 surrogate-split: halves in the arguments of a tool', async () => {
    const piece = (literal: string) =>
      delta({ tool_calls: [{ index: 0, function: { arguments: '@' } }] }).replace('"@"', `"${literal}"`)
    const stream = chatStream(
      [
        delta({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'say', arguments: '' } }] }),
        piece('{\\"x\\":\\"\\ud83d'),
        piece('\\ude00\\"}'),
      ],
      'tool_calls',
    )
    expect(await contentOf({ stream })).toEqual([{ type: 'tool_use', id: 'call_a', name: 'say', input: { x: '😀' } }])
  })

  const plain = [OPENING, text('Hi '), text('there'), finish('stop'), usage(), DONE]

  it.each([
    ['CRLF line ends', plain.map((event) => event.replaceAll('\n', '\r\n'))],
    ['no space behind the colon', plain.map((event) => event.replace('data: ', 'data:'))],
    ['comments between events', plain.flatMap((event) => [': OPENROUTER PROCESSING\n\n', event])],
    ['a comment inside an event', plain.map((event) => `: comment\n${event}`)],
    ['retry and id fields', plain.map((event, index) => `id: ${index}\nretry: 3000\n${event}`)],
    ['a byte order mark', ['\ufeff', ...plain]],
    ['data over several lines', plain.map((event) => event.replace('"choices":', '\ndata: "choices":'))],
    ['event names', plain.map((event) => `event: message\n${event}`)],
    ['blank lines before, between and behind', ['\n\n', ...plain.map((event) => `${event}\n\n`)]],
    ['no blank line behind the last event', [...plain.slice(0, -1), 'data: [DONE]\n']],
  ])('22 crlf-and-nospace: %s', async (_, stream) => {
    expect(await contentOf({ stream })).toEqual([{ type: 'text', text: 'Hi there' }])
    expect(await contentOf({ stream }, 'byte by byte')).toEqual([{ type: 'text', text: 'Hi there' }])
  })

  it('22 crlf-and-nospace: line breaks inside an event never reach a client as such', async () => {
    const logprobs = text('Hi there').replace('"logprobs":null', '"logprobs":{\ndata: "content":\ndata: []}')
    for (const plan of ['auto', 'translate']) {
      const bench = await startBench(CHAT, answering({ stream: [OPENING, logprobs, finish('stop'), usage(), DONE] }), {
        plan,
      })
      const { message, error } = readChatStream((await bench.chat({ stream: true })).events)
      expect([message['content'], error]).toEqual(['Hi there', null])
    }
  })

  it('22 crlf-and-nospace: an event that is no JSON ends the stream as an error', async () => {
    const bench = await startBench(
      CHAT,
      answering({ stream: [OPENING, text('Hi'), 'data: {"choices":[{\n\n', ...plain] }),
    )
    const answer = await bench.messages({ stream: true })
    expect(readMessagesStream(answer.events).error).toMatchObject({ type: 'api_error' })
  })

  it('22 crlf-and-nospace: an event beyond the limit is an error, and not a matter of memory', async () => {
    const bench = await startBench(
      CHAT,
      async (_asked, reply) => {
        await reply.streamHead()
        await reply.write(chunked([OPENING, text('Hi')]))
        await reply.chunk(`data: ${'x'.repeat(70_000)}`)
      },
      { server: { port: 0, maxEventSize: '64kb' } },
    )
    const answer = await bench.messages({ stream: true })
    expect(readMessagesStream(answer.events).error).toMatchObject({ type: 'api_error' })
    await bench.recordOf(answer)
  })
})

describe('what a stream of the same protocol may look like', () => {
  it('22 crlf-and-nospace: a Messages stream without event names gets them', async () => {
    const bare = messagesStream([{ type: 'text', text: 'Hi there' }], 'end_turn').map((event) =>
      event.replace(/^event: .*\n/, ''),
    )
    for (const plan of ['auto', 'translate']) {
      const bench = await startBench({ type: 'anthropic', model: 'claude-sonnet-5' }, answering({ stream: bare }), {
        plan,
      })
      const { content } = readMessagesStream((await bench.messages({ stream: true })).events)
      expect(content).toEqual([{ type: 'text', text: 'Hi there' }])
    }
  })
})
