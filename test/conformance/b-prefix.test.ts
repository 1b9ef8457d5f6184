import { describe, expect, it } from 'vitest'
import type { Upstream } from '../support/upstream.ts'
import { chatStream, completion, delta } from './chat-vendor.ts'
import {
  CLAUDE_CODE_HEADERS,
  REMINDER,
  TOOLS,
  claudeCodeRequest,
  said,
  settings,
  toolResult,
  toolUse,
} from './claude-code.ts'
import type { Exchanged } from './claude-code.ts'
import { answering } from './harness.ts'
import type { Answer, Json } from './harness.ts'
import { PLANS, bodyOf, dropped, install, literals, prefixOf, provider, scripted, simulated } from './installation.ts'
import type { Installation } from './installation.ts'
import { readMessagesStream } from './messages-stream.ts'
import { answer } from './messages-vendor.ts'

const greeting = answering(answer([said('Hi')]))
const chatGreeting = answering({ stream: chatStream([delta({ content: 'Hi' })]), whole: completion({ content: 'Hi' }) })

const TWO_TURNS: readonly Exchanged[] = [
  { answer: [toolUse('toolu_01A', 'Bash', { command: 'ls' })], reply: [toolResult('toolu_01A', 'notes.txt')] },
]

/** Marks of the cache, which move on from turn to turn, and with them the form of a text that is alone. */
function withoutMarks(messages: readonly Json[] = []): unknown {
  return messages.map(({ role, content }) => ({
    role,
    content: (typeof content === 'string' ? [said(content)] : (content as Json[])).map(
      ({ cache_control: _mark, ...block }) => block,
    ),
  }))
}

const roles = (body: unknown): string[] => ((body as Json)['messages'] as Json[]).map(({ role }) => String(role))

