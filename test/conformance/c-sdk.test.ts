import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import { ASKED, MESSAGES, answering, chunked, startBench } from './harness.ts'
import type { Bench, Json } from './harness.ts'
import { START, answer, blockDelta, blockStart, event } from './messages-vendor.ts'
import { NOT_INSTALLED, loadSdks } from './sdk.ts'
import type { OpenAISdk } from './sdk.ts'

const THINKING = { type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmF0dXJl' }
const HALF = [START, blockStart(0, { type: 'text', text: '' }), blockDelta(0, { type: 'text_delta', text: 'Half an ' })]

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
}

const QUESTION = { model: ASKED, messages: [{ role: 'user', content: 'Hello' }] }

describe.each(await loadSdks<OpenAISdk>('openai'))(
  "OpenAI's own stream helper reads a Messages vendor, %s",
  (_, Sdk) => {
    const streamOf = (context: TestContext, bench: Bench, body: Json = {}) => {
      if (Sdk === null) return context.skip(NOT_INSTALLED)
      const client = new Sdk({ apiKey: 'none', baseURL: `${bench.gateway.url}/v1`, maxRetries: 0 })
      return client.chat.completions.stream({ ...QUESTION, ...body })
    }

    it('72 think+tools stream: the final completion has everything', async (context) => {
      const blocks = [
        THINKING,
        { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' },
        { type: 'text', text: 'I look it up.' },
        { type: 'tool_use', id: 'toolu_01A', name: 'weather', input: { city: 'Wien' } },
        { type: 'tool_use', id: 'toolu_01B', name: 'clock', input: {} },
      ]
      const bench = await startBench(MESSAGES, answering(answer(blocks, 'tool_use'), 'byte by byte'))
      const stream = streamOf(context, bench, { stream_options: { include_usage: true } })
      const { choices, usage } = await stream.finalChatCompletion()
      expect(choices[0]).toMatchObject({
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: 'I look it up.',
          tool_calls: [
            { id: 'toolu_01A', type: 'function', function: { name: 'weather', arguments: '{"city":"Wien"}' } },
            { id: 'toolu_01B', type: 'function', function: { name: 'clock', arguments: '{}' } },
          ],
          // What the next request has to bring back, all of it.
          reasoning_details: [{ type: 'reasoning.text' }, { type: 'reasoning.encrypted' }],
        },
      })
      expect(usage).toMatchObject({ prompt_tokens: 110, total_tokens: 130 })
    })

    it('73 strict-tools SDK7: later fragments have no name, and the arguments parse', async (context) => {
      const call = { type: 'tool_use', id: 'toolu_01A', name: 'weather', input: { city: 'Wien' } }
      const bench = await startBench(MESSAGES, answering(answer([call], 'tool_use'), 'byte by byte'))
      const stream = streamOf(context, bench, { tools: [weather] })
      const { choices } = await stream.finalChatCompletion()
      expect(choices[0]?.message['tool_calls']).toMatchObject([
        { id: 'toolu_01A', function: { name: 'weather', parsed_arguments: { city: 'Wien' } } },
      ])
    })

    it('75 miderr: it throws what the vendor said', async (context) => {
      const failure = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
      const bench = await startBench(MESSAGES, answering({ stream: [...HALF, failure] }))
      await expect(streamOf(context, bench).finalChatCompletion()).rejects.toThrow(/Overloaded/)
    })

    it('76 cut: it throws, and does not take half an answer for a whole one', async (context) => {
      const bench = await startBench(MESSAGES, async (_asked, reply) => {
        await reply.streamHead()
        await reply.write(chunked(HALF))
        reply.reset()
      })
      await expect(streamOf(context, bench).finalChatCompletion()).rejects.toThrow(/broke off/)
    })

    it('82 citations: the final completion has all annotations', async (context) => {
      const cited = (text: string, url: string) => ({
        type: 'text',
        text,
        citations: [{ type: 'web_search_result_location', url, title: 'A', encrypted_index: 'RQ==', cited_text: 'c' }],
      })
      const blocks = [cited('One.', 'https://a.example/1'), cited('Two.', 'https://a.example/2')]
      const bench = await startBench(MESSAGES, answering(answer(blocks)))
      const { choices } = await streamOf(context, bench).finalChatCompletion()
      expect(choices[0]?.message['annotations']).toMatchObject([
        { url_citation: { url: 'https://a.example/1', start_index: 0, end_index: 4 } },
        { url_citation: { url: 'https://a.example/2', start_index: 4, end_index: 8 } },
      ])
    })
  },
)
