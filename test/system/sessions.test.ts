import { describe, expect, it } from 'vitest'
import * as chatVendor from '../conformance/chat-vendor.ts'
import * as messagesVendor from '../conformance/messages-vendor.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, vendorOf } from '../support/install.ts'
import type { AskOptions } from '../support/install.ts'
import { EVERY_SPEAKER, PAIRS, SPEAKERS, saying, wantsStream } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { UpstreamRequest, UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

interface Figures {
  readonly performance: { readonly requests: { readonly inFlight: number } }
}

/** Both forms of one answer. */
interface Forms {
  readonly stream: readonly string[]
  readonly whole: Json
}

/** A vendor that gives these answers, one for each request. */
function giving(...answers: readonly Forms[]): UpstreamScript {
  let next = 0
  return async (asked, reply) => {
    const { stream, whole } = answers[next++] ?? { stream: [], whole: {} }
    if (!wantsStream(asked)) return reply.answer(200, JSON.stringify(whole))
    await reply.streamHead()
    for (const event of stream) await reply.chunk(event)
    await reply.lastChunk()
  }
}

/** A vendor that says what number each request has. */
function counting(vendor: Speaker): UpstreamScript {
  let count = 0
  return (asked, reply) => saying(vendor, `answer ${++count}`)(asked, reply)
}

async function world(script: UpstreamScript, vendor: Speaker, config: ConfigFile = {}, folder?: string) {
  const upstream = await vendorOf(script)
  const gateway = await install(
    { providers: [provider('far', vendor, upstream.url)], models: { m: `far/${vendor.model}` }, ...config },
    folder === undefined ? {} : { folder },
  )
  return { gateway, upstream }
}

const IN_TALK: AskOptions = { 'x-session-id': 'talk' }
const user = (content: unknown): Json => ({ role: 'user', content })

/** Says something in a session, as a client that knows nothing but its own words. */
function say(gateway: TestGateway, client: Speaker, content: unknown, more: Json = {}, headers = IN_TALK) {
  return generate(gateway, client, 'm', { messages: [user(content)], ...more }, headers)
}

/** What a vendor was told: who said what. */
function told(asked: UpstreamRequest | undefined): readonly string[] {
  return messagesIn(asked).map(({ role, content }) => `${String(role)}: ${wordsOf(content)}`)
}

function messagesIn(asked: UpstreamRequest | undefined): readonly Json[] {
  return asked === undefined ? [] : (asked.json() as { messages: Json[] }).messages
}

function wordsOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content)
  return (content as Json[]).map((part) => String(part['text'] ?? part['type'])).join('')
}

async function kept({ url }: TestGateway, id = 'talk', headers: AskOptions = {}): Promise<Json & { messages: Json[] }> {
  const answer = await ask(`${url}/v1/sessions/${id}`, { headers })
  return { status: answer.status, ...(answer.json() as Json & { messages: Json[] }) }
}

const FORMS = [false, true] as const
const CASES = PAIRS.flatMap((pair) => FORMS.map((stream) => ({ ...pair, stream })))

