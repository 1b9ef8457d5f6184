import { brotliDecompressSync, gunzipSync, gzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { request as send } from 'undici'
import { foldChatStream, foldMessagesStream } from '../../test/support/fold-wire.ts'
import { RawClient, postOf } from '../../test/support/raw-client.ts'
import { collectSse, jsonEvents, readSse } from '../../test/support/read-sse.ts'
import { SIMULATOR_MODELS } from './models.ts'
import type { Simulator, SimulatorOptions } from './simulator.ts'
import { startSimulator } from './simulator.ts'

type Json = Record<string, unknown>

const started: Simulator[] = []

afterEach(async () => {
  for (const simulator of started.splice(0)) await simulator.close()
})

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options)
  started.push(simulator)
  return simulator
}

const TOOLS = ['weather', 'time'].map((name) => ({
  name,
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}))
const FUNCTIONS = TOOLS.map(({ name, input_schema }) => ({
  type: 'function',
  function: { name, parameters: input_schema },
}))

interface Sent {
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

function messages({ url }: Simulator, body: Json, { headers = {}, ...rest }: Sent = {}): Promise<Response> {
  const whole = { max_tokens: 1000, messages: [{ role: 'user', content: 'hello there' }], ...body }
  const fields = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers }
  return fetch(`${url}/v1/messages`, { method: 'POST', body: JSON.stringify(whole), headers: fields, ...rest })
}

function chat({ url }: Simulator, body: Json, { headers = {}, ...rest }: Sent = {}): Promise<Response> {
  const whole = { messages: [{ role: 'user', content: 'hello there' }], ...body }
  const fields = { 'content-type': 'application/json', ...headers }
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(whole), headers: fields, ...rest })
}

async function json(response: Response | Promise<Response>): Promise<Json> {
  return (await (await response).json()) as Json
}

const ANSWERING = SIMULATOR_MODELS.filter(({ settings }) => settings.fault === undefined).map(({ id }) => id)

