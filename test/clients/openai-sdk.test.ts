import OpenAICurrent from 'openai-current'
import OpenAIPrevious from 'openai-previous'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_KEY, UPSTREAMS, startBench } from './far-ends.ts'
import type { Bench } from './far-ends.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Tells the weather.',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
}

describe.each([
  ['openai 7', OpenAICurrent],
  ['openai 6', OpenAIPrevious as unknown as typeof OpenAICurrent],
])('%s', (_, OpenAI) => {
  describe.each(UPSTREAMS)('on an upstream that speaks $protocol', ({ model }) => {
    const client = () => new OpenAI({ apiKey: CLIENT_KEY, baseURL: `${bench.gateway.url}/v1`, maxRetries: 0 })

    it('gets a whole answer under the name that it asked for', async () => {
      const completion = await client().chat.completions.create({
        model,
        messages: [
          { role: 'developer', content: 'Answer briefly.' },
          { role: 'user', content: '[[say Grüße 👋 from afar]]' },
        ],
      })
      expect(completion).toMatchObject({ model, object: 'chat.completion' })
      expect(completion.choices).toHaveLength(1)
      expect(completion.choices[0]).toMatchObject({
        index: 0,
        finish_reason: 'stop',
        message: { role: 'assistant', content: 'Grüße 👋 from afar' },
      })
      const { prompt_tokens: input = 0, completion_tokens: output = 0, total_tokens: total } = completion.usage ?? {}
      expect(input).toBeGreaterThan(0)
      expect(total).toBe(input + output)
    })

    it('streams the same answer, with usage when asked', async () => {
      const stream = client().chat.completions.stream({
        model,
        messages: [{ role: 'user', content: '[[say one two three four five]]' }],
        stream_options: { include_usage: true },
      })
      const pieces: string[] = []
      stream.on('content', (piece) => pieces.push(piece))
      const completion = await stream.finalChatCompletion()
      expect(pieces.length).toBeGreaterThan(1)
      expect(completion.choices[0]?.message.content).toBe('one two three four five')
      expect(completion.usage?.completion_tokens).toBeGreaterThan(0)
    })

    it('sees no usage in its stream when it did not ask', async () => {
      const stream = await client().chat.completions.create({
        model,
        stream: true,
        messages: [{ role: 'user', content: '[[say hello]]' }],
      })
      for await (const chunk of stream) {
        expect(chunk.choices).toHaveLength(1)
        expect(chunk.usage ?? null).toBeNull()
      }
    })

    it('calls two strict tools at once and brings their results back', async () => {
      const question = {
        role: 'user' as const,
        content: '[[call weather {"city":"Wien"}]] [[call weather {"city":"Zürich"}]]',
      }
      const first = await client()
        .chat.completions.stream({ model, tools: [weather], messages: [question] })
        .finalChatCompletion()
      const message = first.choices[0]?.message
      expect(first.choices[0]?.finish_reason).toBe('tool_calls')
      const calls = (message?.tool_calls ?? []).filter((call) => call.type === 'function')
      expect(
        calls.map(({ function: { name, arguments: text } }) => ({ name, input: JSON.parse(text) as unknown })),
      ).toEqual([
        { name: 'weather', input: { city: 'Wien' } },
        { name: 'weather', input: { city: 'Zürich' } },
      ])
      const second = await client().chat.completions.create({
        model,
        tools: [weather],
        messages: [
          question,
          {
            role: 'assistant',
            content: null,
            tool_calls: calls.map(({ id, function: { name, arguments: text } }) => ({
              id,
              type: 'function' as const,
              function: { name, arguments: text },
            })),
          },
          ...calls.map(({ id }, index) => ({
            role: 'tool' as const,
            tool_call_id: id,
            content: `result ${index + 1}`,
          })),
        ],
      })
      expect(second.choices[0]?.message.content).toContain('result 1')
      expect(second.choices[0]?.message.content).toContain('result 2')
    })

    it('learns of errors in its own terms', async () => {
      const failing = client().chat.completions.create({
        model: 'anthropic/error-404',
        messages: [{ role: 'user', content: 'x' }],
      })
      await expect(failing).rejects.toMatchObject({ status: 404 })
      const wrongKey = new OpenAI({ apiKey: 'wrong', baseURL: `${bench.gateway.url}/v1`, maxRetries: 0 })
      await expect(
        wrongKey.chat.completions.create({ model, messages: [{ role: 'user', content: 'x' }] }),
      ).rejects.toMatchObject({ status: 401 })
    })
  })

  it('lists models in its own shape', async () => {
    const client = new OpenAI({ apiKey: CLIENT_KEY, baseURL: `${bench.gateway.url}/v1`, maxRetries: 0 })
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(expect.arrayContaining(['claude-sonnet-5', 'gpt-5.5']))
    expect(await client.models.retrieve('gpt-5.5')).toMatchObject({ id: 'gpt-5.5', object: 'model' })
  })
})