describe.each(CASES)(
  'a session of $client.protocol with $vendor.protocol, streamed $stream',
  ({ client, vendor, stream }) => {
    it('begins, goes on with its history, and keeps each answer', async () => {
      const { gateway, upstream } = await world(counting(vendor), vendor)
      const first = await say(gateway, client, 'one?', { stream })
      expect(client.wordsOf(first)).toBe('answer 1')
      expect(first.headers).toMatchObject({ 'x-session-id': 'talk', 'x-ucr-session': 'new', 'x-ucr-plan': 'translate' })
      expect(told(upstream.requests[0])).toEqual(['user: one?'])
      const second = await say(gateway, client, 'two?', { stream })
      expect(client.wordsOf(second)).toBe('answer 2')
      expect(second.headers).toMatchObject({ 'x-session-id': 'talk', 'x-ucr-session': 'continued' })
      expect(told(upstream.requests[1])).toEqual(['user: one?', 'assistant: answer 1', 'user: two?'])
      const { messages: list, ...session } = await kept(gateway)
      expect(session).toMatchObject({ message_count: 4, model: 'm', failed_requests: 0 })
      expect(list.map(({ role, content }) => `${String(role)}: ${String(content)}`)).toEqual([
        'user: one?',
        'assistant: answer 1',
        'user: two?',
        'assistant: answer 2',
      ])
    })

    it('keeps nothing of an answer that broke off, and says so', async () => {
      let broken = true
      const { gateway, upstream } = await world(async (asked, reply) => {
        if (!broken) return saying(vendor, 'again')(asked, reply)
        if (wantsStream(asked)) {
          await reply.streamHead()
          for (const event of vendor.opening('I was')) await reply.chunk(event)
        }
        reply.reset()
      }, vendor)
      broken = false
      await say(gateway, client, 'hello?', { stream })
      broken = true
      await say(gateway, client, 'lost?', { stream })
      expect(await kept(gateway)).toMatchObject({
        message_count: 2,
        failed_requests: 1,
        last_failure: { code: stream ? 'upstream_truncated' : 'upstream_unreachable' },
      })
      broken = false
      await say(gateway, client, 'again?', { stream })
      expect(told(upstream.requests.at(-1))).toEqual(['user: hello?', 'assistant: again', 'user: again?'])
    })

    it('carries the calls of tools, and their results', async () => {
      const call = { messages: messagesCall, chat: chatCall }[vendor === messages ? 'messages' : 'chat']
      const { gateway, upstream } = await world(giving(call, textOf(vendor, 'Sunny.'), textOf(vendor, 'Bye.')), vendor)
      const tools = client === messages ? [MESSAGES_TOOL] : [CHAT_TOOL]
      const asked = await say(gateway, client, 'Weather?', { stream, tools })
      expect(asked.status, asked.text).toBe(200)
      const id = String(callIdIn(asked))
      const results = client === messages ? messagesResult(id) : chatResult(id)
      const answered = await generate(gateway, client, 'm', { stream, tools, messages: [results] }, IN_TALK)
      expect(client.wordsOf(answered)).toBe('Sunny.')
      const sent = messagesIn(upstream.requests[1])
      expect(sent).toHaveLength(3)
      expect(sent).toMatchObject(vendor === messages ? MESSAGES_LOOP : CHAT_LOOP)
      await say(gateway, client, 'Thanks', { stream, tools })
      expect(messagesIn(upstream.requests[2])).toHaveLength(5)
    })
  },
)

const textOf = (vendor: Speaker, words: string): Forms => ({ stream: vendor.stream(words), whole: vendor.whole(words) })
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } } }
const MESSAGES_TOOL = { name: 'weather', input_schema: SCHEMA }
const CHAT_TOOL = { type: 'function', function: { name: 'weather', parameters: SCHEMA } }
const messagesCall: Forms = messagesVendor.answer(
  [{ type: 'tool_use', id: 'toolu_01', name: 'weather', input: { city: 'Bern' } }],
  'tool_use',
)
const chatCall: Forms = {
  stream: chatVendor.chatStream(
    [chatVendor.call(0, 'call_01', 'weather'), chatVendor.args(0, '{"city":"Bern"}')],
    'tool_calls',
  ),
  whole: chatVendor.completion(
    { tool_calls: [chatVendor.wholeCall('call_01', 'weather', '{"city":"Bern"}')] },
    'tool_calls',
  ),
}
const messagesResult = (id: string): Json => user([{ type: 'tool_result', tool_use_id: id, content: 'sun' }])
const chatResult = (id: string): Json => ({ role: 'tool', tool_call_id: id, content: 'sun' })
const MESSAGES_LOOP = [
  { role: 'user' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_01', name: 'weather', input: { city: 'Bern' } }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_01' }] },
]
const CHAT_LOOP = [
  { role: 'user', content: 'Weather?' },
  { role: 'assistant', tool_calls: [{ id: 'call_01', function: { name: 'weather', arguments: '{"city":"Bern"}' } }] },
  { role: 'tool', tool_call_id: 'call_01', content: 'sun' },
]

