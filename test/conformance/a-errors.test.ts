import { describe, expect, it } from 'vitest'
import { DONE, OPENING, call, chatStream, event, text } from './chat-vendor.ts'
import { CHAT, VENDOR_KEY, answering, answeringInTurn, chunked, startBench, wantsStream } from './harness.ts'
import type { Answer, Bench } from './harness.ts'
import { readMessagesStream } from './messages-stream.ts'
import type { UpstreamScript } from '../support/upstream.ts'

/** A stream that breaks off behind these events. */
function breaking(events: readonly string[], end: 'close' | 'reset'): UpstreamScript {
  return async (_asked, reply) => {
    await reply.streamHead()
    await reply.write(chunked(events))
    if (end === 'reset') return reply.reset()
    await reply.lastChunk()
  }
}

/** The client saw how the answer failed, and nothing that looks like its end. */
function expectFailedStream(answer: Answer): void {
  const { error, content } = readMessagesStream(answer.events)
  expect(error).toMatchObject({ type: 'api_error', message: expect.stringMatching(/\S/) as unknown })
  expect(answer.text).not.toContain('message_stop')
  expect(answer.text).not.toContain('stop_reason":"')
  expect(content).toEqual([{ type: 'text', text: 'Half an ' }])
}

async function statusOf(bench: Bench, answer: Answer): Promise<unknown> {
  return (await bench.recordOf(answer))['status']
}

