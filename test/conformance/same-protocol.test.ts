import { describe, expect, it } from 'vitest'
import type { UpstreamScript } from '../support/upstream.ts'
import * as chatVendor from './chat-vendor.ts'
import { readChatStream } from './chat-stream.ts'
import { ASKED, CHAT, DELIVERIES, MESSAGES, VENDOR_KEY, answering, chunked, startBench } from './harness.ts'
import type { Answer, Bench, Json, OpenAnswer, Vendor } from './harness.ts'
import * as messagesVendor from './messages-vendor.ts'
import { readMessagesStream } from './messages-stream.ts'

/** Cases that are about a wire and not about a translation, on the two pairs whose bytes may pass. */
interface Pair {
  readonly protocol: string
  readonly vendor: Vendor
  readonly ask: (bench: Bench, stream: boolean, model?: string) => Promise<Answer>
  /** Reads a stream strictly: its text, and the error that it ended in. */
  readonly read: (answer: Answer) => { readonly text: unknown; readonly error: Json | null }
  readonly half: readonly string[]
  readonly error: string
  readonly whole: (words: string) => { readonly stream: readonly string[]; readonly whole: Json }
  /** All of a stream up to the word that it is complete, and not its last event. */
  readonly unclosed: (words: string) => readonly string[]
  /** As much as a vendor can say without closing its answer. */
  readonly hanging: (words: string) => readonly string[]
  readonly open: (bench: Bench) => Promise<OpenAnswer>
}

const PAIRS: readonly Pair[] = [
  {
    protocol: 'anthropic-messages',
    vendor: MESSAGES,
    ask: (bench, stream, model = ASKED) => bench.messages({ stream, model }),
    read: ({ events }) => {
      const { content, error } = readMessagesStream(events)
      return { text: content[0]?.['text'], error }
    },
    half: [
      messagesVendor.START,
      messagesVendor.blockStart(0, { type: 'text', text: '' }),
      messagesVendor.blockDelta(0, { type: 'text_delta', text: 'Half an ' }),
    ],
    error: messagesVendor.event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    whole: (words) => messagesVendor.answer([{ type: 'text', text: words }]),
    unclosed: (words) => messagesVendor.answer([{ type: 'text', text: words }]).stream.slice(0, -1),
    hanging: (words) => messagesVendor.answer([{ type: 'text', text: words }]).stream.slice(0, -1),
    open: (bench) => bench.openMessages(),
  },
  {
    protocol: 'openai-chat',
    vendor: CHAT,
    ask: (bench, stream, model = ASKED) => bench.chat({ stream, model }),
    read: ({ events }) => {
      const { message, error } = readChatStream(events)
      return { text: message['content'], error }
    },
    half: [chatVendor.OPENING, chatVendor.text('Half an ')],
    error: chatVendor.event({ error: { message: 'Overloaded', type: 'overloaded_error', code: 'overloaded' } }),
    whole: (words) => ({
      stream: chatVendor.chatStream([chatVendor.text(words)]),
      whole: chatVendor.completion({ content: words }),
    }),
    unclosed: (words) => [chatVendor.OPENING, chatVendor.text(words), chatVendor.finish('stop')],
    hanging: (words) => [chatVendor.OPENING, chatVendor.text(words), chatVendor.finish('stop'), chatVendor.DONE],
    open: (bench) => bench.openChat(),
  },
]

const MATRIX = PAIRS.flatMap((pair) => ['auto', 'translate'].map((plan) => ({ ...pair, plan })))

const breaking =
  (events: readonly string[], end: 'close' | 'reset'): UpstreamScript =>
  async (_asked, reply) => {
    await reply.streamHead()
    await reply.write(chunked(events))
    if (end === 'reset') return reply.reset()
    await reply.lastChunk()
  }

/** A stream that begins well; then its words have no end. */
function garbled({ half, whole }: Pick<Pair, 'half' | 'whole'>): readonly string[] {
  const words = /("(?:text|content)":"[^"]+)"/
  const { stream } = whole('never')
  const rest = stream.slice(stream.findIndex((event) => words.test(event)))
  return [...half, ...rest.map((event) => event.replace(words, '$1'))]
}

