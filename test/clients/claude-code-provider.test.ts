import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClaudeCodeBench, conversationOf, MODEL, OLDER_MODEL, sessionOf } from './claude-code-bench.ts'
import { obstacle, titled } from './claude-program.ts'
import { answers, fails, latch, openStream, says } from './scripted-vendor.ts'

const why = obstacle()
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

describe.skipIf(why !== null)(titled('Claude Code as a provider'), () => {
  let bench: ClaudeCodeBench
  beforeAll(async () => {
    bench = await ClaudeCodeBench.start()
  })
  afterAll(() => bench.close())

  it('gives the OpenAI SDK a whole answer with real usage, and tells the vendor what the client said', async () => {
    bench.vendor.script(says('Grüße 👋'))
    const completion = await bench.openai().chat.completions.create({
      model: OLDER_MODEL,
      max_tokens: 321,
      temperature: 0.25,
      stop: ['END'],
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
    })
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Grüße 👋' } })
    expect(completion.usage).toMatchObject({ prompt_tokens: 15, completion_tokens: 20, total_tokens: 35 })
    const [request] = bench.vendor.requests
    expect(bench.vendor.requests).toHaveLength(1)
    expect(request?.body).toMatchObject({
      model: OLDER_MODEL,
      max_tokens: 321,
      temperature: 0.25,
      stop_sequences: ['END'],
    })
    expect(request?.body['thinking']).toBeUndefined()
    expect(request?.body['tools']).toEqual([])
    expect(JSON.stringify(request?.body['system'])).toContain('Be brief.')
    expect(request?.headers['x-api-key']).toBe('far-end-key')
    expect(conversationOf(request).at(-1)?.content.at(-1)).toEqual({ type: 'text', text: 'Hello' })
  })

  it('streams: what the model has said is there before it says the rest', async () => {
    const heard = latch()
    bench.vendor.script(async (response) => {
      const stream = openStream(response)
      stream.block({ type: 'text', text: 'first ' })
      await heard.passed
      stream.block({ type: 'text', text: 'second' })
      stream.finish('end_turn')
    })
    const stream = await bench.openai().chat.completions.create({
      model: MODEL,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Say two things' }],
    })
    let text = ''
    let usage: unknown = null
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
      if (text === 'first ') heard.pass()
    }
    expect(text).toBe('first second')
    expect(usage).toMatchObject({ prompt_tokens: 15, completion_tokens: 20 })
  })

  it('says which fields it sets by itself', async () => {
    bench.vendor.script(says('Hi'))
    const { response } = await bench
      .anthropic()
      .messages.create({
        model: MODEL,
        max_tokens: 64,
        metadata: { user_id: 'u' },
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] }],
      })
      .withResponse()
    expect(response.headers.get('x-ucr-dropped')).toBe('metadata,cache_control')
  })

  it("goes on with another Claude Code's conversation, whose billing line changes from request to request", async () => {
    bench.vendor.script(says('Sunny.'))
    const billing = (suffix: string): string => `x-anthropic-billing-header: cc_version=2.1.330.${suffix};`
    const asked = (suffix: string, ...messages: readonly [string, ...string[]]) => ({
      model: MODEL,
      max_tokens: 64,
      system: [
        { type: 'text' as const, text: billing(suffix) },
        { type: 'text' as const, text: 'Be brief.' },
      ],
      messages: messages.map((content, index) => ({
        role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content,
      })),
    })
    await bench.anthropic().messages.create(asked('d64', 'Weather?'))
    await bench.anthropic().messages.create(asked('86f', 'Weather?', 'Sunny.', 'And tomorrow?'))
    const [first, second] = bench.vendor.requests
    expect(sessionOf(second)).toBe(sessionOf(first))
    expect(JSON.stringify(bench.vendor.requests.map(({ body }) => body))).not.toMatch(/2\.1\.330\.(?:d64|86f);"/)
  })

  it('gives the Anthropic SDK thinking with its signature, and the cost', async () => {
    bench.vendor.script(
      answers([
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'Yes.' },
      ]),
    )
    const request = {
      model: OLDER_MODEL,
      max_tokens: 4000,
      thinking: { type: 'enabled' as const, budget_tokens: 2000 },
      messages: [{ role: 'user' as const, content: 'Is it?' }],
    }
    const streamed = await bench.anthropic().messages.stream(request).finalMessage()
    const message = await bench.anthropic().messages.create(request)
    expect(streamed.content).toEqual(message.content)
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm.', signature: expect.stringMatching(/./) },
      { type: 'text', text: 'Yes.' },
    ])
    expect(message).toMatchObject({ stop_reason: 'end_turn', usage: { output_tokens: 20 } })
    expect((message.usage as unknown as { cost_usd: number }).cost_usd).toBeGreaterThan(0)
    expect(bench.vendor.requests[0]?.body['thinking']).toEqual({ type: 'enabled', budget_tokens: 2000 })
  })

  it('tells a conversation with roles, calls, results and images as the client told it', async () => {
    bench.vendor.script(says('Take a coat.'))
    const image = {
      type: 'image' as const,
      source: { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL },
    }
    const history = [
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'Weather?' }, image] },
      {
        role: 'assistant' as const,
        content: [{ type: 'tool_use' as const, id: 'toolu_old', name: 'weather', input: { city: 'Oslo' } }],
      },
      {
        role: 'user' as const,
        content: [{ type: 'tool_result' as const, tool_use_id: 'toolu_old', content: 'Cold', is_error: true }],
      },
      { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'It is cold.' }] },
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'And now?' }] },
    ]
    await bench.anthropic().messages.create({ model: MODEL, max_tokens: 100, messages: history })
    const told = conversationOf(bench.vendor.requests[0])
    expect(bench.vendor.requests).toHaveLength(1)
    expect(told.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user'])
    // The program names the image behind it.
    expect(told[0]?.content.slice(0, 2)).toEqual(history[0]?.content)
    expect(told.slice(1)).toEqual(history.slice(1))
  })

  it('takes what no command line could hold', async () => {
    bench.vendor.script(says('Read it all.'))
    const long = 'All of it matters. '.repeat(20_000)
    const turns = Array.from({ length: 60 }, (_, index) => [
      { role: 'user' as const, content: `Question ${index}` },
      { role: 'assistant' as const, content: `Answer ${index}` },
    ]).flat()
    const messages = [{ role: 'system' as const, content: long }, ...turns, { role: 'user' as const, content: long }]
    const completion = await bench.openai().chat.completions.create({ model: MODEL, messages })
    expect(completion.choices[0]?.message.content).toBe('Read it all.')
    const [request] = bench.vendor.requests
    expect(JSON.stringify(request?.body['system'])).toContain(long)
    expect(conversationOf(request)).toHaveLength(121)
    expect(conversationOf(request)[119]?.content).toEqual([{ type: 'text', text: 'Answer 59' }])
    expect(conversationOf(request)[120]?.content.at(-1)).toEqual({ type: 'text', text: long })
  })

  it('goes on in the same process where the client goes on with its conversation, and only its own', async () => {
    bench.vendor.script(says('One.'), says('Two.'), says('Two.'))
    const messages = [{ role: 'user' as const, content: 'Count' }]
    const client = bench.openai()
    const first = await client.chat.completions.create({ model: MODEL, messages })
    const said = first.choices[0]?.message.content ?? ''
    const more = [...messages, { role: 'assistant' as const, content: said }, { role: 'user' as const, content: 'On' }]
    await client.chat.completions.create({ model: MODEL, messages: more })
    await client.chat.completions.create({ model: MODEL, messages: more })
    const [one, two, again] = bench.vendor.requests
    expect(sessionOf(two)).toBe(sessionOf(one))
    expect(sessionOf(again)).not.toBe(sessionOf(one))
    expect(conversationOf(again)).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Count' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'One.' }] },
      { role: 'user', content: [{ type: 'text', text: 'On' }] },
    ])
  })

  it("says the model's own stop reason, and lets the program not go on by itself", async () => {
    bench.vendor.script(answers([{ type: 'text', text: 'cut o' }], 'max_tokens'))
    const cut = await bench.openai().chat.completions.create({
      model: MODEL,
      max_tokens: 5,
      messages: [{ role: 'user', content: 'Tell all' }],
    })
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'cut o' } })

    bench.vendor.script(answers([{ type: 'text', text: 'So far' }], 'stop_sequence'))
    const stopped = await bench.anthropic().messages.create({
      model: MODEL,
      max_tokens: 50,
      stop_sequences: ['STOP'],
      messages: [{ role: 'user', content: 'Tell some' }],
    })
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', content: [{ text: 'So far' }] })

    bench.vendor.script(answers([{ type: 'text', text: 'No' }], 'refusal'))
    const request = { model: MODEL, max_tokens: 50, messages: [{ role: 'user' as const, content: 'Do harm' }] }
    const refused = await bench.anthropic().messages.create(request)
    expect(refused).toMatchObject({ stop_reason: 'refusal', content: [{ type: 'text', text: 'No' }] })
  })

  it('ends an answer that was only thought where the model ended it', async () => {
    bench.vendor.script(answers([{ type: 'thinking', thinking: 'Hm.' }]), says('Made up.'))
    const thought = await bench.anthropic().messages.create({
      model: OLDER_MODEL,
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      messages: [{ role: 'user', content: 'Think' }],
    })
    expect(thought).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'thinking', thinking: 'Hm.' }] })
    expect(thought.content).toHaveLength(1)
  })

  it("reads no file and runs no command that a client's text names", async () => {
    const secret = join(bench.home, 'secret.txt')
    await writeFile(secret, 'the blue heron')
    const text = `Look at @${secret} and @secret.txt`
    for (const content of [text, '/cost', '/compact now', '!cat secret.txt', '# remember this']) {
      bench.vendor.script(says('Fine.'))
      const messages = [{ role: 'user' as const, content }]
      const completion = await bench.openai().chat.completions.create({ model: MODEL, messages })
      expect(completion.choices[0]?.message.content).toBe('Fine.')
      expect(bench.vendor.requests).toHaveLength(1)
      expect(conversationOf(bench.vendor.requests[0])).toEqual([
        { role: 'user', content: [{ type: 'text', text: content }] },
      ])
      expect(JSON.stringify(bench.vendor.requests[0]?.body)).not.toContain('blue heron')
    }

    const talk = [
      { role: 'user' as const, content: text },
      { role: 'assistant' as const, content: `It is in @${secret}.` },
      { role: 'user' as const, content: '/clear' },
      { role: 'assistant' as const, content: 'No.' },
      { role: 'user' as const, content: 'Go on' },
    ]
    bench.vendor.script(says('Fine.'))
    await bench.openai().chat.completions.create({ model: MODEL, messages: talk })
    const told = conversationOf(bench.vendor.requests[0])
    expect(told.map(({ content }) => (content[0] as { text: string }).text)).toEqual(talk.map(({ content }) => content))
    expect(JSON.stringify(bench.vendor.requests)).not.toContain('blue heron')
  })

  it('tells thinking and documents of earlier turns too', async () => {
    const first = answers([
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'text', text: 'Yes.' },
    ])
    bench.vendor.script(first, says('Sure.'))
    const request = {
      model: OLDER_MODEL,
      max_tokens: 4000,
      thinking: { type: 'enabled' as const, budget_tokens: 2000 },
    }
    const source = { type: 'text' as const, media_type: 'text/plain' as const, data: 'A long story.' }
    const asked = { role: 'user' as const, content: [{ type: 'document' as const, source, title: 'Story' }] }
    const { content } = await bench.anthropic().messages.create({ ...request, messages: [asked] })
    const messages = [asked, { role: 'assistant' as const, content }, { role: 'user' as const, content: 'Sure?' }]
    await bench.anthropic().messages.create({ ...request, messages })
    await bench.anthropic().messages.create({ ...request, messages })
    const [one, , anew] = bench.vendor.requests
    expect(sessionOf(anew)).not.toBe(sessionOf(one))
    expect(conversationOf(anew)[0]?.content).toContainEqual(asked.content[0])
    expect(conversationOf(anew)[1]?.content).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'c2lnbmVk' },
      { type: 'text', text: 'Yes.' },
    ])
  })

  it.each([
    [400, 'invalid_request_error', 'max_tokens: too many', 400, 'max_tokens: too many'],
    [404, 'not_found_error', 'model: claude-sonnet-5', 404, null],
    [500, 'api_error', 'Oops', 500, 'Oops'],
    [529, 'overloaded_error', 'Overloaded', 529, 'Overloaded'],
  ])('reports %i of the vendor as it is', async (status, type, message, seen, words) => {
    bench.vendor.script(fails(status, type, message))
    const messages = [{ role: 'user' as const, content: `Fail with ${status}` }]
    const error = await bench
      .openai()
      .chat.completions.create({ model: MODEL, messages })
      .catch((thrown: unknown) => thrown as { status: number; message: string })
    expect(error).toMatchObject({ status: seen })
    if (words !== null) expect((error as { message: string }).message).toContain(words)
    // After a refusal the program asks once more without a stream, or without something that is new.
    expect(bench.vendor.requests.length).toBeLessThanOrEqual(status < 500 ? 2 : 1)
  })

  it('says in the stream that an answer broke off', async () => {
    const heard = latch()
    bench.vendor.script(async (response) => {
      const stream = openStream(response)
      stream.block({ type: 'text', text: 'half' })
      await heard.passed
      stream.send({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
      response.end()
    })
    const request = { model: MODEL, max_tokens: 50, messages: [{ role: 'user' as const, content: 'Break' }] }
    const stream = bench.anthropic().messages.stream(request)
    const texts: string[] = []
    stream.on('text', (text) => {
      texts.push(text)
      heard.pass()
    })
    await expect(stream.finalMessage()).rejects.toThrow(/broke off/)
    expect(texts.join('')).toBe('half')
  })
})