describe('a Chat vendor whose stream breaks', () => {
  const HALF = [OPENING, text('Half an ')]

  it('10 truncated-no-finish: a stream that just ends is an error, and the record says truncated', async () => {
    const bench = await startBench(CHAT, breaking(HALF, 'close'))
    const answer = await bench.messages({ stream: true })
    expectFailedStream(answer)
    expect(await statusOf(bench, answer)).toBe('upstream_truncated')
  })

  it('10 truncated-no-finish: with `streamFailure: cut` the connection is cut instead', async () => {
    const bench = await startBench(CHAT, breaking(HALF, 'close'), { streamFailure: 'cut' })
    const answer = await bench.messages({ stream: true })
    expect(answer.cut).toBe(true)
    expect(answer.text).not.toContain('event: error')
    expect(answer.text).not.toContain('message_stop')
    expect(await statusOf(bench, answer)).toBe('upstream_truncated')
  })

  it('10 truncated-no-finish: before its first event it is tried again, and the client sees a whole answer', async () => {
    const bench = await startBench(
      CHAT,
      answeringInTurn(breaking([], 'close'), answering({ stream: chatStream([text('Hi')]) })),
      { retry: { attempts: 2, budget: 1 } },
    )
    const answer = await bench.messages({ stream: true })
    expect(readMessagesStream(answer.events).content).toEqual([{ type: 'text', text: 'Hi' }])
    expect(answer.headers['x-ucr-attempts']).toBe('2')
  })

  it.each([
    ['in the middle of arguments', [text('Half an '), call(0, 'call_a', 'first', '{"x":')], 200],
    ['where nothing was said', [], 200],
    ['where nothing was sent', null, 502],
  ] as const)('10 truncated-no-finish: a [DONE] %s is no end', async (_, events, status) => {
    const stream = events === null ? [DONE] : [OPENING, ...events, DONE]
    const bench = await startBench(CHAT, answering({ stream }))
    const answer = await bench.messages({ stream: true })
    expect(answer.status).toBe(status)
    expect(answer.text).toContain('"type":"error"')
    expect(answer.text).not.toContain('message_stop')
    expect(await statusOf(bench, answer)).toBe('upstream_truncated')
  })

  it('10 truncated-no-finish: a [DONE] behind whole words is one', async () => {
    const bench = await startBench(CHAT, answering({ stream: [OPENING, text('Hi'), DONE] }))
    const { error, message } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect([error, message['stop_reason']]).toEqual([null, 'end_turn'])
  })

  it('11 mid-stream-error: the error is the last event, whatever the vendor sends behind it', async () => {
    const failure = event({
      error: { message: 'The engine is on fire', type: 'server_error', param: null, code: null },
    })
    const andMore = [failure, ...chatStream([text(' never')])].join('')
    const bench = await startBench(CHAT, answering({ stream: [...HALF, andMore] }))
    const answer = await bench.messages({ stream: true })
    expectFailedStream(answer)
    expect(answer.events.filter(({ event: name }) => name === 'error')).toHaveLength(1)
    expect(answer.text).not.toContain('never')
    expect(await statusOf(bench, answer)).toBe('failed')
  })

  it('11 mid-stream-error: words that come with it in one piece are not lost', async () => {
    const failure = event({ error: { message: 'The engine is on fire' } })
    const bench = await startBench(CHAT, answering({ stream: [...HALF, text('answer') + failure] }))
    const { content, error } = readMessagesStream((await bench.messages({ stream: true })).events)
    expect([content, error?.['message']]).toEqual([[{ type: 'text', text: 'Half an answer' }], 'The engine is on fire'])
  })

  it('11 mid-stream-error: as the first event it is a status, for nothing was promised yet', async () => {
    const failure = event({ error: { message: 'Overloaded', type: 'overloaded_error', code: 529 } })
    const bench = await startBench(CHAT, answering({ stream: [failure] }))
    const answer = await bench.messages({ stream: true })
    expect(answer.status).toBe(529)
    expect(answer.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
  })

  it('12 socket-reset-mid: a reset after the first delta is an error, never a clean end', async () => {
    const bench = await startBench(CHAT, breaking(HALF, 'reset'))
    const answer = await bench.messages({ stream: true })
    expectFailedStream(answer)
    expect(await statusOf(bench, answer)).toBe('upstream_truncated')
  })

  it('12 socket-reset-mid: a whole answer that is cut is a 502', async () => {
    const bench = await startBench(CHAT, async (_asked, reply) => {
      await reply.head(200, { 'content-type': 'application/json', 'content-length': '1000' })
      await reply.write('{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"Half')
      reply.reset()
    })
    const answer = await bench.messages()
    expect(answer.status).toBe(502)
    expect(answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })
})

describe('a Chat vendor that refuses', () => {
  const OVERFLOW = {
    error: {
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 150000 tokens. Please reduce the length of the messages.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  }

  it.each([true, false])(
    '33 overflow-map: the message is the one that clients compact on (stream: %s)',
    async (stream) => {
      const bench = await startBench(CHAT, (_asked, reply) => reply.answer(400, JSON.stringify(OVERFLOW)))
      const answer = await bench.messages({ stream })
      expect(answer.status).toBe(400)
      expect(answer.json()).toMatchObject({
        type: 'error',
        error: { type: 'invalid_request_error', message: 'prompt is too long: 150000 tokens > 128000 maximum' },
      })
      expect(answer.headers['x-should-retry']).toBe('false')
    },
  )

  it.each([true, false])(
    '34 429-map: the wait is told, and nothing of the inside of anyone (stream: %s)',
    async (stream) => {
      const body = {
        error: {
          message: `Rate limit reached for org-Abc123Def456 with key ${VENDOR_KEY}. See https://platform.openai.com/account/rate-limits\n    at handle (/srv/app/limit.js:10:5)`,
          type: 'requests',
          code: 'rate_limit_exceeded',
          stack: 'Error: at /srv/app/limit.js:10:5',
        },
      }
      const bench = await startBench(CHAT, (_asked, reply) =>
        reply.answer(429, JSON.stringify(body), { 'retry-after': '7', 'x-request-id': 'req_far' }),
      )
      const answer = await bench.messages({ stream })
      expect(answer.status).toBe(429)
      expect(answer.headers['retry-after']).toBe('7')
      expect(answer.headers['request-id']).toMatch(/^[A-Za-z0-9]{20,}$/)
      expect(answer.json()).toMatchObject({
        type: 'error',
        error: { type: 'rate_limit_error' },
        request_id: answer.headers['request-id'],
      })
      for (const secret of [VENDOR_KEY, 'org-Abc', 'https://', '/srv/', 'stack', bench.upstream.url]) {
        expect(answer.text).not.toContain(secret)
      }
      expect(bench.gateway.logText()).not.toContain(VENDOR_KEY)
    },
  )

  it.each([true, false])('35 html-500: the page stays in the debug log (stream: %s)', async (stream) => {
    const page = '<!DOCTYPE html><html><body><h1>500</h1><p>nginx on backend-17</p></body></html>'
    const bench = await startBench(CHAT, (_asked, reply) => reply.answer(500, page, { 'content-type': 'text/html' }))
    const answer = await bench.messages({ stream })
    expect([500, 502]).toContain(answer.status)
    expect(answer.headers['content-type']).toContain('application/json')
    expect(answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
    expect(answer.text).not.toMatch(/<|nginx|backend-17/)
    const logged = await bench.gateway.logged((line) => line['msg'] === 'upstream error body')
    expect(logged).toMatchObject({ level: 'debug', body: expect.stringContaining('backend-17') as unknown })
  })

  it('35 html-500: a page with status 200 is a failure too', async () => {
    const bench = await startBench(CHAT, (asked, reply) => {
      const page = '<html><title>Sign in to the Wi-Fi</title></html>'
      return reply.answer(200, page, { 'content-type': wantsStream(asked) ? 'text/html' : 'text/html; charset=utf-8' })
    })
    for (const stream of [true, false]) {
      const answer = await bench.messages({ stream })
      expect(answer.status).toBe(502)
      expect(answer.text).not.toContain('Wi-Fi')
    }
  })
})
