import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import { EVERY_SPEAKER, SPEAKERS } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { foundTown } from '../support/town.ts'
import type { Town } from '../support/town.ts'

const { chat, messages } = SPEAKERS

const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** Parts of a request, in the words of each protocol. */
const PARTS: Readonly<Record<Speaker['type'], Readonly<Record<string, Json>>>> = {
  anthropic: {
    thinking: { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 4000 },
    search: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    tools: { tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } }] },
    sampling: { temperature: 0.3, top_k: 40 },
    stop: { stop_sequences: ['END', 'FIN'] },
    image: {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: IMAGE } }],
        },
      ],
    },
    long: { messages: [{ role: 'user', content: 'word '.repeat(3000) }] },
    unknown: { from_the_future: { a: 1 } },
    system: { system: 'Be brief.' },
  },
  openai: {
    thinking: { reasoning_effort: 'high' },
    search: { web_search_options: {} },
    tools: {
      tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }],
    },
    sampling: { temperature: 0.3, logit_bias: { 42: 1 } },
    stop: { stop: ['END', 'FIN'] },
    image: {
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${IMAGE}` } }] },
      ],
    },
    long: { messages: [{ role: 'user', content: 'word '.repeat(3000) }] },
    unknown: { from_the_future: { a: 1 } },
    several: { n: 2 },
  },
}

const NAMES = [
  'claude-sonnet-5',
  'claude-opus-5-5',
  'claude-haiku-5-5',
  'sonnet',
  'haiku',
  'gpt-5.5',
  'gpt-5.5-mini',
  'work/claude-sonnet-5',
  'gpt/gpt-5.5',
  'plain/local-model',
  'local-model',
  'mystery',
  'gpt',
  '',
  'claude-sonnet-5[1m]',
]

/** Requests of a client: a name, some of the parts, a conversation. */
function requests(client: Speaker): fc.Arbitrary<{ readonly body: Json; readonly headers: Record<string, string> }> {
  return fc
    .record({
      model: fc.constantFrom(...NAMES),
      parts: fc.subarray(Object.keys(PARTS[client.type]), { maxLength: 3 }),
      session: fc.constantFrom('one', 'two', 'three', null),
      stream: fc.boolean(),
      strict: fc.boolean(),
    })
    .map(({ model, parts, session, stream, strict }) => ({
      body: client.request(model, Object.assign({ stream }, ...parts.map((part) => PARTS[client.type][part])) as Json),
      headers: {
        ...(session === null ? {} : { 'x-claude-code-session-id': session }),
        ...(strict ? { 'x-ucr-strict': 'true' } : {}),
      },
    }))
}

const settle = (): Promise<Town> =>
  foundTown(
    {
      work: { type: 'anthropic', models: ['claude-sonnet-5', 'claude-opus-5-5', 'claude-haiku-5-5'] },
      private: { type: 'anthropic', models: ['claude-sonnet-5'] },
      gpt: { type: 'openai', models: ['gpt-5.5', 'gpt-5.5-mini'], defaultModel: 'gpt-5.5' },
      plain: {
        type: 'openai-compatible',
        models: ['local-model'],
        capabilities: { vision: false, tools: false, contextWindow: 2000 },
      },
    },
    {
      router: {
        think: 'gpt',
        background: 'plain',
        longContext: 'work/claude-opus-5-5',
        tokenThreshold: 2500,
        fallback: 'gpt',
      },
      retry: { attempts: 1 },
    },
  )

describe.each(EVERY_SPEAKER)('POST /v1/route/explain for $type clients', (client) => {
  it('says what then happens', async () => {
    const { gateway, upstream } = await settle()
    await fc.assert(
      fc.asyncProperty(requests(client), async ({ body, headers }) => {
        const before = upstream.requests.length
        const dry = await ask(`${gateway.url}/v1/route/explain?path=${client.path}`, {
          headers: { ...client.headers, ...headers },
          body,
        })
        expect(upstream.requests.length).toBe(before)
        const real = await ask(`${gateway.url}${client.path}`, { headers: { ...client.headers, ...headers }, body })
        const asked = upstream.requests.slice(before)
        if (dry.status !== 200) {
          // What is wrong with the request is wrong with it in both.
          expect([dry.status, dry.headers['x-ucr-error']]).toEqual([real.status, real.headers['x-ucr-error']])
          expect(asked).toHaveLength(0)
          return
        }
        const told = dry.json()
        expect(told).toMatchObject({
          model: body['model'],
          protocol: client.protocol,
          reason: real.headers['x-ucr-reason'],
        })
        const candidates = told['candidates'] as Json[]
        const chosen = candidates.find(({ deployment }) => deployment === told['chosen'])
        if (chosen === undefined) {
          expect(told['chosen']).toBeNull()
          expect(real.status).toBeGreaterThanOrEqual(400)
          expect(asked).toHaveLength(0)
          return
        }
        expect(real.status, real.text).toBe(200)
        expect(asked).toHaveLength(1)
        expect(asked[0]?.json()).toHaveProperty('model', chosen['model'])
        expect(real.headers).toMatchObject({
          'x-ucr-provider': chosen['provider'],
          'x-ucr-model': chosen['model'],
          'x-ucr-plan': chosen['plan'],
          'x-ucr-attempts': '1',
        })
        expect(real.headers['x-ucr-dropped'] ?? '').toBe((chosen['dropped'] as string[]).join(','))
        expect(real.headers['x-ucr-warning']).toBe((told['warnings'] as string[])[0])
      }),
      { numRuns: 150, seed: 20261122 },
    )
  })

  it('gives candidates in order, exclusions with reasons, the task and the size', async () => {
    const { gateway } = await settle()
    const body = client.request('local-model', PARTS[client.type]['image'])
    const answer = await ask(`${gateway.url}/v1/route/explain?path=${client.path}`, { headers: client.headers, body })
    expect(answer.json()).toMatchObject({
      model: 'local-model',
      protocol: client.protocol,
      task: 'image',
      tokenCount: expect.any(Number),
      reason: 'model:local-model',
      chosen: 'gpt/gpt-5.5',
      candidates: [{ deployment: 'gpt/gpt-5.5', provider: 'gpt', model: 'gpt-5.5', refusal: null }],
      exclusions: [{ deployment: 'plain/local-model', why: 'takes no images' }],
      warnings: [],
    })
  })
})

describe('POST /v1/route/explain', () => {
  it('takes Messages requests where no path is named, and says which paths there are', async () => {
    const { gateway } = await settle()
    const plain = await ask(`${gateway.url}/v1/route/explain`, { body: messages.request('gpt-5.5') })
    expect(plain.json()['protocol']).toBe('anthropic-messages')
    const wrong = await ask(`${gateway.url}/v1/route/explain?path=/v1/nothing`, { body: chat.request('gpt-5.5') })
    expect(wrong.status).toBe(400)
    expect(wrong.text).toContain('/v1/chat/completions')
  })

  it('does not move a conversation: looking is not asking', async () => {
    let down: string | null = null
    const town = await foundTown(
      { a: CLAUDES, b: CLAUDES },
      { retry: { attempts: 1 } },
      {
        misfortune: (id) => (id === down ? (_asked, reply) => reply.answer(429, '{}', { 'retry-after': '1' }) : null),
      },
    )
    const headers = { 'x-claude-code-session-id': 'one' }
    const home = String((await town.route(messages, 'claude-sonnet-5', {}, headers)).went)
    down = home.split('/')[0] ?? ''
    // Another conversation finds out that the account has to rest.
    for (let count = 0; count < 8; count++) {
      await town.route(messages, 'claude-sonnet-5', {}, { 'x-claude-code-session-id': `other-${count}` })
    }
    const looked = async (): Promise<unknown> => {
      const url = `${town.gateway.url}/v1/route/explain`
      return (await ask(url, { headers, body: messages.request('claude-sonnet-5') })).json()['chosen']
    }
    expect(await looked()).not.toBe(home)
    down = null
    while ((await looked()) !== home) await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await town.route(messages, 'claude-sonnet-5', {}, headers)).went).toBe(home)
  })
})

const CLAUDES = { type: 'anthropic', models: ['claude-sonnet-5'] }
