import { describe, expect, it } from 'vitest'
import { chatForms, messagesForms } from './both-forms.ts'
import { readChatStream } from './chat-stream.ts'
import { completion, delta, chatStream } from './chat-vendor.ts'
import { CLAUDE_CODE_HEADERS, USER_ID, claudeCodeRequest, said, system, toolUse } from './claude-code.ts'
import { ASKED, CHAT, CHAT_HOST, MESSAGES, answering, answeringInTurn, startBench } from './harness.ts'
import type { Json } from './harness.ts'
import { PLANS, bodyOf, dropped, install, provider, scripted } from './installation.ts'
import { readMessagesStream } from './messages-stream.ts'
import { START, STOP, USAGE, answer, blockStart, blockStop, event, messageDelta } from './messages-vendor.ts'

const greeting = answering(answer([said('Hi')]))
const chatGreeting = answering({ stream: chatStream([delta({ content: 'Hi' })]), whole: completion({ content: 'Hi' }) })

/** What nobody has heard of, at every level of a request. */
const FUTURE: Json = {
  max_tokens: 100,
  system: [{ type: 'text', text: 'Be kind.', future: [1, { a: null }] }],
  messages: [
    {
      role: 'user',
      content: [said('Hi'), { type: 'future_block', payload: { id: '\u2028 <&>' } }],
      future_of_message: true,
    },
    {
      role: 'assistant',
      content: [
        { type: 'future_thought', seal: 'x'.repeat(100) },
        { ...toolUse('toolu_01A', 'run', {}), future_caller: { type: 'x' } },
      ],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_01A', content: [{ type: 'future_result' }] }],
    },
  ],
  tools: [
    { name: 'run', input_schema: { type: 'object' }, future_flag: 'on' },
    { type: 'future_tool_20270101', name: 'teleport', power: 9 },
  ],
  tool_choice: { type: 'future_choice', among: ['run'] },
  thinking: { type: 'future_mode', depth: 3 },
  output_config: { effort: 'extreme', future_budget: { total: 1 } },
  future_field: { nested: [true] },
}