describe('system messages inside a conversation', () => {
  it.each(PLANS)('39 system-role-in-messages: a Messages vendor gets them where they stand (plan %s)', async (plan) => {
    const upstream = await scripted(greeting)
    const { messages } = await install({
      plan,
      providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
    })
    for (const exchanged of [[], TWO_TURNS]) {
      const body = claudeCodeRequest('work/claude-opus-5-5', exchanged)
      const reply = await messages(body, CLAUDE_CODE_HEADERS)
      expect([reply.status, dropped(reply)]).toEqual([200, []])
      expect(bodyOf(upstream)['messages']).toEqual(body['messages'])
    }
  })

  it('39 system-role-in-messages: Sonnet 5, to which Claude Code also sends them, gets them as well', async () => {
    const upstream = await scripted(greeting)
    const { messages } = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-sonnet-5'])] })
    const body = claudeCodeRequest('work/claude-sonnet-5', TWO_TURNS)
    const reply = await messages(body)
    expect(reply.headers['x-ucr-plan']).toBe('passthrough')
    expect(bodyOf(upstream)).toEqual({ ...body, model: 'claude-sonnet-5' })
  })

  it.each(PLANS)(
    '39 system-role-in-messages: a Claude model that refuses the role hears the words from the user (plan %s)',
    async (plan) => {
      const upstream = await scripted(greeting)
      const { messages } = await install({
        plan,
        providers: [provider('work', 'anthropic', upstream, ['claude-opus-4-6'])],
      })
      const reminder = { role: 'user', content: [said(`<system-reminder>\n${REMINDER}\n</system-reminder>`)] }
      const sent: Json[][] = []
      for (const exchanged of [[], TWO_TURNS]) {
        const body = claudeCodeRequest('work/claude-opus-4-6', exchanged)
        const [first = {}, , ...others] = body['messages'] as Json[]
        const reply = await messages(body, CLAUDE_CODE_HEADERS)
        expect([reply.status, reply.headers['x-ucr-plan']], reply.text).toEqual([200, 'translate'])
        expect(dropped(reply)).toEqual(expect.arrayContaining(['messages.role', 'messages.output_config']))
        sent.push(bodyOf(upstream)['messages'] as Json[])
        expect(withoutMarks(sent.at(-1))).toEqual(withoutMarks([first, reminder, ...others]))
      }
      expect(withoutMarks(sent[1]?.slice(0, 2))).toEqual(withoutMarks(sent[0]))
    },
  )

  it.each(PLANS)(
    '39 system-role-in-messages: a vendor whose model refuses the role takes them so (plan %s)',
    async (plan) => {
      const simulator = await simulated()
      const model = 'claude-haiku-4-5?extra=allow'
      const { messages } = await install({
        plan,
        providers: [provider('work', 'anthropic', simulator, [model])],
        models: { haiku: `work/${model}` },
      })
      const turns: Json[] = [
        { role: 'user', content: 'Hi' },
        { role: 'system', content: REMINDER },
        { role: 'assistant', content: [toolUse('toolu_01', 'Bash', { command: 'ls' })] },
        { role: 'system', content: [], output_config: { effort: 'low' } },
        { role: 'system', content: REMINDER },
        { role: 'user', content: [toolResult('toolu_01', 'notes.txt')] },
      ]
      for (const count of [2, turns.length]) {
        const reply = await messages({ model: 'haiku', max_tokens: 100, tools: TOOLS, messages: turns.slice(0, count) })
        expect([reply.status, dropped(reply)], reply.text).toMatchObject([
          200,
          expect.arrayContaining(['messages.role']),
        ])
      }
    },
  )

  it('39 system-role-in-messages: in strict mode, a Claude model that refuses the role refuses the request', async () => {
    const upstream = await scripted(greeting)
    const { messages } = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-4-6'])] })
    const turns = [
      { role: 'user', content: 'Hi' },
      { role: 'system', content: REMINDER },
    ]
    const body = { model: 'work/claude-opus-4-6', max_tokens: 100, messages: turns }
    const reply = await messages(body, { 'x-ucr-strict': 'true' })
    expect([reply.status, reply.headers['x-ucr-error']]).toEqual([400, 'unsupported_parameter'])
    expect(upstream.requests).toHaveLength(0)
  })

  it('39 system-role-in-messages: from a Chat client, a Claude model that refuses the role hears the words from the user', async () => {
    const upstream = await scripted(greeting)
    const { chat } = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-4-6'])] })
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'system', content: REMINDER },
    ]
    expect((await chat({ model: 'work/claude-opus-4-6', messages })).status).toBe(200)
    expect(bodyOf(upstream)).toMatchObject({
      system: [said('Be brief.')],
      messages: [{ role: 'user', content: [said('Hi'), said(`<system-reminder>\n${REMINDER}\n</system-reminder>`)] }],
    })
  })

  it('39 system-role-in-messages: where Anthropic takes none, the words of a Chat client stay at their place', async () => {
    const upstream = await scripted(greeting)
    const { chat } = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])] })
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'system', content: REMINDER },
      { role: 'user', content: 'Go on' },
      { role: 'system', content: REMINDER },
    ]
    const reply = await chat({ model: 'work/claude-opus-5-5', messages })
    expect([reply.status, dropped(reply)]).toEqual([200, ['messages.role']])
    expect(bodyOf(upstream)['messages']).toEqual([
      { role: 'user', content: [said('Hi')] },
      { role: 'assistant', content: [said('Hello.')] },
      { role: 'user', content: [said(`<system-reminder>\n${REMINDER}\n</system-reminder>`), said('Go on')] },
      { role: 'system', content: [said(REMINDER)] },
    ])
  })

  it.each([
    ['openai', 'gpt-5.5', 'developer'],
    ['openai', 'gpt-4.1', 'system'],
  ])('39 system-role-in-messages: %s/%s gets them in the role %s where they stand', async (type, model, role) => {
    const upstream = await scripted(chatGreeting)
    const { messages } = await install({ providers: [provider('gpt', type, upstream, [model])] })
    const reply = await messages(claudeCodeRequest(`gpt/${model}`, TWO_TURNS), CLAUDE_CODE_HEADERS)
    expect(reply.status, reply.text).toBe(200)
    const sent = bodyOf(upstream) as { messages: Json[] }
    expect(roles(sent)).toEqual([role, 'user', role, 'assistant', 'tool'])
    expect(sent.messages[2]).toEqual({ role, content: REMINDER })
    expect(dropped(reply)).toContain('messages.output_config')
  })

  it('39 system-role-in-messages: a host that forbids them gets a reminder from the user, and the reply says so', async () => {
    const upstream = await scripted(chatGreeting)
    const { messages } = await install({ providers: [provider('host', 'openai-compatible', upstream, ['llama'])] })
    const reply = await messages(claudeCodeRequest('host/llama', TWO_TURNS), CLAUDE_CODE_HEADERS)
    const sent = bodyOf(upstream) as { messages: Json[] }
    expect(roles(sent)).toEqual(['system', 'user', 'user', 'assistant', 'tool'])
    expect(sent.messages[2]?.['content']).toBe(`<system-reminder>\n${REMINDER}\n</system-reminder>`)
    expect(dropped(reply)).toContain('messages.role')
  })

  it('39 system-role-in-messages: one without text, which only sets the effort, goes on to whom it means something', async () => {
    const directive = { role: 'system', content: [], output_config: { effort: 'low' } }
    const upstream = await scripted(async (asked, reply) =>
      (asked.path.includes('chat') ? chatGreeting : greeting)(asked, reply),
    )
    const { messages } = await install({
      providers: [
        provider('work', 'anthropic', upstream, ['claude-opus-5-5']),
        provider('gpt', 'openai', upstream, ['gpt-5.5']),
      ],
    })
    const turns = [{ role: 'user', content: 'Hi' }, directive]
    await messages({ ...settings('work/claude-opus-5-5'), messages: turns })
    expect(bodyOf(upstream)['messages']).toEqual(turns)
    const reply = await messages({ ...settings('gpt/gpt-5.5'), messages: turns })
    expect([reply.status, roles(bodyOf(upstream))]).toEqual([200, ['user']])
    expect(dropped(reply)).toContain('messages.output_config')
  })
})