describe('answers', () => {
  it.each(ANSWERING.filter((id) => id !== 'slow'))(
    'of %s are the same streamed and whole, for Anthropic',
    async (model) => {
      const simulator = await start()
      const whole = await json(messages(simulator, { model, tools: TOOLS }))
      const stream = await collectSse((await messages(simulator, { model, tools: TOOLS, stream: true })).body)
      expect(whole['type']).toBe('message')
      expect(foldMessagesStream(stream)).toEqual(whole)
      expect(stream.at(-1)?.event).toBe('message_stop')
      expect(stream.every(({ event, data }) => (JSON.parse(data) as Json)['type'] === event)).toBe(true)
    },
  )

  it.each([
    ...ANSWERING.filter((id) => id !== 'slow'),
    'redacted-thinking?reasoning=both',
    'redacted-thinking?reasoning=details',
    'thinking?reasoning=tag',
    'thinking?reasoning=none',
  ])('of %s are the same streamed and whole, for OpenAI', async (model) => {
    const simulator = await start()
    const whole = await json(chat(simulator, { model, tools: FUNCTIONS, n: 2 }))
    const body = { model, tools: FUNCTIONS, n: 2, stream: true, stream_options: { include_usage: true } }
    const stream = await collectSse((await chat(simulator, body)).body)
    expect(whole['object']).toBe('chat.completion')
    expect(foldChatStream(stream)).toEqual(whole)
    expect(stream.at(-1)?.data).toBe('[DONE]')
  })

  it('end for every reason that the vendors have', async () => {
    const simulator = await start()
    const reasons = async (model: string): Promise<unknown[]> => {
      const message = await json(messages(simulator, { model, tools: TOOLS }))
      const completion = await json(chat(simulator, { model, tools: FUNCTIONS }))
      return [message['stop_reason'], (completion['choices'] as Json[])[0]?.['finish_reason']]
    }
    expect(await reasons('text')).toEqual(['end_turn', 'stop'])
    expect(await reasons('tools')).toEqual(['tool_use', 'tool_calls'])
    expect(await reasons('function-call')).toEqual(['tool_use', 'function_call'])
    expect(await reasons('max-tokens')).toEqual(['max_tokens', 'length'])
    expect(await reasons('stop-sequence')).toEqual(['stop_sequence', 'stop'])
    expect(await reasons('pause')).toEqual(['pause_turn', 'stop'])
    expect(await reasons('refusal')).toEqual(['refusal', 'stop'])
    expect(await reasons('content-filter')).toEqual(['refusal', 'content_filter'])
    expect(await reasons('context-window')).toEqual(['model_context_window_exceeded', 'length'])
  })

  it('keep to max_tokens and to stop sequences', async () => {
    const simulator = await start()
    const cut = await json(messages(simulator, { model: 'long', max_tokens: 3 }))
    expect(cut).toMatchObject({
      stop_reason: 'max_tokens',
      content: [{ text: 'Then the sun' }],
      usage: { output_tokens: 3 },
    })
    expect(await json(messages(simulator, { model: 'text', max_tokens: 11 }))).toMatchObject({
      stop_reason: 'max_tokens',
    })
    expect(await json(messages(simulator, { model: 'text', max_tokens: 12 }))).toMatchObject({
      stop_reason: 'end_turn',
    })
    const stopped = await json(messages(simulator, { model: 'long', stop_sequences: ['sea', 'up'] }))
    expect(stopped).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'up',
      content: [{ text: 'Then the sun was ' }],
    })
    expect(await json(messages(simulator, { model: 'text', max_tokens: 0 }))).toMatchObject({
      content: [],
      usage: { output_tokens: 0 },
    })
  })

  it('continue a whole conversation with signed thinking and tools', async () => {
    const simulator = await start()
    const history: Json[] = [{ role: 'user', content: '[[think hm]] [[call weather {"city":"Bern"}]]' }]
    const first = await json(messages(simulator, { model: 'claude-sonnet-5', tools: TOOLS, messages: history }))
    const [thinking, use] = first['content'] as Json[]
    expect(thinking).toMatchObject({ type: 'thinking', thinking: 'hm' })
    expect(use).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'Bern' } })
    history.push({ role: 'assistant', content: first['content'] })
    history.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: use?.['id'], content: 'rain' }] })
    const second = await json(messages(simulator, { model: 'claude-sonnet-5', tools: TOOLS, messages: history }))
    expect(second['content']).toEqual([{ type: 'text', text: 'weather returned: rain' }])
  })

  it('leave thinking empty but signed where the client wants it omitted', async () => {
    const simulator = await start()
    const body = { model: 'thinking', thinking: { type: 'adaptive', display: 'omitted' } }
    const [thinking] = (await json(messages(simulator, body)))['content'] as Json[]
    expect(thinking).toMatchObject({ thinking: '', signature: expect.stringMatching(/^\S{40,}$/) as string })
  })

  it('report the usage that is asked for', async () => {
    const simulator = await start()
    const model = 'text?input=100&cached=60&written=10&output=50&thought=20'
    expect((await json(messages(simulator, { model })))['usage']).toMatchObject({
      input_tokens: 30,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 10,
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 20 },
    })
    expect((await json(chat(simulator, { model })))['usage']).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60 },
      completion_tokens_details: { reasoning_tokens: 20 },
    })
  })

  it('count a repeated prefix as cached where that is asked for', async () => {
    const simulator = await start()
    const turns = ['one', 'two', 'three'].map((content, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content,
    }))
    const cached = async (body: Json): Promise<unknown> =>
      ((await json(messages(simulator, { model: 'text?cache=auto', ...body })))['usage'] as Json)[
        'cache_read_input_tokens'
      ]
    expect(await cached({ messages: turns.slice(0, 1) })).toBe(0)
    expect(await cached({ messages: turns })).toBeGreaterThan(0)
    expect(await cached({ messages: turns, system: 'changed' })).toBe(0)
  })
})