describe('what nobody has heard of', () => {
  it.each(PLANS)(
    '49 unknown-block/-beta/-field passthrough: reaches a Messages vendor as it is (plan %s)',
    async (plan) => {
      const bench = await startBench(MESSAGES, greeting, { plan })
      const betas = 'x-2027-01-01,claude-code-20250219'
      const reply = await bench.messages(FUTURE, { 'anthropic-beta': betas, 'anthropic-version': '2027-01-01' })
      expect([reply.status, dropped(reply)]).toEqual([200, []])
      expect(bench.asked()).toEqual({ ...FUTURE, model: MESSAGES.model })
      expect(bench.upstream.requests[0]?.headers).toMatchObject({
        'anthropic-beta': betas,
        'anthropic-version': '2027-01-01',
      })
    },
  )

  it.each(PLANS)(
    '49 unknown-block/-beta/-field passthrough: an answer full of it reaches the client (plan %s)',
    async (plan) => {
      const blocks = [{ type: 'future_block', payload: { answer: 42 } }, said('Hi')]
      const bench = await startBench(MESSAGES, answering(answer(blocks, 'future_reason')), { plan })
      const { content, message } = await messagesForms(bench)
      expect(content).toEqual(blocks)
      expect(message['stop_reason']).toBe('future_reason')
    },
  )

  it.each(PLANS)('49 unknown-block/-beta/-field passthrough: so do events and deltas (plan %s)', async (plan) => {
    const future = { type: 'future_event', of: ['a'] }
    const futureDelta = { type: 'content_block_delta', index: 0, delta: { type: 'future_delta', more: 1 } }
    const events = [
      START,
      event(future),
      blockStart(0, { type: 'future_block' }),
      event(futureDelta),
      blockStop(0),
      messageDelta({ stop_reason: 'end_turn' }),
      STOP,
    ]
    const bench = await startBench(MESSAGES, answering({ stream: events }), { plan })
    const { events: received } = await bench.messages({ stream: true })
    const seen = received.filter(({ data }) => data !== '').map(({ data }) => JSON.parse(data) as Json)
    expect(seen).toContainEqual(future)
    expect(seen).toContainEqual(futureDelta)
    expect(received.at(-1)?.event).toBe('message_stop')
  })

  it.each([CHAT, CHAT_HOST])(
    '49 unknown-block/-beta/-field passthrough: a block is refused by name for $type',
    async (vendor) => {
      const bench = await startBench(vendor, chatGreeting)
      const messages = [{ role: 'user', content: [said('Hi'), { type: 'future_block', payload: 1 }] }]
      const reply = await bench.messages({ messages }, { 'anthropic-beta': 'x-2027-01-01' })
      expect([reply.status, reply.headers['x-should-retry']]).toEqual([400, 'false'])
      expect(reply.json()).toMatchObject({
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringContaining('"future_block"') as unknown },
      })
      expect(bench.upstream.requests).toHaveLength(0)
    },
  )

  it('49 unknown-block/-beta/-field passthrough: a tool that nobody knows is refused by name for a Chat vendor', async () => {
    const bench = await startBench(CHAT, chatGreeting)
    const reply = await bench.messages({ tools: [{ type: 'future_tool_20270101', name: 'teleport' }] })
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('future_tool_20270101')
    expect(reply.text).toContain('teleport')
    expect(bench.upstream.requests).toHaveLength(0)
  })

  it('49 unknown-block/-beta/-field passthrough: a field that no Chat vendor has is left out, and the reply says so', async () => {
    const bench = await startBench(CHAT, chatGreeting)
    const messages = [{ role: 'user', content: [{ ...said('Hi'), future_mark: 1 }], future_of_message: 1 }]
    const reply = await bench.messages({ messages, future_field: 1 })
    expect(reply.status).toBe(200)
    expect(dropped(reply)).toEqual(['future_field', 'messages.future_mark', 'messages.future_of_message'])
    expect(JSON.stringify(bench.asked())).not.toContain('future')
  })
})

describe('both versions of the API', () => {
  const NEWEST = { 'anthropic-version': '2026-10-21', authorization: 'Bearer sk-ant-client' }

  it.each(PLANS)('50 version-2026 client: its version goes on, to models old and new (plan %s)', async (plan) => {
    for (const model of ['claude-opus-5-5', 'claude-3-haiku-20240307']) {
      const bench = await startBench({ type: 'anthropic', model }, greeting, { plan })
      const reply = await bench.messages({}, NEWEST)
      expect([reply.status, dropped(reply)]).toEqual([200, []])
      expect(bench.upstream.requests[0]?.headers['anthropic-version']).toBe('2026-10-21')
      expect(bench.asked()).toEqual({ model, max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] })
    }
  })

  it.each(PLANS)(
    '50 version-2026 client: of a client that gives no version, the vendor gets one (plan %s)',
    async (plan) => {
      const upstream = await scripted(greeting)
      const { post } = await install({
        plan,
        providers: [provider('work', 'anthropic', upstream, ['claude-opus-5-5'])],
      })
      await post('/v1/messages', {
        model: 'claude-opus-5-5',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'Hi' }],
      })
      expect(upstream.requests[0]?.headers['anthropic-version']).toBe('2023-06-01')
    },
  )

  const SAMPLING = { temperature: 0.2, top_p: 0.9, top_k: 40 }

  it.each(PLANS)(
    '50 version-2023 client: sampling that the model refuses is left out and reported (plan %s)',
    async (plan) => {
      const bench = await startBench({ type: 'anthropic', model: 'claude-opus-5-5' }, greeting, { plan })
      const reply = await bench.messages(SAMPLING)
      expect([reply.status, dropped(reply)]).toEqual([200, ['temperature', 'top_k', 'top_p']])
      for (const name of Object.keys(SAMPLING)) expect(bench.asked()).not.toHaveProperty(name)
    },
  )

  it.each(PLANS)('50 version-2023 client: sampling stays for a model that takes it (plan %s)', async (plan) => {
    const bench = await startBench({ type: 'anthropic', model: 'claude-sonnet-4-6' }, greeting, { plan })
    const reply = await bench.messages(SAMPLING)
    expect([reply.status, dropped(reply)]).toEqual([200, []])
    expect(bench.asked()).toMatchObject(SAMPLING)
  })
})