function callIdIn({ text }: Answer): string | undefined {
  return /"id":\s?"((?:call|toolu)_[^"]+)"/.exec(text)?.[1]
}

/** A turn with a mark wherever a client of the protocol can write one. */
const MARKED: Readonly<Record<Speaker['protocol'], Json>> = {
  'anthropic-messages': user([
    { type: 'text', text: 'Look.', cache_control: { type: 'ephemeral', ttl: '24h' } },
    {
      type: 'tool_result',
      tool_use_id: 'toolu_00',
      content: [{ type: 'text', text: 'A cat.', cache_control: { type: 'ephemeral' } }],
    },
  ]),
  'openai-chat': {
    ...user([
      { type: 'text', text: 'Look.', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'text', text: 'A cat.', cache_control: { type: 'ephemeral' } },
    ]),
    cache_control: { type: 'ephemeral' },
  },
}
const marksIn = (text = ''): number => [...text.matchAll(/"(?:cache_control|prompt_cache_breakpoint)"/g)].length

describe('a session', () => {
  it.each(EVERY_SPEAKER)('has the cache marks of its newest turn and no others ($protocol)', async (client) => {
    const { gateway, upstream } = await world(counting(client), client)
    for (let turn = 0; turn < 3; turn++) {
      await generate(gateway, client, 'm', { messages: [MARKED[client.protocol]] }, IN_TALK)
    }
    const marks = upstream.requests.map(({ body }) => marksIn(body.toString()))
    expect(marks).toEqual([marks[0], marks[0], marks[0]])
    expect(marks[0]).toBeGreaterThan(0)
  })

  it('is named in the body of a Chat request too, and in all of its answer', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    const whole = await say(gateway, chat, 'one?', { session_id: 'talk' }, {})
    expect(whole.json()).toMatchObject({ session_id: 'talk' })
    expect(whole.headers['x-session-id']).toBe('talk')
    const streamed = await say(gateway, chat, 'two?', { session_id: 'talk', stream: true }, {})
    const chunks = streamed.events.filter(({ data }) => data !== '' && data !== '[DONE]')
    expect(chunks.length).toBeGreaterThan(2)
    for (const { data } of chunks) expect(JSON.parse(data)).toMatchObject({ session_id: 'talk' })
    for (const asked of upstream.requests) expect(asked.json()).not.toHaveProperty('session_id')
    expect(told(upstream.requests[1])).toEqual(['user: one?', 'assistant: answer 1', 'user: two?'])
  })

  it('is left alone by requests that name none', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    await say(gateway, chat, 'one?', { session_id: 'talk' }, {})
    const answer = await say(gateway, chat, 'two?', {}, {})
    expect(told(upstream.requests[1])).toEqual(['user: two?'])
    expect(answer.headers).toMatchObject({ 'x-ucr-plan': 'passthrough' })
    expect(answer.headers).not.toHaveProperty('x-session-id')
    expect(answer.json()).not.toHaveProperty('session_id')
    expect((await say(gateway, chat, 'three?', { session_id: null }, {})).headers['x-ucr-session']).toBeUndefined()
  })

  it.each(EVERY_SPEAKER)('begun elsewhere goes on with $protocol, where its client asks', async (client) => {
    const other = client === chat ? messages : chat
    for (const vendor of EVERY_SPEAKER) {
      const { gateway, upstream } = await world(counting(vendor), vendor)
      await say(gateway, other, [{ type: 'text', text: 'one?' }], other === messages ? { system: 'Be brief.' } : {})
      const answer = await say(gateway, client, 'two?')
      expect(client.wordsOf(answer)).toBe('answer 2')
      const system = other === messages && vendor === chat ? ['system: Be brief.'] : []
      expect(told(upstream.requests[1])).toEqual([...system, 'user: one?', 'assistant: answer 1', 'user: two?'])
      if (other === messages && vendor === messages) {
        expect(upstream.requests[1]?.json()).toMatchObject({ system: expect.anything() })
      }
    }
  })

  it('keeps its system prompt until the client gives another', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    const system = (content: string): Json => ({ role: 'system', content })
    await generate(gateway, chat, 'm', { messages: [system('Be brief.'), user('one?')] }, IN_TALK)
    await say(gateway, chat, 'two?')
    await generate(gateway, chat, 'm', { messages: [system('Be long.'), user('three?')] }, IN_TALK)
    await say(gateway, chat, 'four?')
    expect(upstream.requests.map((asked) => told(asked)[0])).toEqual([
      'system: Be brief.',
      'system: Be brief.',
      'system: Be long.',
      'system: Be long.',
    ])
    expect(told(upstream.requests[3])).toHaveLength(8)
  })

  it('carries images', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    const url = 'data:image/png;base64,iVBORw0KGgo='
    await say(gateway, chat, [
      { type: 'text', text: 'What?' },
      { type: 'image_url', image_url: { url, detail: 'low' } },
    ])
    await say(gateway, chat, 'Sure?')
    const [first] = messagesIn(upstream.requests[1])
    expect(first).toMatchObject({
      content: [{ type: 'text' }, { type: 'image_url', image_url: { url, detail: 'low' } }],
    })
    await say(gateway, messages, 'And now?')
    expect(told(upstream.requests[2])).toHaveLength(5)
  })

  it.each(FORMS)('gives a vendor its thinking back, signature and all, streamed %s', async (stream) => {
    const thinking = { type: 'thinking', thinking: 'Hm “so” 🙂', signature: 'RXhhbXBsZS9TaWc+/==' }
    const redacted = { type: 'redacted_thinking', data: 'EmwKAhgB' }
    const call = { type: 'tool_use', id: 'toolu_01', name: 'weather', input: { city: 'Bern' } }
    for (const client of EVERY_SPEAKER) {
      const script = giving(messagesVendor.answer([thinking, redacted, call], 'tool_use'), textOf(messages, 'Sunny.'))
      const { gateway, upstream } = await world(script, messages)
      const tools = client === messages ? [MESSAGES_TOOL] : [CHAT_TOOL]
      const more =
        client === messages ? { thinking: { type: 'enabled', budget_tokens: 500 } } : { reasoning_effort: 'high' }
      await say(gateway, client, 'Weather?', { stream, tools, max_tokens: 5000, ...more })
      const results = client === messages ? messagesResult('toolu_01') : chatResult('toolu_01')
      await generate(gateway, client, 'm', { stream, tools, max_tokens: 5000, ...more, messages: [results] }, IN_TALK)
      const sent = messagesIn(upstream.requests[1])
      expect(sent[1]?.['content']).toEqual([thinking, redacted, call])
    }
  })

  it.each(FORMS)('keeps a turn that its vendor paused as one, streamed %s', async (stream) => {
    const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'a' } }
    const found = { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }
    const text = { type: 'text', text: 'Found.' }
    const script = giving(
      messagesVendor.answer([search], 'pause_turn'),
      messagesVendor.answer([found, text]),
      textOf(messages, 'Bye.'),
    )
    const { gateway, upstream } = await world(script, messages)
    const answer = await say(gateway, chat, 'Search', { stream })
    expect(chat.wordsOf(answer)).toBe('Found.')
    await say(gateway, chat, 'Thanks', { stream })
    const sent = messagesIn(upstream.requests[2])
    expect(sent).toHaveLength(3)
    expect(sent[1]?.['content']).toEqual([search, found, text])
  })

  it('has many requests at once one after the other, and loses none', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    const questions = Array.from({ length: 12 }, (_, index) => `question ${index}`)
    const answers = await Promise.all(
      questions.map((question, index) =>
        say(gateway, EVERY_SPEAKER[index % 2] ?? chat, question, { stream: index % 3 === 0 }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(questions.map(() => 200))
    const lengths = upstream.requests.map((asked) => told(asked).length)
    expect(lengths).toEqual(questions.map((_, index) => 2 * index + 1))
    const { messages: list } = await kept(gateway)
    expect(list).toHaveLength(24)
    expect(list.filter(({ role }) => role === 'user').map(({ content }) => content)).toEqual(
      expect.arrayContaining(questions),
    )
  })

  it('makes nobody of another session wait', async () => {
    const held = Promise.withResolvers<void>()
    const { gateway } = await world(async (asked, reply) => {
      if (told(asked).includes('user: wait')) await held.promise
      await saying(chat, 'done')(asked, reply)
    }, chat)
    const slow = say(gateway, chat, 'wait')
    expect(chat.wordsOf(await say(gateway, chat, 'go', {}, { 'x-session-id': 'other' }))).toBe('done')
    held.resolve()
    expect(chat.wordsOf(await slow)).toBe('done')
  })

  it('goes on when a client leaves, without what it asked', async () => {
    const { gateway, upstream } = await world(async (asked, reply) => {
      if (!told(asked).includes('user: long?')) return saying(chat, 'short')(asked, reply)
      await reply.streamHead()
      for (const event of chat.opening('It is')) await reply.chunk(event)
      await reply.closed
    }, chat)
    await say(gateway, chat, 'one?')
    const open = await generateOpen(gateway, chat, 'm', { messages: [user('long?')] }, IN_TALK)
    await open.next()
    open.leave()
    await say(gateway, chat, 'two?')
    expect(told(upstream.requests.at(-1))).toEqual(['user: one?', 'assistant: short', 'user: two?'])
    expect(await kept(gateway)).toMatchObject({ message_count: 4, last_failure: { code: 'client_closed' } })
  })

  it('has a client that leaves while it waits make way', async () => {
    const held = Promise.withResolvers<void>()
    const { gateway, upstream } = await world(async (asked, reply) => {
      if (told(asked).at(-1) === 'user: first') await held.promise
      await saying(chat, 'done')(asked, reply)
    }, chat)
    const first = say(gateway, chat, 'first')
    await upstream.nextRequest()
    const leaving = new AbortController()
    const second = fetch(`${gateway.url}${chat.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...IN_TALK },
      body: JSON.stringify(chat.request('m', { messages: [user('second')] })),
      signal: leaving.signal,
    }).catch(() => null)
    const arrived = async (count: number): Promise<void> => {
      const inFlight = async (): Promise<number> => {
        const { performance } = (await ask(`${gateway.url}/debug/metrics`)).json() as unknown as Figures
        return performance.requests.inFlight
      }
      while ((await inFlight()) < count);
    }
    await arrived(2)
    const third = say(gateway, chat, 'third')
    await arrived(3)
    leaving.abort()
    await second
    await gateway.logged((line) => line['msg'] === 'request' && line['status'] === 'client_closed')
    held.resolve()
    await Promise.all([first, third])
    expect(upstream.requests.map((asked) => told(asked).at(-1))).not.toContain('user: second')
  })

  it('belongs to the key that made it', async () => {
    const auth = {
      keys: [
        { name: 'alice', key: 'alice-0123456789' },
        { name: 'bob', key: 'bob-0123456789' },
      ],
    }
    const { gateway, upstream } = await world(counting(chat), chat, { auth })
    const as = (name: string): AskOptions => ({ ...IN_TALK, authorization: `Bearer ${name}-0123456789` })
    await say(gateway, chat, 'secret', {}, as('alice'))
    const answer = await say(gateway, chat, 'hello?', {}, as('bob'))
    expect(answer.headers['x-ucr-session']).toBe('new')
    expect(told(upstream.requests[1])).toEqual(['user: hello?'])
    expect(await kept(gateway, 'talk', as('alice'))).toMatchObject({ message_count: 2 })
  })

  it('takes a history that its client sends along once', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    await say(gateway, chat, 'one?')
    const sent = [user('one?'), { role: 'assistant', content: 'answer 1' }, user('two?')]
    await generate(gateway, chat, 'm', { messages: sent }, IN_TALK)
    expect(told(upstream.requests[1])).toEqual(['user: one?', 'assistant: answer 1', 'user: two?'])
    expect(await kept(gateway)).toMatchObject({ message_count: 4 })
    // And asks once more from an earlier point.
    await generate(gateway, chat, 'm', { messages: [...sent.slice(0, 2), user('two, please?')] }, IN_TALK)
    expect((await kept(gateway)).messages.map(({ content }) => content)).toEqual([
      'one?',
      'answer 1',
      'two, please?',
      'answer 3',
    ])
  })

  it('is none for a client that only wants to stay with one vendor', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    const headers = { 'x-session-id': 'ses_1', 'x-session-affinity': 'ses_1' }
    await say(gateway, chat, 'one?', {}, headers)
    const answer = await say(gateway, chat, 'two?', {}, headers)
    expect(told(upstream.requests[1])).toEqual(['user: two?'])
    expect(answer.headers).not.toHaveProperty('x-session-id')
  })

  it('has no answer from the cache, and gives it none', async () => {
    const { gateway, upstream } = await world(counting(chat), chat)
    const cold = { temperature: 0 }
    await say(gateway, chat, 'one?', cold, {})
    expect((await say(gateway, chat, 'one?', cold, {})).headers['x-ucr-cache']).toBe('hit')
    const inSession = await say(gateway, chat, 'one?', cold)
    expect(inSession.headers['x-ucr-cache']).toBeUndefined()
    expect(upstream.requests).toHaveLength(2)
    const again = await say(gateway, chat, 'one?', cold)
    expect(chat.wordsOf(again)).toBe('answer 3')
    expect((await say(gateway, chat, 'one?', cold, {})).headers['x-ucr-cache']).toBe('hit')
  })

  it.each([
    ['a number', { session_id: 5 }, {}],
    ['a text with spaces', { session_id: 'a b' }, {}],
    ['nothing', { session_id: '' }, {}],
    ['two names', { session_id: 'other' }, IN_TALK],
    ['a header that is too long', {}, { 'x-session-id': 'a'.repeat(201) }],
  ])('cannot be called %s', async (_, more, headers) => {
    const { gateway, upstream } = await world(counting(chat), chat)
    const answer = await say(gateway, chat, 'one?', more, headers)
    expect(answer.status).toBe(400)
    expect(upstream.requests).toHaveLength(0)
  })

  it('is named in the answer to a request that cannot be read', async () => {
    const { gateway } = await world(counting(chat), chat)
    const answer = await ask(`${gateway.url}${chat.path}`, { headers: IN_TALK, body: '{' })
    expect([answer.status, answer.headers['x-session-id']]).toEqual([400, 'talk'])
  })

  it('is not made by a request that is refused', async () => {
    const { gateway } = await world(counting(chat), chat)
    const answer = await generate(gateway, chat, 'none', {}, IN_TALK)
    expect(answer.status).toBe(404)
    expect(answer.headers['x-session-id']).toBe('talk')
    expect((await kept(gateway)).status).toBe(404)
  })

  it('says whom it pushed out, in reply and metrics', async () => {
    const { gateway } = await world(counting(chat), chat, { sessions: { max: 1 } })
    await say(gateway, chat, 'one?', {}, { 'x-session-id': 'a' })
    const answer = await say(gateway, chat, 'one?', { stream: true }, { 'x-session-id': 'b' })
    expect(answer.headers['x-ucr-sessions-evicted']).toBe('1')
    const metrics = await ask(`${gateway.url}/metrics`)
    expect(metrics.text).toContain('ucr_sessions_evicted_total 1\n')
    expect(metrics.text).toContain('ucr_sessions_active 1\n')
    expect(metrics.text).toContain('ucr_session_turns_total 2\n')
    expect((await ask(`${gateway.url}/debug/metrics`)).json()).toMatchObject({ sessions: { created: 2, evicted: 1 } })
  })

  it('routes by all that will be sent', async () => {
    const { gateway } = await world(counting(chat), chat)
    const long = 'many words '.repeat(2000)
    await say(gateway, chat, long)
    const explained = await ask(`${gateway.url}/v1/route/explain?path=${chat.path}`, {
      headers: IN_TALK,
      body: chat.request('m', { messages: [user('short')] }),
    })
    expect(explained.json()).toMatchObject({ candidates: [{ plan: 'translate' }] })
    expect(Number(explained.json()['tokenCount'])).toBeGreaterThan(4000)
  })

  it('survives a restart', async () => {
    const folder = temporaryFolder()
    const first = await world(counting(messages), messages, {}, folder)
    await say(first.gateway, chat, 'one?')
    await first.gateway.close()
    const second = await world(counting(messages), messages, {}, folder)
    const answer = await say(second.gateway, chat, 'two?')
    expect(answer.headers['x-ucr-session']).toBe('continued')
    expect(told(second.upstream.requests[0])).toEqual(['user: one?', 'assistant: answer 1', 'user: two?'])
  })

  it('is one request like all others where sessions are off', async () => {
    const { gateway, upstream } = await world(counting(chat), chat, { sessions: { store: 'off' } })
    await say(gateway, chat, 'one?', { session_id: 'talk' })
    const answer = await say(gateway, chat, 'two?', { session_id: 'talk' })
    expect(told(upstream.requests[1])).toEqual(['user: two?'])
    expect(upstream.requests[1]?.json()).toMatchObject({ session_id: 'talk' })
    expect(answer.headers['x-ucr-plan']).toBe('passthrough')
  })
})

describe('max_turns', () => {
  it.each(EVERY_SPEAKER)('is how often a user may speak, and no more: $protocol', async (client) => {
    const { gateway, upstream } = await world(counting(client), client)
    await ask(`${gateway.url}/v1/sessions`, { method: 'POST', body: { model: 'm', session_id: 'talk', max_turns: 2 } })
    expect((await say(gateway, client, 'One')).status).toBe(200)
    expect((await say(gateway, client, 'Two')).status).toBe(200)
    const third = await say(gateway, client, 'Three')
    expect(third.status).toBe(400)
    expect(third.text).toContain('2 turns')
    expect(third.text).toContain('PATCH /v1/sessions/talk')
    expect(upstream.requests).toHaveLength(2)
    expect((await kept(gateway)).messages).toHaveLength(4)

    await ask(`${gateway.url}/v1/sessions/talk`, { method: 'PATCH', body: { max_turns: null } })
    expect((await say(gateway, client, 'Three')).status).toBe(200)
  })

  it('counts what a client sends along once, and nothing that it has left behind', async () => {
    const { gateway } = await world(counting(chat), chat)
    await ask(`${gateway.url}/v1/sessions`, { method: 'POST', body: { model: 'm', session_id: 'talk', max_turns: 2 } })
    const one = [user('One')]
    await generate(gateway, chat, 'm', { messages: one }, IN_TALK)
    const two = [...one, { role: 'assistant', content: 'answer 1' }, user('Two')]
    expect((await generate(gateway, chat, 'm', { messages: two }, IN_TALK)).status).toBe(200)
    const other = [...one, { role: 'assistant', content: 'answer 1' }, user('Another way')]
    expect((await generate(gateway, chat, 'm', { messages: other }, IN_TALK)).status).toBe(200)
  })

  it('lets a turn end whose tools are still at work', async () => {
    const { gateway } = await world(counting(chat), chat)
    await ask(`${gateway.url}/v1/sessions`, { method: 'POST', body: { model: 'm', session_id: 'talk', max_turns: 1 } })
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }
    await ask(`${gateway.url}/v1/sessions/talk/messages`, {
      method: 'POST',
      body: { messages: [user('Look'), { role: 'assistant', content: null, tool_calls: [call] }] },
    })
    const result = { role: 'tool', tool_call_id: 'call_1', content: 'a cat' }
    expect((await generate(gateway, chat, 'm', { messages: [result] }, IN_TALK)).status).toBe(200)
    expect((await say(gateway, chat, 'More')).status).toBe(400)
  })
})