describe('pace and form', () => {
  const text = async (response: Response): Promise<string> =>
    jsonEvents<{ delta?: { text?: string } }>(await collectSse(response.body))
      .map(({ delta }) => delta?.text ?? '')
      .join('')

  it.each([
    'head=1&ttft=1&gap=1',
    'split=1&crlf=on',
    'pings=2&batch=3',
    'encoding=gzip',
    'encoding=br&split=7',
    'encoding=deflate',
    'encoding=gzip&batch=99',
  ])('with %s carry the same text', async (settings) => {
    const simulator = await start()
    expect(await text(await messages(simulator, { model: `text?${settings}`, stream: true }))).toBe(
      'Then the sun was up. The sea ran out far and the',
    )
    expect(await json(messages(simulator, { model: `text?${settings}` }))).toMatchObject({ stop_reason: 'end_turn' })
  })

  it.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
  ] as const)('compress with %s', async (coding, decompress) => {
    const { url } = await start()
    for (const stream of [true, false]) {
      const body = JSON.stringify({ model: 'text', stream, messages: [{ role: 'user', content: 'hi' }] })
      const headers = { 'x-sim-encoding': coding }
      const answer = await send(`${url}/v1/chat/completions`, { method: 'POST', body, headers })
      expect(answer.headers['content-encoding']).toBe(coding)
      expect(decompress(Buffer.from(await answer.body.arrayBuffer())).toString()).toContain('"model":"text"')
    }
  })

  it.each(['identity', 'gzip', 'br'])('bring every event as it is written, coded as %s', async (coding) => {
    const release = Promise.withResolvers<void>()
    const simulator = await start({
      script: () => ({
        kind: 'message',
        parts: [{ type: 'text', text: ['a', 'b'] }],
        hold: { afterEvents: 4, until: release.promise },
      }),
    })
    const model = `any?encoding=${coding}`
    const events = readSse((await messages(simulator, { model, stream: true })).body)
    const seen: string[] = []
    for (let count = 0; count < 4; count++) seen.push(((await events.next()).value ?? { event: '' }).event)
    expect(seen).toEqual(['message_start', 'ping', 'content_block_start', 'content_block_delta'])
    release.resolve()
    expect((await events.next()).value).toMatchObject({ event: 'content_block_delta' })
  })
})

describe('faults', () => {
  it.each([
    ['model', { model: 'error-529' }, {}],
    ['suffix', { model: 'text?fault=529' }, {}],
    ['header', { model: 'text' }, { 'x-sim-fault': 'status:529' }],
  ])('are chosen by %s', async (_way, body, headers) => {
    const simulator = await start()
    const response = await messages(simulator, body, { headers })
    expect(response.status).toBe(529)
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
    expect((await chat(simulator, body, { headers })).status).toBe(529)
  })

  it('come with retry-after, a code and the body of a proxy', async () => {
    const simulator = await start()
    const response = await messages(simulator, { model: 'error-429?retry-after=7&code=enforced_spend_limit_reached' })
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toMatchObject({ error: { details: { error_code: 'enforced_spend_limit_reached' } } })
    const html = await chat(simulator, { model: 'error-502?body=html' })
    expect(html.headers.get('content-type')).toBe('text/html')
  })

  it('strike the first requests only, with times', async () => {
    const simulator = await start()
    const statuses: number[] = []
    for (let count = 0; count < 3; count++)
      statuses.push((await messages(simulator, { model: 'error-500?times=2' })).status)
    expect(statuses).toEqual([500, 500, 200])
  })

  it('reset the connection before the head with drop', async () => {
    const simulator = await start()
    await expect(messages(simulator, { model: 'text?fault=drop' })).rejects.toMatchObject({
      cause: { code: 'ECONNRESET' },
    })
  })

  it.each([
    ['cut:5', 'ECONNRESET'],
    ['fin:5', 'UND_ERR_SOCKET'],
  ])('break the connection after so many events with %s', async (fault, code) => {
    const simulator = await start()
    const response = await messages(simulator, { model: `text?fault=${fault}`, stream: true })
    const events = readSse(response.body)
    for (let count = 0; count < 5; count++) expect((await events.next()).done).toBe(false)
    await expect(events.next()).rejects.toMatchObject({ cause: { code } })
  })

  it('break a whole answer in its middle', async () => {
    const simulator = await start()
    for (const fault of ['cut:1', 'fin:1']) {
      await expect(json(messages(simulator, { model: `text?fault=${fault}` }))).rejects.toThrow('terminated')
    }
    await expect(json(messages(simulator, { model: 'text?fault=truncated' }))).rejects.toThrow(SyntaxError)
  })

  it('leave out how the answer ended, or the last event', async () => {
    const simulator = await start()
    const names = async (model: string): Promise<string[]> =>
      (await collectSse((await messages(simulator, { model, stream: true })).body)).map(({ event }) => event)
    expect((await names('truncated')).at(-1)).toBe('content_block_stop')
    expect((await names('text?fault=no-stop')).at(-1)).toBe('message_delta')
    expect((await names('stream-error')).at(-1)).toBe('error')
  })

  it('stall until the client leaves, whose leaving is noted', async () => {
    const simulator = await start()
    const controller = new AbortController()
    const response = await messages(simulator, { model: 'stall', stream: true }, { signal: controller.signal })
    const events = readSse(response.body)
    for (let count = 0; count < 5; count++) await events.next()
    expect(simulator.requests[0]?.aborted).toBe(false)
    controller.abort()
    const entry = await simulator.onAborted()
    expect(entry.number).toBe(1)
    expect(await entry.outcome).toBe('aborted')
    await expect(events.next()).rejects.toThrow()
  })
})