/** A client that never rewrites what it has said: it adds to its messages, and that is all. */
class FaithfulClient {
  readonly messages: Json[] = [{ role: 'user', content: 'What is in notes.txt?' }]
  readonly #installation: Installation
  readonly #body: Json

  constructor(installation: Installation, body: Json) {
    this.#installation = installation
    this.#body = body
  }

  async turn(): Promise<Answer> {
    const reply = await this.#installation.messages({ ...this.#body, messages: this.messages })
    expect(reply.status, reply.text).toBe(200)
    const { content, error } = readMessagesStream(reply.events)
    expect(error).toBeNull()
    this.messages.push({ role: 'assistant', content }, { role: 'user', content: replyTo(content) })
    return reply
  }
}

/** A result for each call; words where there are none. */
function replyTo(content: readonly Json[]): Json[] {
  const calls = content.filter(({ type }) => type === 'tool_use')
  return calls.length === 0 ? [said('Go on.')] : calls.map(({ id }) => toolResult(String(id), 'Buy milk. 🥛'))
}

/** Each request's prefix, as sent, is what the request before was. */
function expectStablePrefix({ requests }: Upstream): void {
  for (const [index, { body }] of requests.entries()) {
    const before = requests[index - 1]?.body
    if (before === undefined) continue
    const count = messageCount(before)
    expect(count).toBeLessThan(messageCount(body))
    expect(prefixOf(body, count)).toEqual(prefixOf(before, count))
  }
}

function messageCount(body: Buffer): number {
  return (JSON.parse(body.toString('utf8')) as { messages: unknown[] }).messages.length
}

const THINKING: readonly Json[] = [
  { type: 'thinking', thinking: '', signature: 'RXhhbXBsZVNpZ25hdHVyZQ==' },
  { type: 'redacted_thinking', data: 'RXhhbXBsZQ==' },
  said('I look.'),
]
const called = (request: number): Json => toolUse(`toolu_0${request}`, 'Bash', { command: 'cat notes.txt' })