/** Every name that an answer has for its model. */
function modelsIn({ text }: Answer): readonly string[] {
  return [...new Set([...text.matchAll(/"model": ?"([^"]*)"/g)].map(([, model = '']) => model))]
}

describe.each(MATRIX)('$protocol on its own protocol, plan $plan', ({ plan, vendor, ask, read, ...pair }) => {
  const start = (script: UpstreamScript, config: Json = {}): Promise<Bench> =>
    startBench(vendor, script, { plan, ...config })

  it.each(['close', 'reset'] as const)('10 truncated-no-finish, 12 socket-reset-mid: a %s is an error', async (end) => {
    const bench = await start(breaking(pair.half, end))
    const reply = await ask(bench, true)
    const { text, error } = read(reply)
    expect([text, error === null]).toEqual(['Half an ', false])
    expect(await bench.recordOf(reply)).toMatchObject({ status: 'upstream_truncated' })
  })

  it('10 truncated-no-finish, 12 socket-reset-mid: with `streamFailure: cut` the connection is cut', async () => {
    const bench = await start(breaking(pair.half, 'reset'), { streamFailure: 'cut' })
    expect(await ask(bench, true)).toMatchObject({ status: 200, cut: true })
  })

  it('11 mid-stream-error: the error is the last event', async () => {
    const andMore = [pair.error, ...pair.whole('never').stream].join('')
    const bench = await start(answering({ stream: [...pair.half, andMore] }))
    const reply = await ask(bench, true)
    const { text, error } = read(reply)
    expect(text).toBe('Half an ')
    expect(error).toMatchObject({ type: 'overloaded_error', message: 'Overloaded' })
    expect(reply.text).not.toContain('never')
  })

  it.each(['event by event', 'byte by byte'] as const)(
    '11 mid-stream-error: content that is no JSON is an error, and goes no further (%s)',
    async (delivery) => {
      const bench = await start(answering({ stream: garbled(pair) }, delivery))
      const reply = await ask(bench, true)
      const { text, error } = read(reply)
      expect(text).toBe('Half an ')
      expect(error).toMatchObject({ type: vendor === MESSAGES ? 'api_error' : 'server_error' })
      expect(reply.text).not.toContain('ever')
      expect(await bench.recordOf(reply)).toMatchObject({ status: 'failed', errorCode: 'upstream_invalid_response' })
    },
  )

  it('11 mid-stream-error: content that is no JSON, before anything was sent, is no stream', async () => {
    const bench = await start(answering({ stream: garbled(pair) }, 'at once'))
    const reply = await ask(bench, true)
    expect([reply.status, reply.headers['x-ucr-error']]).toEqual([502, 'upstream_invalid_response'])
  })

  it('11 mid-stream-error: content that is no JSON cuts the connection with `streamFailure: cut`', async () => {
    const bench = await start(answering({ stream: garbled(pair) }), { streamFailure: 'cut' })
    const reply = await ask(bench, true)
    expect(reply).toMatchObject({ status: 200, cut: true })
    expect(reply.text).not.toContain('ever')
  })

  it('12 socket-reset-mid: a reset behind the last word takes nothing back', async () => {
    const bench = await start(breaking(pair.unclosed('Hi'), 'reset'))
    const reply = await ask(bench, true)
    expect(read(reply)).toEqual({ text: 'Hi', error: null })
    expect(await bench.recordOf(reply)).toMatchObject({ status: 'complete' })
  })

  it('24 late-usage-after-DONE: a vendor that has said all and hangs on does not hold the answer back', async () => {
    const bench = await start(async (_asked, reply) => {
      await reply.streamHead()
      await reply.write(chunked(pair.hanging('Hi')))
      await reply.closed
    })
    const reply = await ask(bench, true)
    expect(read(reply)).toEqual({ text: 'Hi', error: null })
    expect(await bench.recordOf(reply)).toMatchObject({ status: 'complete' })
  })

  it('36 ping-during-silence: pings come, and change nothing', async () => {
    const goOn = Promise.withResolvers<void>()
    const [opening = '', ...rest] = pair.whole('Hi').stream
    const bench = await start(
      async (_asked, reply) => {
        await reply.streamHead()
        await reply.write(chunked([opening]))
        await goOn.promise
        await reply.write(chunked(rest))
        await reply.lastChunk()
      },
      { server: { port: 0, pingInterval: '20ms' } },
    )
    const answer = await pair.open(bench)
    const events = []
    for (let event = await answer.next(); event !== null; event = await answer.next()) {
      events.push(event)
      if (event.text.includes('ping')) goOn.resolve()
    }
    expect(read({ events } as unknown as Answer)).toEqual({ text: 'Hi', error: null })
  })

  it('20 utf8-split: characters cut into single bytes arrive whole, at every write', async () => {
    const words = 'Grüße 👩‍👩‍👧 漢字 𝕏'
    const bench = await start(answering(pair.whole(words), 'byte by byte'))
    expect(read(await ask(bench, true))).toEqual({ text: words, error: null })
  })

  it('31 model-echo: the reply says the name that was asked for', async () => {
    const bench = await start(answering(pair.whole('Hi')))
    for (const stream of [true, false]) {
      const reply = await ask(bench, stream)
      expect(reply.text).toContain(`"model":"${ASKED}"`)
      expect(reply.text).not.toMatch(/gpt-5|claude-sonnet/)
      expect(reply.headers['x-ucr-model']).toBe(vendor.model)
    }
  })

  it.each([`far/${vendor.model}`, vendor.model, ASKED])(
    '31 model-echo: asked for as %s, however the vendor spells it and its bytes are cut',
    async (name) => {
      const { stream, whole } = pair.whole('"model": "Hi"')
      for (const spelled of ['"a-dated-name-2026-11-29"', '"\\u0061"', 'null', `"${name}"`]) {
        const spell = (text: string): string => text.replace(/"model":"[^"]*"/, `"model" : ${spelled}`)
        const vendorSays = { stream: stream.map(spell), whole: JSON.parse(spell(JSON.stringify(whole))) as Json }
        for (const delivery of DELIVERIES) {
          const bench = await start(answering(vendorSays, delivery), { models: { [name]: `far/${vendor.model}` } })
          for (const streamed of [true, false]) {
            const reply = await ask(bench, streamed, name)
            const sent = streamed
              ? vendorSays.stream.filter((event) => !event.includes('"choices":[],')).join('')
              : JSON.stringify(vendorSays.whole)
            const named = sent.replaceAll(/("model" ?: ?)(?:"[^"]*"|null)/g, `$1"${name}"`)
            if (plan === 'auto') expect(reply.text).toBe(named)
            else expect(modelsIn(reply)).toEqual([name])
            expect(reply.headers['x-ucr-model']).toBe(vendor.model)
          }
        }
      }
    },
  )

  it.each([true, false])('34 429-map: the wait is told, and no key (stream: %s)', async (stream) => {
    const body = { error: { type: 'rate_limit_error', message: `Slow down, ${VENDOR_KEY}` }, type: 'error' }
    const bench = await start((_asked, reply) => reply.answer(429, JSON.stringify(body), { 'retry-after': '7' }))
    const reply = await ask(bench, stream)
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, '7'])
    expect(reply.json()).toMatchObject({ error: { type: 'rate_limit_error' } })
    expect(reply.text).not.toContain(VENDOR_KEY)
  })

  it.each(['99999999', '-5', 'soon', 'Wed, 21 Oct 2015 07:28:00 GMT'])(
    '34 429-map: a wait of %s is nobody to obey',
    async (wait) => {
      const bench = await start((_asked, reply) => reply.answer(429, '{}', { 'retry-after': wait }))
      const { status, headers } = await ask(bench, false)
      expect(status).toBe(429)
      expect(Number(headers['retry-after'] ?? 0)).toBeLessThanOrEqual(3600)
    },
  )

  it.each([true, false])('35 html-500: the page stays inside (stream: %s)', async (stream) => {
    const page = '<html><h1>nginx on backend-17</h1></html>'
    const bench = await start((_asked, reply) => reply.answer(500, page, { 'content-type': 'text/html' }))
    const reply = await ask(bench, stream)
    expect([500, 502]).toContain(reply.status)
    expect(reply.text).not.toMatch(/<|backend-17/)
    expect(reply.json()).toHaveProperty('error.message')
  })

  it.each([
    '',
    '{}',
    '[]',
    'null',
    '"words"',
    '{"choices":[]}',
    '{"choices":[{}]}',
    '{"choices":[null]}',
    '{"type":"message"}',
    '{"type":"message","content":null,"stop_reason":"end_turn"}',
    '{"error":"nope"}',
    '{"error":{"message":"nope"}}',
    '{"choices":[{"index":0,"message":{"role":"assis',
  ])('35 html-500: a 200 that holds %s is no answer', async (body) => {
    const bench = await start((_asked, reply) => reply.answer(200, body))
    for (const stream of [true, false]) {
      const reply = await ask(bench, stream)
      expect([reply.status, reply.headers['content-type']]).toEqual([502, 'application/json'])
      expect(reply.json()).toHaveProperty('error.message')
      expect(reply.text).not.toContain('choices')
    }
  })

  it.each([204, 302, 418, 599])('35 html-500: a %s is an error that clients can read', async (status) => {
    const bench = await start((_asked, reply) => reply.answer(status, '', { location: 'http://127.0.0.1:9/' }))
    const reply = await ask(bench, true)
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.json()).toHaveProperty('error.message')
  })

  it.each(['', '"bad"', '{"detail":[{"msg":"field required","loc":["body","x"]}]}'])(
    '35 html-500: a 400 that says %s is put into the shape of the protocol',
    async (body) => {
      const bench = await start((_asked, reply) => reply.answer(400, body))
      const reply = await ask(bench, true)
      expect(reply.status).toBe(400)
      expect(reply.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
    },
  )

  it.each([403, 404])('35 html-500: a %s is not asked again by the SDKs', async (status) => {
    const body = '{"type":"error","error":{"message":"There is no such model.","type":"not_found_error"}}'
    const bench = await start((_asked, reply) => reply.answer(status, body))
    const reply = await ask(bench, true)
    expect([reply.status, reply.headers['x-should-retry']]).toEqual([status, 'false'])
  })
})

describe('a refusal that the client is to read as the vendor wrote it', () => {
  it.each(['auto', 'translate'])(
    '33 overflow-map: the words that Claude Code compacts on come through (plan %s)',
    async (plan) => {
      const message = 'prompt is too long: 210000 tokens > 200000 maximum'
      const body = { type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'req_011Far' }
      const bench = await startBench(MESSAGES, (_asked, reply) => reply.answer(400, JSON.stringify(body)), { plan })
      const reply = await bench.messages({ stream: true })
      expect(reply.status).toBe(400)
      expect(reply.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error', message } })
    },
  )

  it.each(['auto', 'translate'])("33 overflow-map: a Chat client gets OpenAI's code for it (plan %s)", async (plan) => {
    const message =
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
    const body = {
      error: { message, type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' },
    }
    const bench = await startBench(CHAT, (_asked, reply) => reply.answer(400, JSON.stringify(body)), { plan })
    const reply = await bench.chat()
    expect(reply.status).toBe(400)
    expect(reply.json()).toMatchObject({ error: { code: 'context_length_exceeded', type: 'invalid_request_error' } })
  })

  it("33 overflow-map: a Messages vendor's overflow reaches a Chat client under OpenAI's code", async () => {
    const message = 'prompt is too long: 210000 tokens > 200000 maximum'
    const body = { type: 'error', error: { type: 'invalid_request_error', message } }
    const bench = await startBench(MESSAGES, (_asked, reply) => reply.answer(400, JSON.stringify(body)))
    const reply = await bench.chat({ stream: true })
    expect(reply.status).toBe(400)
    expect(reply.json()).toMatchObject({ error: { code: 'context_length_exceeded' } })
  })
})
