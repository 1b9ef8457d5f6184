import { describe, expect, it } from 'vitest'
import type { UpstreamScript } from '../support/upstream.ts'
import { BASH, CLAUDE_CODE_HEADERS, READ, claudeCodeRequest, said, toolResult, toolUse } from './claude-code.ts'
import type { Json } from './harness.ts'
import { PLANS, install, provider, scripted } from './installation.ts'
import type { Installation } from './installation.ts'

const unused: UpstreamScript = () => {
  throw new Error('nobody should have been asked')
}

async function countOf(installation: Installation, body: Json): Promise<number> {
  const reply = await installation.countTokens(body)
  expect(reply.status, reply.text).toBe(200)
  const count = reply.json()['input_tokens']
  expect(Object.keys(reply.json())).toEqual(['input_tokens'])
  return Number(count)
}

const user = (content: unknown): Json => ({ role: 'user', content })

/** Requests whose counts Anthropic publishes: https://platform.claude.com/docs/en/build-with-claude/token-counting */
const PUBLISHED: readonly (readonly [string, string, number, Json])[] = [
  ['a system prompt', 'claude-opus-4-1', 14, { system: 'You are a scientist', messages: [user('Hello, Claude')] }],
  [
    'a tool',
    'claude-opus-4-1',
    403,
    {
      tools: [
        {
          name: 'get_weather',
          description: 'Get the current weather in a given location',
          input_schema: {
            type: 'object',
            properties: { location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' } },
            required: ['location'],
          },
        },
      ],
      messages: [user("What's the weather like in San Francisco?")],
    },
  ],
  [
    'thinking',
    'claude-opus-4-1',
    88,
    {
      thinking: { type: 'enabled', budget_tokens: 16000 },
      messages: [
        user('Are there an infinite number of prime numbers such that n mod 4 == 3?'),
        {
          role: 'assistant',
          content: [
            {
              type: 'thinking',
              thinking: 'This is a nice number theory question. Lets think about it step by step...',
              signature: 'EuYBCkQYAiJAgCs1le6/Pol5Z4',
            },
            said('Yes, there are infinitely many prime numbers p such that p mod 4 = 3...'),
          ],
        },
        user('Can you write a formal proof?'),
      ],
    },
  ],
]

/** A PNG of this size, as far as its head. */
function image(width: number, height: number): Json {
  const head = Buffer.from('89504e470d0a1a0a0000000d4948445200000000000000000806000000', 'hex')
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return { type: 'image', source: { type: 'base64', media_type: 'image/png', data: head.toString('base64') } }
}

const QUESTION = 'What is the weather like in San Francisco today, and what will it be like tomorrow?'
const LOOP: readonly Json[] = [
  user(QUESTION),
  { role: 'assistant', content: [toolUse('toolu_01A', 'Bash', { command: 'curl https://weather.example/sf' })] },
  user([toolResult('toolu_01A', 'Sunny, 21 degrees, light winds from the west.')]),
]

/** Each is the one before and more. */
const GROWING: readonly (readonly [string, Json])[] = [
  ['a word', { messages: [user('Hi')] }],
  ['a question', { messages: [user(QUESTION)] }],
  ['a system prompt', { system: 'Be kind.', messages: [user(QUESTION)] }],
  ['a tool', { system: 'Be kind.', tools: [BASH], messages: [user(QUESTION)] }],
  ['another tool', { system: 'Be kind.', tools: [BASH, READ], messages: [user(QUESTION)] }],
  ['a call and its result', { system: 'Be kind.', tools: [BASH, READ], messages: LOOP }],
  [
    'a system message inside',
    { system: 'Be kind.', tools: [BASH, READ], messages: [...LOOP, { role: 'system', content: 'Be brief.' }] },
  ],
  [
    'an image',
    {
      system: 'Be kind.',
      tools: [BASH, READ],
      messages: [...LOOP, { role: 'system', content: 'Be brief.' }, user([image(600, 600)])],
    },
  ],
  [
    'a larger image',
    {
      system: 'Be kind.',
      tools: [BASH, READ],
      messages: [...LOOP, { role: 'system', content: 'Be brief.' }, user([image(1200, 900)])],
    },
  ],
  [
    'a document',
    {
      system: 'Be kind.',
      tools: [BASH, READ],
      messages: [
        ...LOOP,
        { role: 'system', content: 'Be brief.' },
        user([
          image(1200, 900),
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A plain text of some words.' } },
        ]),
      ],
    },
  ],
]

describe('counting tokens', () => {
  it.each(PLANS)("53 count_tokens: a vendor's own count is taken, of what it would be sent (plan %s)", async (plan) => {
    const upstream = await scripted((_asked, reply) => reply.answer(200, '{"input_tokens":4711,"future":1}'))
    const installation = await install({
      plan,
      providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
    })
    const { max_tokens: _, stream: __, ...body } = claudeCodeRequest('work/claude-opus-5-5')
    const beta = { ...CLAUDE_CODE_HEADERS, 'anthropic-beta': 'token-counting-2024-11-01' }
    const reply = await installation.post('/v1/messages/count_tokens?beta=true', body, beta)
    expect([reply.status, reply.text]).toEqual([200, '{"input_tokens":4711}'])
    const [asked] = upstream.requests
    expect(asked?.path).toMatch(/^\/v1\/messages\/count_tokens/)
    expect(asked?.headers['anthropic-beta']).toBe('token-counting-2024-11-01')
    expect(asked?.json()).toEqual({ ...body, model: 'claude-opus-5-5' })
    expect([reply.headers['x-ucr-provider'], reply.headers['x-ucr-model']]).toEqual(['work', 'claude-opus-5-5'])
  })

  it.each([
    ['refuses', 404],
    ['fails', 500],
    ['is overloaded', 529],
  ])('53 count_tokens: where the vendor %s, the gateway counts', async (_, status) => {
    const upstream = await scripted((_asked, reply) => reply.answer(status, '{"type":"error","error":{"type":"x"}}'))
    const installation = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-4-1'])] })
    const [, , published, body] = PUBLISHED[0] ?? []
    expect(await countOf(installation, { model: 'claude-opus-4-1', ...body })).toBe(published)
    expect(upstream.requests).toHaveLength(1)
  })

  it.each(PUBLISHED)(
    '53 count_tokens: %s, at %s, is within 5 % of the published %i',
    async (_, model, published, body) => {
      const upstream = await scripted(unused)
      const installation = await install({ providers: [provider('other', 'anthropic-compatible', upstream, [model])] })
      const count = await countOf(installation, { model, ...body })
      expect(Math.abs(count - published) / published).toBeLessThan(0.05)
    },
  )

  it.each([
    ['openai', 'gpt-5.5'],
    ['openai-compatible', 'some-model'],
    ['anthropic-compatible', 'claude-opus-5-5'],
    ['anthropic-compatible', 'claude-sonnet-4-5'],
  ])('53 count_tokens: everything in a request counts, at %s/%s', async (type, model) => {
    const upstream = await scripted(unused)
    const installation = await install({ providers: [provider('far', type, upstream, [model])] })
    let before = 0
    for (const [added, body] of GROWING) {
      const count = await countOf(installation, { model, ...body })
      expect(count, added).toBeGreaterThan(before)
      before = count
    }
  })

  it('53 count_tokens: thinking that the model reads again counts', async () => {
    const upstream = await scripted(unused)
    const installation = await install({
      providers: [provider('far', 'anthropic-compatible', upstream, ['claude-opus-5-5'])],
    })
    const thinking = {
      type: 'thinking',
      thinking: 'Let me look at the weather of that city first. '.repeat(20),
      signature: 'c2ln',
    }
    const [question, turn, result] = LOOP
    const content = (turn?.['content'] ?? []) as Json[]
    const body = { model: 'claude-opus-5-5', tools: [BASH] }
    const without = await countOf(installation, { ...body, messages: LOOP })
    const messages = [question, { role: 'assistant', content: [thinking, ...content] }, result]
    expect((await countOf(installation, { ...body, messages })) - without).toBeGreaterThan(100)
  })

  it('53 count_tokens: the count is near what the answer says it cost', async () => {
    const upstream = await scripted(unused)
    const installation = await install({ providers: [provider('gpt', 'openai', upstream, ['gpt-4o'])] })
    // https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
    const body = {
      model: 'gpt-4o',
      system: 'You are a helpful assistant that can answer to questions about the weather.',
      messages: [user("What's the weather like in San Francisco?")],
      tools: [
        {
          name: 'get_current_weather',
          description: 'Get the current weather in a given location',
          input_schema: {
            type: 'object',
            properties: {
              location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
              unit: {
                type: 'string',
                description: 'The unit of temperature to return',
                enum: ['celsius', 'fahrenheit'],
              },
            },
            required: ['location'],
          },
        },
      ],
    }
    expect(Math.abs((await countOf(installation, body)) - 101) / 101).toBeLessThan(0.05)
  })

  it('53 count_tokens: a protocol that has no such operation says so, and a bad body is a 400', async () => {
    const upstream = await scripted(unused)
    const { post, countTokens } = await install({ providers: [provider('gpt', 'openai', upstream, ['gpt-4o'])] })
    expect((await post('/v1/chat/completions/count_tokens', { model: 'gpt-4o', messages: [] })).status).toBe(404)
    for (const body of ['{', '[]', '{"model":"gpt-4o"}', '{"messages":[]}']) {
      const reply = await countTokens(body)
      expect([reply.status, reply.headers['x-should-retry']]).toEqual([400, 'false'])
      expect(reply.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    }
  })
})