describe("a vendor's own tool loop that pauses", () => {
  const SEARCH = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'Linz' } }
  const paused = answering(answer([said('I search.'), SEARCH], 'pause_turn'))
  const finished = answering(answer([said('It rains.')]))

  it.each(PLANS)('66 pause_turn: a Messages client is told, and continues by itself (plan %s)', async (plan) => {
    const bench = await startBench(MESSAGES, answeringInTurn(paused, paused, finished), { plan })
    const { message, content } = await messagesForms(bench)
    expect(message['stop_reason']).toBe('pause_turn')
    expect(content).toEqual([said('I search.'), SEARCH])
    const messages = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content },
    ]
    expect((await bench.messages({ messages })).json()['content']).toEqual([said('It rains.')])
    expect(bench.asked(2)['messages']).toEqual(messages)
  })

  it.each([true, false])('66 pause_turn: for a Chat client the gateway continues, streamed %s', async (stream) => {
    const bench = await startBench(MESSAGES, answeringInTurn(paused, finished))
    const reply = await bench.chat({ stream, stream_options: stream ? { include_usage: true } : undefined })
    const read = stream ? readChatStream(reply.events) : null
    const whole = stream ? null : (reply.json()['choices'] as Json[])[0]
    const message = (read?.message ?? whole?.['message']) as Json
    expect(String(message['content']).replaceAll('\n', '')).toBe('I search.It rains.')
    expect(read?.finishReason ?? whole?.['finish_reason']).toBe('stop')
    expect(read?.usage ?? reply.json()['usage']).toMatchObject({ completion_tokens: 40 })
    expect(bench.upstream.requests).toHaveLength(2)
    expect(bench.asked(1)['messages']).toEqual([
      ...(bench.asked(0)['messages'] as Json[]),
      { role: 'assistant', content: [said('I search.'), SEARCH] },
    ])
  })

  it('66 pause_turn: a loop without end is one no more', async () => {
    const bench = await startBench(MESSAGES, paused)
    const reply = await bench.chat({})
    expect(reply.status).toBe(502)
    expect(bench.upstream.requests.length).toBeLessThanOrEqual(10)
  })
})

