import { describe, expect, it } from 'vitest'
import type { MediaPart, Part } from '../canonical/content.ts'
import type { CanonicalRequest, FunctionTool, Message } from '../canonical/request.ts'
import type { JsonValue } from '../lib/json.ts'
import { scanJson, stringToJson, toJsonText } from '../lib/json.ts'
import { estimateTokens, TokenCounter } from './tokens.ts'

const counter = new TokenCounter()

const text = (content: string): Part => ({
  kind: 'text',
  text: stringToJson(content),
  refusal: false,
  citations: null,
  cache: null,
  ext: null,
})
const message = (role: Message['role'], ...parts: readonly (Part | string)[]): Message => ({
  role,
  parts: parts.map((part) => (typeof part === 'string' ? text(part) : part)),
  name: null,
  ext: null,
})
const tool = (name: string, description: string, schema: JsonValue): FunctionTool => ({
  kind: 'function',
  name,
  description: stringToJson(description),
  inputSchema: scanJson(toJsonText(schema)),
  strict: null,
  deferred: false,
  cache: null,
  ext: null,
})
const request = (given: Partial<CanonicalRequest>): CanonicalRequest => ({
  model: '',
  instructions: [],
  messages: [],
  tools: [],
  toolChoice: null,
  parallelToolCalls: null,
  maxOutputTokens: null,
  sampling: { temperature: null, topP: null, topK: null, presencePenalty: null, frequencyPenalty: null, seed: null },
  stop: [],
  reasoning: null,
  outputFormat: null,
  stream: false,
  includeUsage: true,
  user: null,
  ext: null,
  ...given,
})
const thinking = (content: string, seal: string): Part => ({
  kind: 'reasoning',
  text: stringToJson(content),
  seal: { kind: 'signature', value: seal, origin: null },
  cache: null,
  ext: null,
})
const image = (source: MediaPart['source']): Part => ({
  kind: 'media',
  media: 'image',
  source,
  title: null,
  context: null,
  cache: null,
  ext: null,
})
const png = (width: number, height: number): MediaPart['source'] => {
  const head = Buffer.from('89504e470d0a1a0a0000000d4948445200000000000000000806000000', 'hex')
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return { type: 'base64', mediaType: 'image/png', data: stringToJson(head.toString('base64')) }
}