describe('the prefix of a conversation', () => {
  it.each(PLANS)(
    '40 prefix-stable: from turn to turn and over restarts, at a Messages vendor (plan %s)',
    async (plan) => {
      const upstream = await scripted((asked, reply) =>
        answering(answer([...THINKING, called(upstream.requests.length)], 'tool_use'))(asked, reply),
      )
      const installation = await install({
        plan,
        providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
      })
      const client = new FaithfulClient(installation, { ...settings('work/claude-opus-5-5'), tools: TOOLS })
      for (const _ of [1, 2, 3, 4]) {
        const reply = await client.turn()
        expect(reply.headers['x-ucr-plan']).toBe(plan === 'auto' ? 'passthrough' : 'translate')
        await installation.restart()
      }
      expectStablePrefix(upstream)
      expect(bodyOf(upstream)['messages']).toHaveLength(7)
    },
  )

  it.each(PLANS)('40 prefix-stable: a vendor that binds thinking to it takes every turn (plan %s)', async (plan) => {
    const simulator = await simulated()
    const model = 'claude-opus-5-5?bind=on&extra=allow'
    const installation = await install({
      plan,
      providers: [provider('work', 'anthropic', simulator, [model])],
      models: { opus: `work/${model}` },
    })
    const client = new FaithfulClient(installation, { ...settings('opus'), tools: TOOLS })
    client.messages[0] = { role: 'user', content: '[[think Let me see]] [[call Bash {"command":"ls"}]]' }
    for (const _ of [1, 2, 3]) {
      const reply = await client.turn()
      expect([reply.headers['x-ucr-attempts'], dropped(reply)]).toEqual(['1', []])
      await installation.restart()
    }
    expect(client.messages.flatMap(({ content }) => content as Json[]).some(({ type }) => type === 'thinking')).toBe(
      true,
    )
  })

  it.each([
    ['deepseek', 'deepseek-v4'],
    ['openrouter', 'qwen/qwen3-max'],
    ['openai', 'gpt-5.5'],
    ['mistral', 'magistral-medium-latest'],
  ])('40 prefix-stable: from turn to turn and over restarts, translated for %s', async (type, model) => {
    const upstream = await scripted((asked, reply) =>
      answering({ stream: thoughtful(upstream.requests.length) })(asked, reply),
    )
    const installation = await install({
      providers: [provider('far', type, upstream, [model], { protocol: 'openai-chat' })],
    })
    const client = new FaithfulClient(installation, { ...settings(`far/${model}`), tools: TOOLS })
    for (const _ of [1, 2, 3]) {
      await client.turn()
      await installation.restart()
    }
    expectStablePrefix(upstream)
  })

  it("40 prefix-stable: Claude Code's own changes to what it has said do not reach a Chat vendor's cache", async () => {
    const upstream = await scripted((asked, reply) =>
      answering({ stream: thoughtful(upstream.requests.length) })(asked, reply),
    )
    const { messages } = await install({ providers: [provider('gpt', 'openai', upstream, ['gpt-5.5'])] })
    const exchanged: Exchanged[] = []
    for (const turn of [0, 1, 2, 3]) {
      const reply = await messages(claudeCodeRequest('gpt/gpt-5.5', exchanged), CLAUDE_CODE_HEADERS)
      const { content } = readMessagesStream(reply.events)
      exchanged.push({ answer: content, reply: turn === 1 ? [said('Go on.')] : replyTo(content) })
    }
    expectStablePrefix(upstream)
  })

  it('41 prefix-stable-with-features: nothing that a config may ask for rewrites a prompt', async () => {
    const upstream = await scripted(greeting)
    const installation = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])] })
    const body = JSON.stringify(claudeCodeRequest('work/claude-opus-5-5', TWO_TURNS))
    await installation.messages(body)
    const features = { compression: true, toolFiltering: true, piiMasking: true }
    await installation.restart({
      providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
      router: { affinity: false, keywords: true, think: 'work/claude-opus-5-5' },
      strict: true,
      ...({ features } as object),
    })
    await installation.messages(body)
    expect(upstream.requests).toHaveLength(2)
    expect(upstream.requests[1]?.body.equals(upstream.requests[0]?.body ?? Buffer.alloc(0))).toBe(true)
  })

  it('42 cache-control-moves: marks that move and content that changes its form go on untouched', async () => {
    const upstream = await scripted(greeting)
    const { messages } = await install({ providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])] })
    const exchanged: Exchanged[] = []
    for (const turn of [0, 1, 2]) {
      const body = JSON.stringify(claudeCodeRequest('claude-opus-5-5', exchanged))
      const reply = await messages(body, CLAUDE_CODE_HEADERS)
      expect(reply.headers['x-ucr-plan']).toBe('passthrough')
      expect(upstream.requests[turn]?.body.toString('utf8')).toBe(body)
      exchanged.push({ answer: [said('Yes.')], reply: [said('Go on.')] })
    }
  })

  it('42 cache-control-moves: the same in the canonical form', async () => {
    const upstream = await scripted(greeting)
    const { messages } = await install({
      plan: 'translate',
      providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
    })
    const exchanged: Exchanged[] = []
    for (const turn of [0, 1, 2]) {
      const body = JSON.stringify(claudeCodeRequest('claude-opus-5-5', exchanged))
      await messages(body)
      const [sent, asked] = [literals(upstream.requests[turn]?.body), literals(body)]
      for (const name of ['system', 'tools', 'messages']) {
        expect(JSON.parse(sent.get(name) ?? '')).toEqual(JSON.parse(asked.get(name) ?? ''))
      }
      exchanged.push({ answer: [said('Yes.')], reply: [said('Go on.')] })
    }
  })
})

/** A turn of a Chat vendor that thinks and calls, in the words of several of them. */
function thoughtful(request: number): readonly string[] {
  const call = {
    index: 0,
    id: `call_${request}`,
    type: 'function',
    function: { name: 'Bash', arguments: '{"command":"ls"}' },
  }
  return chatStream(
    [delta({ reasoning_content: 'Let me ' }), delta({ reasoning_content: 'see.' }), delta({ tool_calls: [call] })],
    'tool_calls',
  )
}