describe.skipIf(why !== null)(titled('Claude Code with a login of its own'), () => {
  const ask = (bench: ClaudeCodeBench) =>
    bench
      .openai()
      .chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Hello' }] })
      .catch((thrown: unknown) => thrown as { status: number; message: string; headers: globalThis.Headers })

  it('reports a limit that is reached with the time until it ends', async ({ onTestFinished }) => {
    const bench = await ClaudeCodeBench.start({ apiKey: '' }, { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-test' })
    onTestFinished(() => bench.close())
    const reset = Math.floor(Date.now() / 1000) + 3600
    const limits = {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-reset': String(reset),
      'anthropic-ratelimit-unified-representative-claim': 'five_hour',
    }
    bench.vendor.script(fails(429, 'rate_limit_error', 'This request would exceed your limit', limits))
    const error = await ask(bench)
    expect(error).toMatchObject({ status: 429, message: expect.stringContaining("You've hit your 5-hour limit") })
    const retryAfter = Number((error as { headers: globalThis.Headers }).headers.get('retry-after'))
    expect(retryAfter).toBeGreaterThan(3000)
    expect(retryAfter).toBeLessThanOrEqual(3600)
    expect(bench.vendor.requests[0]?.headers.authorization).toBe('Bearer sk-ant-oat01-test')
  })

  it('reports that it is not signed in, to the operator', async ({ onTestFinished }) => {
    const bench = await ClaudeCodeBench.start({ apiKey: '' })
    onTestFinished(() => bench.close())
    expect(await ask(bench)).toMatchObject({ status: 502 })
    const line = await bench.gateway.logged(({ msg }) => msg === 'upstream error body')
    expect(line).toMatchObject({ status: 401, body: expect.stringContaining('Not logged in') })
    expect(bench.vendor.requests).toHaveLength(0)
  })
})