const WEATHER = tool('get_weather', 'Get the current weather in a given location', {
  type: 'object',
  properties: { location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' } },
  required: ['location'],
})

/** Counts that vendors publish for whole requests, with the page that shows them. */
const PUBLISHED: readonly (readonly [string, string, number, CanonicalRequest])[] = [
  // https://platform.claude.com/docs/en/build-with-claude/token-counting
  [
    'a system prompt',
    'claude-opus-4-1',
    14,
    request({ instructions: [text('You are a scientist')], messages: [message('user', 'Hello, Claude')] }),
  ],
  [
    'a tool',
    'claude-opus-4-20250514',
    403,
    request({ tools: [WEATHER], messages: [message('user', "What's the weather like in San Francisco?")] }),
  ],
  [
    'thinking that the model forgets',
    'claude-opus-4-20250514',
    88,
    request({
      reasoning: { mode: 'on', budget: 16_000, effort: null, display: null },
      messages: [
        message('user', 'Are there an infinite number of prime numbers such that n mod 4 == 3?'),
        message(
          'assistant',
          thinking(
            'This is a nice number theory question. Lets think about it step by step...',
            'EuYBCkQYAiJAgCs1le6/Pol5Z4',
          ),
          'Yes, there are infinitely many prime numbers p such that p mod 4 = 3...',
        ),
        message('user', 'Can you write a formal proof?'),
      ],
    }),
  ],
  // https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
  [
    'several messages with names',
    'gpt-4o',
    124,
    request({
      instructions: [
        text('You are a helpful, pattern-following assistant that translates corporate jargon into plain English.'),
      ],
      messages: [
        { ...message('system', 'New synergies will help drive top-line growth.'), name: 'example_user' },
        { ...message('system', 'Things working well together will increase revenue.'), name: 'example_assistant' },
        {
          ...message(
            'system',
            "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
          ),
          name: 'example_user',
        },
        {
          ...message('system', "Let's talk later when we're less busy about how to do better."),
          name: 'example_assistant',
        },
        message('user', "This late pivot means we don't have time to boil the ocean for the client deliverable."),
      ],
    }),
  ],
  [
    'a function',
    'gpt-4o',
    101,
    request({
      instructions: [text('You are a helpful assistant that can answer to questions about the weather.')],
      messages: [message('user', "What's the weather like in San Francisco?")],
      tools: [
        tool('get_current_weather', 'Get the current weather in a given location', {
          type: 'object',
          properties: {
            location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
            unit: { type: 'string', description: 'The unit of temperature to return', enum: ['celsius', 'fahrenheit'] },
          },
          required: ['location'],
        }),
      ],
    }),
  ],
]

describe('TokenCounter.countTokens()', () => {
  it.each(PUBLISHED)('is within 5 % of the published count of %s (%s)', async (_, model, published, counted) => {
    const count = await counter.countTokens(counted, model)
    expect(Math.abs(count / published - 1)).toBeLessThan(0.05)
  })

  it('counts images by their pixels', async () => {
    const withImage = (width: number, height: number, model: string) =>
      counter.countTokens(request({ messages: [message('user', image(png(width, height)), 'What is this?')] }), model)
    const without = await counter.countTokens(
      request({ messages: [message('user', 'What is this?')] }),
      'claude-haiku-4-5',
    )
    expect((await withImage(1092, 1092, 'claude-haiku-4-5')) - without).toBe(1521)
    expect(await withImage(1920, 1080, 'claude-opus-5-5')).toBeGreaterThan(
      await withImage(1920, 1080, 'claude-haiku-4-5'),
    )
    expect(await withImage(1024, 1024, 'gpt-4o')).toBeGreaterThan(765)
  })

  it('counts what tools are called with and what they give back', async () => {
    const plain = [message('user', 'Weather?')]
    const call: Part = {
      kind: 'tool-call',
      id: 't1',
      name: 'get_weather',
      input: toJsonText({ location: 'Paris' }),
      invalid: false,
      cache: null,
      ext: null,
    }
    const result: Part = {
      kind: 'tool-result',
      callId: 't1',
      content: [text('Sunny, 21 degrees')],
      isError: false,
      cache: null,
      ext: null,
    }
    for (const model of ['claude-sonnet-5', 'gpt-5.5']) {
      const before = await counter.countTokens(request({ messages: plain }), model)
      const after = await counter.countTokens(
        request({ messages: [...plain, message('assistant', call), message('user', result)] }),
        model,
      )
      expect(after - before).toBeGreaterThan(15)
      expect(after - before).toBeLessThan(80)
    }
  })

  it('counts thinking that a model keeps, shown or sealed', async () => {
    const conversation = (part: Part) =>
      request({
        messages: [message('user', 'Why?'), message('assistant', part, 'Because.'), message('user', 'Really?')],
      })
    const none = await counter.countTokens(conversation(text('')), 'claude-opus-5-5')
    const shown = await counter.countTokens(
      conversation(thinking('One two three four five six. '.repeat(50), 'x')),
      'claude-opus-5-5',
    )
    const sealed = await counter.countTokens(conversation(thinking('', 'x'.repeat(3000))), 'claude-opus-5-5')
    expect(shown - none).toBeGreaterThan(300)
    expect(sealed - none).toBeGreaterThan(300)
  })

  it('counts a forced call as the vendor prices it, and withheld tools as nothing', async () => {
    const asked = { messages: [message('user', 'Weather?')] }
    const count = (given: Partial<CanonicalRequest>) =>
      counter.countTokens(request({ ...asked, ...given }), 'claude-opus-4-8')
    const free = await count({ tools: [WEATHER] })
    expect((await count({ tools: [WEATHER], toolChoice: { type: 'required' } })) - free).toBe(410 - 290)
    expect(await count({ tools: [WEATHER, { ...WEATHER, deferred: true }] })).toBe(free)
    const bash = {
      kind: 'opaque',
      type: 'bash_20250124',
      name: 'bash',
      protocol: 'anthropic-messages',
      raw: toJsonText({}),
    } as const
    expect((await count({ tools: [WEATHER, bash] })) - free).toBe(245)
  })

  it('counts documents by their pages and their text', async () => {
    const document = (source: MediaPart['source']) =>
      counter.countTokens(
        request({
          messages: [
            message('user', {
              kind: 'media',
              media: 'document',
              source,
              title: stringToJson('Report'),
              context: null,
              cache: null,
              ext: null,
            }),
          ],
        }),
        'claude-sonnet-5',
      )
    const pdf = (pages: number): MediaPart['source'] => ({
      type: 'base64',
      mediaType: 'application/pdf',
      data: stringToJson(
        Buffer.from(`%PDF-1.7 /Type /Pages /Count ${pages} ${'/Type /Page '.repeat(pages)}`).toString('base64'),
      ),
    })
    expect((await document(pdf(3))) - (await document(pdf(1)))).toBe(2 * 2200)
    const plain = await document({ type: 'text', mediaType: 'text/plain', data: stringToJson('word '.repeat(500)) })
    expect(plain).toBeGreaterThan(480)
    expect(plain).toBeLessThan(560)
  })

  it('survives input that is no JSON object, and schemas of any kind', async () => {
    const broken: Part = {
      kind: 'tool-call',
      id: 't',
      name: 'f',
      input: stringToJson('{"a":'),
      invalid: true,
      cache: null,
      ext: null,
    }
    const odd = [
      null,
      [],
      7,
      'x',
      { properties: 7 },
      { properties: { a: null, b: { type: ['string', 'null'] }, c: { anyOf: [{}, { enum: [1] }] } } },
    ]
    const tools = odd.map((schema, index) => tool(`t${index}`, 'odd', schema))
    for (const model of ['claude-sonnet-5', 'gpt-5.5', 'llama-4']) {
      expect(
        await counter.countTokens(request({ tools, messages: [message('assistant', broken)] }), model),
      ).toBeGreaterThan(0)
    }
  })
})

describe('TokenCounter.countText()', () => {
  it('takes special tokens for text', async () => {
    expect(await counter.countText('a <|endoftext|> b', 'gpt-5.5')).toBeGreaterThan(4)
  })

  it('counts the second generation of Claude by its own vocabulary', async () => {
    const prose = 'The migration guide says that the same text is more tokens to newer models.'
    expect(await counter.countText(prose, 'claude-opus-4-7')).toBeGreaterThan(
      await counter.countText(prose, 'claude-opus-4-6'),
    )
  })

  it('counts a long text in pieces, and gives others their turn', async () => {
    const words = 'some words of a long text '.repeat(20_000)
    let turns = 0
    let counting = true
    const others = (): void => {
      turns++
      if (counting) setImmediate(others)
    }
    setImmediate(others)
    const whole = await counter.countText(words, 'claude-sonnet-5')
    counting = false
    const part = await counter.countText('some words of a long text '.repeat(200), 'claude-sonnet-5')
    expect(Math.abs(whole / (part * 100) - 1)).toBeLessThan(0.01)
    expect(turns).toBeGreaterThan(5)
  })
})

describe('estimateTokens()', () => {
  it('grows with text, media and messages', () => {
    expect(estimateTokens({ textBytes: 4000, media: 0, messages: 1 })).toBe(1004)
    expect(estimateTokens({ textBytes: 0, media: 2, messages: 0 })).toBe(2600)
  })

  it('is near enough for routing', async () => {
    const prose = 'Routing needs to know whether a prompt is long, not how long it is to the token. '.repeat(50)
    const exact = await counter.countText(prose, 'claude-sonnet-4-5')
    const estimate = estimateTokens({ textBytes: prose.length, media: 0, messages: 1 })
    expect(Math.abs(estimate / exact - 1)).toBeLessThan(0.3)
  })
})
