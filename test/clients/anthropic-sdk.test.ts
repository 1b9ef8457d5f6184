import AnthropicCurrent from 'anthropic-current'
import AnthropicPrevious from 'anthropic-previous'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_KEY, UPSTREAMS, generations, startBench } from './far-ends.ts'
import type { Bench } from './far-ends.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const tool = {
  name: 'weather',
  description: 'Tells the weather.',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}

describe.each([
  ['@anthropic-ai/sdk 1', AnthropicCurrent],
  ['@anthropic-ai/sdk 0', AnthropicPrevious as unknown as typeof AnthropicCurrent],
])('%s', (_, Anthropic) => {
  describe.each(UPSTREAMS)('on an upstream that speaks $protocol', ({ model }) => {
    const client = () => new Anthropic({ apiKey: CLIENT_KEY, baseURL: bench.gateway.url, maxRetries: 0 })

    it('gets a whole answer under the name that it asked for', async () => {
      const message = await client().messages.create({
        model,
        max_tokens: 256,
        system: 'Answer briefly.',
        messages: [{ role: 'user', content: '[[say Grüße 👋 from afar]]' }],
      })
      expect(message.content).toEqual([expect.objectContaining({ type: 'text', text: 'Grüße 👋 from afar' })])
      expect(message).toMatchObject({ model, role: 'assistant', stop_reason: 'end_turn' })
      expect(message.usage.input_tokens).toBeGreaterThan(0)
      expect(message.usage.output_tokens).toBeGreaterThan(0)
    })

    it('streams the same answer', async () => {
      const stream = client().messages.stream({
        model,
        max_tokens: 256,
        messages: [{ role: 'user', content: '[[say one two three four five]]' }],
      })
      const pieces: string[] = []
      stream.on('text', (piece) => pieces.push(piece))
      const message = await stream.finalMessage()
      expect(pieces.length).toBeGreaterThan(1)
      expect(pieces.join('')).toBe('one two three four five')
      expect(message.content).toMatchObject([{ type: 'text', text: 'one two three four five' }])
      expect(message.stop_reason).toBe('end_turn')
      expect(message.usage.output_tokens).toBeGreaterThan(0)
    })

    it('calls two tools at once and brings their results back', async () => {
      const question = {
        role: 'user' as const,
        content: '[[call weather {"city":"Wien"}]] [[call weather {"city":"Zürich"}]]',
      }
      const first = await client()
        .messages.stream({ model, max_tokens: 256, tools: [tool], messages: [question] })
        .finalMessage()
      expect(first.stop_reason).toBe('tool_use')
      const calls = first.content.filter((block) => block.type === 'tool_use')
      expect(calls.map(({ name, input }) => ({ name, input }))).toEqual([
        { name: 'weather', input: { city: 'Wien' } },
        { name: 'weather', input: { city: 'Zürich' } },
      ])
      const second = await client().messages.create({
        model,
        max_tokens: 256,
        tools: [tool],
        messages: [
          question,
          { role: 'assistant', content: first.content },
          {
            role: 'user',
            // In the order of completion, not of the calls.
            content: calls.toReversed().map(({ id, input }) => ({
              type: 'tool_result' as const,
              tool_use_id: id,
              content: `sunny in ${(input as { city: string }).city}`,
            })),
          },
        ],
      })
      const text = second.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
      expect(text).toContain('sunny in Wien')
      expect(text).toContain('sunny in Zürich')
      expect(generations(bench.simulator).at(-1)?.body['model']).toBe(model)
    })

    it('learns of errors in its own terms', async () => {
      const failing = client().messages.create({
        model: 'anthropic/error-404',
        max_tokens: 10,
        messages: [{ role: 'user', content: 'x' }],
      })
      await expect(failing).rejects.toMatchObject({ status: 404, error: { error: { type: 'not_found_error' } } })
      const wrongKey = new Anthropic({ apiKey: 'wrong', baseURL: bench.gateway.url, maxRetries: 0 })
      await expect(
        wrongKey.messages.create({ model, max_tokens: 10, messages: [{ role: 'user', content: 'x' }] }),
      ).rejects.toMatchObject({ status: 401, error: { error: { type: 'authentication_error' } } })
    })
  })

  it('lists models over several pages and counts tokens', async () => {
    const client = new Anthropic({ apiKey: CLIENT_KEY, baseURL: bench.gateway.url, maxRetries: 0 })
    const ids: string[] = []
    for await (const model of client.models.list({ limit: 1 })) ids.push(model.id)
    expect(ids).toEqual(expect.arrayContaining(['claude-sonnet-5', 'gpt-5.5']))
    expect(new Set(ids).size).toBe(ids.length)
    expect((await client.models.retrieve('claude-sonnet-5')).id).toBe('claude-sonnet-5')
    for (const { model } of UPSTREAMS) {
      const count = await client.messages.countTokens({ model, messages: [{ role: 'user', content: 'How many?' }] })
      expect(count.input_tokens).toBeGreaterThan(0)
    }
  })
})