describe('the rest of the API', () => {
  const get = (url: string, headers: Record<string, string> = {}): Promise<Response> => fetch(url, { headers })
  const ANTHROPIC = { 'anthropic-version': '2023-06-01' }

  it('lists models in the shape of the client, in pages for Anthropic', async () => {
    const { url } = await start({ models: ['gpt-5.5'] })
    const all = await json(get(`${url}/v1/models`))
    expect(all).toMatchObject({
      object: 'list',
      data: expect.arrayContaining([expect.objectContaining({ id: 'gpt-5.5' })]) as unknown[],
    })
    const ids: unknown[] = []
    for (let after = ''; ; after = `&after_id=${String(ids.at(-1))}`) {
      const page = await json(get(`${url}/v1/models?limit=10${after}`, ANTHROPIC))
      ids.push(...(page['data'] as Json[]).map(({ id }) => id))
      expect(page['last_id']).toBe(ids.at(-1))
      if (page['has_more'] === false) break
    }
    expect(ids).toEqual((all['data'] as Json[]).map(({ id }) => id))
    const before = await json(get(`${url}/v1/models?limit=2&before_id=${String(ids[5])}`, ANTHROPIC))
    expect(before).toMatchObject({ first_id: ids[3], last_id: ids[4], has_more: true })
  })

  it('tells of one model, and that there is none', async () => {
    const { url } = await start()
    expect(await json(get(`${url}/v1/models/thinking`))).toMatchObject({ id: 'thinking', object: 'model' })
    expect(await json(get(`${url}/v1/models/thinking`, ANTHROPIC))).toMatchObject({ id: 'thinking', type: 'model' })
    const missing = await get(`${url}/v1/models/nothing%zz`, ANTHROPIC)
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ error: { type: 'not_found_error' } })
  })

  it('counts tokens as the answer will', async () => {
    const simulator = await start()
    const body = {
      model: 'text',
      system: 'be good',
      tools: TOOLS,
      messages: [{ role: 'user', content: 'hello '.repeat(50) }],
    }
    const headers = { 'content-type': 'application/json', ...ANTHROPIC }
    const counted = await fetch(`${simulator.url}/v1/messages/count_tokens`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers,
    })
    const answer = await json(messages(simulator, body))
    expect(await counted.json()).toEqual({ input_tokens: (answer['usage'] as Json)['input_tokens'] })
  })

  it('answers any HEAD, describes itself, and knows no other path', async () => {
    const { url } = await start()
    expect((await fetch(`${url}/api/hello`, { method: 'HEAD' })).status).toBe(200)
    expect(await (await get(url)).text()).toContain('parallel-tools')
    expect(await json(get(`${url}/v2`, ANTHROPIC))).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
    expect(await json(get(`${url}/v2`))).toMatchObject({ error: { type: 'invalid_request_error', param: null } })
  })

  it('marks every answer as simulated', async () => {
    const simulator = await start()
    for (const response of [
      await messages(simulator, { model: 'text' }),
      await chat(simulator, { model: 'error-500' }),
      await get(simulator.url),
    ]) {
      expect(response.headers.get('x-ucr-simulator')).toBe('1')
    }
  })

  it("refuses what breaks the vendor's rules, unless told not to", async () => {
    const body = { model: 'text', messages: [{ role: 'bot', content: 'a' }] }
    const strict = await start()
    expect(await json(messages(strict, body))).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error' },
    })
    expect(await json(chat(strict, body))).toMatchObject({
      error: { param: 'messages[0].role', code: 'invalid_value' },
    })
    const lenient = await start({ validate: false })
    expect((await messages(lenient, body)).status).toBe(200)
  })

  it('refuses a prompt or an answer that the model has no room for', async () => {
    const simulator = await start()
    const long = [{ role: 'user', content: 'hello '.repeat(5000) }]
    expect(await json(messages(simulator, { model: 'small', messages: long }))).toMatchObject({
      error: { message: expect.stringMatching(/^prompt is too long: \d+ tokens > 4096 maximum$/) as string },
    })
    expect(await json(chat(simulator, { model: 'small', messages: long }))).toMatchObject({
      error: { code: 'context_length_exceeded' },
    })
    expect(await json(messages(simulator, { model: 'small', max_tokens: 5000 }))).toMatchObject({
      error: { message: expect.stringMatching(/^max_tokens: 5000 > 1024/) as string },
    })
  })

  it('takes compressed bodies and refuses broken ones', async () => {
    const { url } = await start()
    const post = (body: Buffer, coding: string): Promise<Response> =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'content-encoding': coding },
      })
    const body = Buffer.from('{"model":"text","messages":[{"role":"user","content":"hi"}]}')
    expect((await post(gzipSync(body), 'gzip')).status).toBe(200)
    expect((await post(body, 'gzip')).status).toBe(400)
    expect((await post(body, 'compress')).status).toBe(400)
    expect((await post(body.subarray(1), 'identity')).status).toBe(400)
  })

  it('wants its key where it has one, for its lists too', async () => {
    const simulator = await start({ apiKey: 'secret' })
    for (const url of [`${simulator.url}/v1/models`, `${simulator.url}/v1/models/text`]) {
      const claude = await get(url, { ...ANTHROPIC, 'x-api-key': 'wrong' })
      expect([claude.status, await json(claude)]).toMatchObject([
        401,
        { type: 'error', error: { type: 'authentication_error' } },
      ])
      const openai = await get(url, { authorization: 'Bearer wrong' })
      expect([openai.status, await json(openai)]).toMatchObject([401, { error: { code: 'invalid_api_key' } }])
      expect((await get(url)).status).toBe(401)
      expect((await get(url, { ...ANTHROPIC, 'x-api-key': 'secret' })).status).toBe(200)
      expect((await get(url, { authorization: 'Bearer secret' })).status).toBe(200)
    }
    expect((await messages(simulator, { model: 'text' })).status).toBe(401)
    expect((await messages(simulator, { model: 'text' }, { headers: { 'x-api-key': 'secret' } })).status).toBe(200)
    expect((await chat(simulator, { model: 'text' }, { headers: { authorization: 'Bearer secret' } })).status).toBe(200)
  })
})

