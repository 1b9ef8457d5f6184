import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import { OPENING, args, call, chatStream, delta, event, finish, text } from './chat-vendor.ts'
import { ASKED, CHAT, CHAT_HOST, answering, chunked, startBench } from './harness.ts'
import type { Bench } from './harness.ts'
import { NOT_INSTALLED, loadSdks } from './sdk.ts'
import type { AnthropicSdk } from './sdk.ts'

const QUESTION = { model: ASKED, max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] }

describe.each(await loadSdks<AnthropicSdk>('anthropic'))(
  "Anthropic's own stream helper reads a Chat vendor, %s",
  (_, Sdk) => {
    const streamOf = (context: TestContext, bench: Bench) => {
      if (Sdk === null) return context.skip(NOT_INSTALLED)
      return new Sdk({ apiKey: 'none', baseURL: bench.gateway.url, maxRetries: 0 }).messages.stream(QUESTION)
    }

    it('1 interleaved-tools, 4 reasoning-content: the final message has everything', async (context) => {
      const events = [
        delta({ reasoning_content: 'Let me see.' }),
        text('I look it up 👋'),
        call(0, 'call_a', 'first'),
        call(1, 'call_b', 'second'),
        args(0, '{"x"'),
        args(1, '{"y"'),
        args(0, ':1}'),
        args(1, ':2}'),
      ]
      const bench = await startBench(CHAT_HOST, answering({ stream: chatStream(events, 'tool_calls') }, 'byte by byte'))
      const message = await streamOf(context, bench).finalMessage()
      expect(message).toMatchObject({
        model: ASKED,
        role: 'assistant',
        stop_reason: 'tool_use',
        usage: { input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 20 },
      })
      expect(message.content).toMatchObject([
        { type: 'thinking', thinking: 'Let me see.', signature: expect.stringMatching(/^ucr1\./) as unknown },
        { type: 'text', text: 'I look it up 👋' },
        { type: 'tool_use', id: 'call_a', name: 'first', input: { x: 1 } },
        { type: 'tool_use', id: 'call_b', name: 'second', input: { y: 2 } },
      ])
    })

    it('3 usage-missing, 29 empty-completion: it reads a stream without usage and without content', async (context) => {
      const bench = await startBench(CHAT, answering({ stream: [OPENING, finish('stop'), 'data: [DONE]\n\n'] }))
      const message = await streamOf(context, bench).finalMessage()
      expect(message).toMatchObject({ content: [], stop_reason: 'end_turn', usage: { output_tokens: 0 } })
    })

    it('11 mid-stream-error: it throws what the vendor said', async (context) => {
      const failure = event({ error: { message: 'The engine is on fire', type: 'server_error' } })
      const bench = await startBench(CHAT, answering({ stream: [OPENING, text('Half'), failure] }))
      await expect(streamOf(context, bench).finalMessage()).rejects.toThrow(/on fire/)
    })

    it('12 socket-reset-mid: it throws, and does not take half an answer for a whole one', async (context) => {
      const bench = await startBench(CHAT, async (_asked, reply) => {
        await reply.streamHead()
        await reply.write(chunked([OPENING, text('Half')]))
        reply.reset()
      })
      await expect(streamOf(context, bench).finalMessage()).rejects.toThrow(/broke off/)
    })
  },
)