describe('what a vendor says beside its answer', () => {
  const EXTRAS: Json = {
    container: { id: 'container_1', expires_at: '2026-11-22T12:00:00Z' },
    context_management: { applied_edits: [{ type: 'clear_thinking_20251015', cleared_input_tokens: 5 }] },
  }
  const RICH_USAGE: Json = {
    ...USAGE,
    server_tool_use: { web_search_requests: 2 },
    iterations: [
      { type: 'compaction', input_tokens: 900, output_tokens: 30 },
      { type: 'message', input_tokens: 60, output_tokens: 20 },
    ],
    output_tokens_details: { thinking_tokens: 7 },
    inference_geo: 'eu',
    future_count: 3,
  }
  const DETAILS = { type: 'refusal', category: 'cyber', explanation: 'No.', recommended_model: 'claude-x' }

  it.each(PLANS)(
    '67 stop_details, container, context_management, iterations: whole, nothing is missing (plan %s)',
    async (plan) => {
      const { whole } = answer([said('No.')], 'refusal', { ...EXTRAS, stop_details: DETAILS, usage: RICH_USAGE })
      const bench = await startBench(MESSAGES, answering({ whole }), { plan })
      const reply = await bench.messages()
      expect({ ...reply.json(), id: null }).toEqual({ ...whole, id: null, model: ASKED })
    },
  )

  it.each(PLANS)(
    '67 stop_details, container, context_management, iterations: streamed, nothing is missing (plan %s)',
    async (plan) => {
      const end = event({
        type: 'message_delta',
        delta: { stop_reason: 'refusal', stop_sequence: null, stop_details: DETAILS, container: EXTRAS['container'] },
        usage: RICH_USAGE,
        context_management: EXTRAS['context_management'],
      })
      const bench = await startBench(MESSAGES, answering({ stream: [START, end, STOP] }), { plan })
      const { events } = await bench.messages({ stream: true })
      const { message } = readMessagesStream(events)
      expect(message).toMatchObject({ stop_reason: 'refusal', stop_details: DETAILS, usage: RICH_USAGE })
      const last = JSON.parse(events.at(-2)?.data ?? '') as Json
      expect(last).toMatchObject({ context_management: EXTRAS['context_management'] })
      expect(last['delta']).toMatchObject({ container: EXTRAS['container'] })
    },
  )

  const FALLBACK = {
    type: 'fallback',
    from: { model: 'claude-fable-5' },
    to: { model: 'claude-opus-5' },
    trigger: 'refusal',
  }
  const CALL = toolUse('toolu_01A', 'run', { a: 1 })

  it.each(PLANS)('68 fallback block: a Messages client gets it where it stands (plan %s)', async (plan) => {
    const blocks = [FALLBACK, said('Hi'), FALLBACK, CALL]
    const bench = await startBench(MESSAGES, answering(answer(blocks, 'tool_use')), { plan })
    expect((await messagesForms(bench)).content).toEqual(blocks)
  })

  it('68 fallback block: a Chat client gets the rest, without a gap', async () => {
    const bench = await startBench(MESSAGES, answering(answer([FALLBACK, said('Hi'), FALLBACK, CALL], 'tool_use')))
    const { message, finishReason, chunks } = await chatForms(bench)
    expect(message).toMatchObject({ content: 'Hi', tool_calls: [{ id: 'toolu_01A' }] })
    expect(finishReason).toBe('tool_calls')
    expect(JSON.stringify(chunks)).not.toContain('fallback')
    const indices = chunks.flatMap((chunk) =>
      ((chunk['choices'] as { delta?: { tool_calls?: Json[] } }[])[0]?.delta?.tool_calls ?? []).map(
        ({ index }) => index,
      ),
    )
    expect(new Set(indices)).toEqual(new Set([0]))
  })

  it.each(PLANS)('68 fallback block: in a history it goes back to the vendor (plan %s)', async (plan) => {
    const bench = await startBench(MESSAGES, greeting, { plan })
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [FALLBACK, said('Hi')] },
      { role: 'user', content: 'And?' },
    ]
    await bench.messages({ messages })
    expect(bench.asked()['messages']).toEqual(messages)
  })
})