describe('scripts', () => {
  it('decide, and leave to the model what they do not want', async () => {
    const simulator = await start({
      script: async ({ name, turns }) => {
        if (name === 'failing')
          return { kind: 'error', status: 418, message: 'teapot', type: 'tea', headers: { 'x-tea': '1' } }
        if (name === 'raw')
          return {
            kind: 'raw',
            status: 203,
            headers: { 'content-type': 'text/plain' },
            writes: ['a', Buffer.from('b')],
          }
        if (name === 'broken') return { kind: 'message', parts: [], settings: { fault: { kind: 'drop' } } }
        return name === 'text' ? null : { kind: 'message', parts: [{ type: 'text', text: `turn ${turns.length}` }] }
      },
    })
    expect(await json(messages(simulator, { model: 'mine' }))).toMatchObject({ content: [{ text: 'turn 1' }] })
    expect(await json(messages(simulator, { model: 'text' }))).toMatchObject({
      content: [{ text: 'Then the sun was up. The sea ran out far and the' }],
    })
    const failed = await messages(simulator, { model: 'failing' })
    expect([failed.status, failed.headers.get('x-tea')]).toEqual([418, '1'])
    const raw = await messages(simulator, { model: 'raw' })
    expect([raw.status, await raw.text()]).toEqual([203, 'ab'])
    await expect(messages(simulator, { model: 'broken' })).rejects.toThrow('fetch failed')
  })
})

describe('a client that leaves', () => {
  it('is noted while a script still thinks', async () => {
    const never = new Promise<null>(() => {})
    const simulator = await start({ script: () => never })
    const controller = new AbortController()
    const answer = messages(simulator, { model: 'any' }, { signal: controller.signal })
    const failed = expect(answer).rejects.toThrow()
    await simulator.waitForRequest()
    controller.abort()
    expect((await simulator.onAborted()).number).toBe(1)
    await failed
  })

  it('is noted before the head of a slow answer, and harms nobody else', async () => {
    const simulator = await start()
    const controller = new AbortController()
    const body = { model: 'text?head=600000', stream: true }
    const failed = expect(messages(simulator, body, { signal: controller.signal })).rejects.toThrow()
    await simulator.waitForRequest()
    controller.abort()
    expect(await (await simulator.onAborted()).outcome).toBe('aborted')
    await failed
    expect((await messages(simulator, { model: 'text' })).status).toBe(200)
  })
})

describe('the journal', () => {
  it('keeps what was sent, byte by byte, and which connection it came on', async () => {
    const simulator = await start()
    const client = await RawClient.open(simulator.port)
    const body = '{ "model": "text", "messages": [{"role":"user","content":"hi"}] }'
    await client.send(postOf('/v1/chat/completions?a=1', body, 'X-Custom: One\r\n')).answer()
    await client.send(postOf('/v1/chat/completions', body)).answer()
    client.destroy()
    await (await chat(simulator, { model: 'text' })).text()
    const [first, second, third] = simulator.requests
    expect(first).toMatchObject({
      number: 1,
      method: 'POST',
      path: '/v1/chat/completions?a=1',
      connection: 1,
      aborted: false,
    })
    expect(first?.body.toString()).toBe(body)
    expect(first?.headers['x-custom']).toBe('One')
    expect(first?.rawHeaders).toContain('X-Custom')
    expect([second?.connection, third?.connection]).toEqual([1, 2])
    expect(await first?.outcome).toBe('answered')
  })

  it('tells of requests when they come', async () => {
    const simulator = await start()
    const seen: string[] = []
    const stop = simulator.onRequest(({ path }) => seen.push(path))
    const second = simulator.waitForRequest(({ number }) => number === 2)
    await messages(simulator, { model: 'text' })
    await chat(simulator, { model: 'text' })
    stop()
    await chat(simulator, { model: 'text' })
    expect((await second).path).toBe('/v1/chat/completions')
    expect((await simulator.waitForRequest()).number).toBe(1)
    expect(seen).toEqual(['/v1/messages', '/v1/chat/completions'])
  })

  it('forgets the oldest beyond its bound', async () => {
    const simulator = await start({ journal: 2 })
    for (let count = 0; count < 3; count++) await messages(simulator, { model: 'text' })
    expect(simulator.requests.map(({ number }) => number)).toEqual([2, 3])
    const forgetful = await start({ journal: false })
    await messages(forgetful, { model: 'text' })
    expect(forgetful.requests).toEqual([])
  })

  it('notes a client that leaves while it sends', async () => {
    const simulator = await start()
    const client = await RawClient.open(simulator.port)
    client.send('POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf').destroy()
    const entry = await simulator.onAborted()
    expect(entry.body.toString()).toBe('half')
  })
})

describe('close()', () => {
  it('ends streams that stand still, and whoever waits for requests', async () => {
    const simulator = await startSimulator()
    const waiting = simulator.waitForRequest(({ path }) => path === '/never')
    const response = await messages(simulator, { model: 'stall', stream: true })
    const body = collectSse(response.body)
    const broken = expect(body).rejects.toThrow()
    const ended = expect(waiting).rejects.toThrow('the simulator was closed')
    await simulator.close()
    await Promise.all([broken, ended])
  })
})