describe('what Claude Code tells Anthropic alone', () => {
  const SAFEGUARDS = {
    safeguards: [{ type: 'dangerous_tool_use', classifier_context: { rules: ['no rm'], cwd: '/work' } }],
  }

  it.each(PLANS)('69 safeguards field: goes to Anthropic (plan %s)', async (plan) => {
    const bench = await startBench(MESSAGES, greeting, { plan })
    const reply = await bench.messages(SAFEGUARDS)
    expect([reply.status, dropped(reply)]).toEqual([200, []])
    expect(bench.asked()).toMatchObject(SAFEGUARDS)
  })

  it.each([CHAT, CHAT_HOST])(
    '69 safeguards field: is refused by name for $type, so that the client asks without',
    async (vendor) => {
      const bench = await startBench(vendor, chatGreeting)
      for (const stream of [true, false]) {
        const reply = await bench.messages({ ...SAFEGUARDS, stream })
        expect([reply.status, reply.headers['x-should-retry']]).toEqual([400, 'false'])
        expect(reply.json()).toMatchObject({
          error: { type: 'invalid_request_error', message: expect.stringContaining('safeguards') as unknown },
        })
      }
      expect(bench.upstream.requests).toHaveLength(0)
      expect((await bench.messages()).status).toBe(200)
    },
  )

  it.each(PLANS)(
    "70 billing header block: Anthropic's own line reaches Anthropic untouched (plan %s)",
    async (plan) => {
      const bench = await startBench({ type: 'anthropic', model: 'claude-opus-5-5' }, greeting, { plan })
      await bench.messages({ system: system(1) }, CLAUDE_CODE_HEADERS)
      expect(bench.asked()['system']).toEqual(system(1))
    },
  )

  it.each([
    [CHAT, chatGreeting],
    [CHAT_HOST, chatGreeting],
    [{ type: 'deepseek', model: 'deepseek-v4' }, chatGreeting],
    [{ type: 'openrouter', model: 'qwen/qwen3-max', settings: { protocol: 'openai-chat' } }, chatGreeting],
    [{ type: 'anthropic-compatible', model: 'some-model' }, greeting],
  ])('70 billing header block: it is removed for everybody else, as $type', async (vendor, script) => {
    const bench = await startBench(vendor, script)
    const { model: _, ...body } = claudeCodeRequest(ASKED)
    const reply = await bench.messages(body, CLAUDE_CODE_HEADERS)
    expect(reply.status, reply.text).toBe(200)
    const sent = bench.upstream.requests[0]?.body.toString('utf8')
    expect(sent).not.toContain('x-anthropic-billing-header')
    expect(sent).toContain('You are a coding assistant')
  })

  it('70 billing header block: a prompt that is nothing but it is no empty prompt', async () => {
    const bench = await startBench(CHAT, chatGreeting)
    const reply = await bench.messages({ system: system(0).slice(0, 1) })
    expect(reply.status).toBe(200)
    expect((bench.asked()['messages'] as Json[]).map(({ role }) => role)).toEqual(['user'])
  })

  it.each(PLANS)('71 metadata.user_id: Anthropic gets it as it is (plan %s)', async (plan) => {
    const bench = await startBench(MESSAGES, greeting, { plan })
    await bench.messages({ metadata: { user_id: USER_ID, team: 'a' } })
    expect(bench.asked()['metadata']).toEqual({ user_id: USER_ID, team: 'a' })
  })

  it.each([
    [CHAT, chatGreeting, 'safety_identifier'],
    [CHAT_HOST, chatGreeting, 'user'],
    [{ type: 'deepseek', model: 'deepseek-v4' }, chatGreeting, null],
    [{ type: 'anthropic-compatible', model: 'some-model' }, greeting, 'metadata'],
  ])('71 metadata.user_id: others get a hash or nothing, as $type', async (vendor, script, field) => {
    const bench = await startBench(vendor, script)
    const reply = await bench.messages({ metadata: { user_id: USER_ID } })
    await bench.messages({ metadata: { user_id: USER_ID } })
    expect(reply.status, reply.text).toBe(200)
    const sent = bench.upstream.requests.map(({ body }) => body.toString('utf8'))
    for (const part of ['d'.repeat(64), '6a1f1b0e', 'b7e0c1de']) expect(sent[0]).not.toContain(part)
    expect(sent[1]).toBe(sent[0])
    if (field === null) expect(dropped(reply)).toContain('metadata.user_id')
    else expect(JSON.stringify(bench.asked()[field])).toMatch(/"[A-Za-z0-9]{16,64}"/)
  })

  it("71 metadata.user_id: one user's hash is not another's", async () => {
    const upstream = await scripted(chatGreeting)
    const { messages } = await install({ providers: [provider('gpt', 'openai', upstream, ['gpt-5.5'])] })
    const hashes: unknown[] = []
    for (const user of ['ada', 'bob', 'ada']) {
      await messages({
        model: 'gpt-5.5',
        max_tokens: 9,
        metadata: { user_id: user },
        messages: [{ role: 'user', content: 'Hi' }],
      })
      hashes.push(bodyOf(upstream)['safety_identifier'])
    }
    expect(hashes[0]).toBe(hashes[2])
    expect(hashes[0]).not.toBe(hashes[1])
  })
})
