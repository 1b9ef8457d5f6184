import { constants, createGzip, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import type { ProviderFile } from '../support/install.ts'
import type { ReceivedEvent } from '../support/read-sse.ts'
import { EVERY_SPEAKER, PAIRS, SPEAKERS, saying, wantsStream } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import type { Upstream, UpstreamReply, UpstreamScript } from '../support/upstream.ts'

interface Pair {
  readonly client: Speaker
  readonly vendor: Speaker
}

interface Setting extends Pair {
  readonly gateway: TestGateway
  readonly upstream: Upstream
  readonly label: string
  readonly ask: (stream: boolean, onText?: (text: string) => void) => Promise<Answer>
}

interface More {
  readonly config?: ConfigFile
  readonly settings?: Partial<ProviderFile>
}

/** A gateway before one vendor. One try for each request, unless the config says more. */
async function setUp({ client, vendor }: Pair, script: UpstreamScript, more: More = {}): Promise<Setting> {
  const upstream = await vendorOf(script)
  const gateway = await install({
    providers: [provider('far', vendor, upstream.url, more.settings)],
    retry: { attempts: 1 },
    ...more.config,
  })
  const ask: Setting['ask'] = (stream, onText) =>
    generate(gateway, client, `far/${vendor.model}`, { stream }, {}, onText)
  return { client, vendor, gateway, upstream, label: `${client.type} client, ${vendor.type} vendor`, ask }
}

/** Runs the test with each client before each vendor, at the same time. */
async function everyPair(test: (pair: Pair) => Promise<void>): Promise<void> {
  await Promise.all(PAIRS.map((pair) => test(pair)))
}

async function sendOpening(vendor: Speaker, reply: UpstreamReply): Promise<void> {
  await reply.streamHead()
  for (const event of vendor.opening('Half an ')) await reply.chunk(event)
}

/** Sends the same for as long as anybody listens. */
async function flood(reply: UpstreamReply, bytes: string): Promise<void> {
  while (!reply.socket.destroyed) await reply.chunk(bytes)
}

/** How a stream that has begun can end too early. */
interface Break {
  readonly name: string
  readonly how: (vendor: Speaker, reply: UpstreamReply) => Promise<void> | void
  readonly status: string
  readonly errorCode: string
  /** The error's type for a client of each protocol. */
  readonly types: Readonly<Record<Speaker['type'], string>>
}

const API = { anthropic: 'api_error', openai: 'server_error' }

const BREAKS: readonly Break[] = [
  {
    name: 'the connection is reset',
    how: (_vendor, reply) => reply.reset(),
    status: 'upstream_truncated',
    errorCode: 'upstream_truncated',
    types: API,
  },
  {
    name: 'the connection is closed without an end of the body',
    how: (_vendor, reply) => reply.halfClose(),
    status: 'upstream_truncated',
    errorCode: 'upstream_truncated',
    types: API,
  },
  {
    name: 'the body ends without the last events',
    how: (_vendor, reply) => reply.lastChunk(),
    status: 'upstream_truncated',
    errorCode: 'upstream_truncated',
    types: API,
  },
  {
    name: 'the body ends in the middle of an event',
    how: async (vendor, reply) => {
      await reply.chunk(vendor.rest('answer')[0]?.slice(0, 40) ?? '')
      await reply.lastChunk()
    },
    status: 'upstream_truncated',
    errorCode: 'upstream_truncated',
    types: API,
  },
  {
    name: 'the vendor falls silent',
    how: (_vendor, reply) => reply.closed,
    status: 'failed',
    errorCode: 'upstream_timeout',
    types: { anthropic: 'timeout_error', openai: 'timeout_error' },
  },
  {
    name: 'an event holds something that is no JSON',
    how: async (vendor, reply) => {
      const finish = vendor.rest('').find((event) => /"(?:end_turn|stop)"/.test(event)) ?? ''
      await reply.chunk(finish.replace('{', '{"half": nothing, '))
      for (const event of vendor.rest('answer')) await reply.chunk(event)
      await reply.lastChunk()
    },
    status: 'failed',
    errorCode: 'upstream_invalid_response',
    types: API,
  },
  {
    name: 'words come in something that is no JSON',
    how: async (vendor, reply) => {
      const [words = '', ...others] = vendor.rest('answer')
      await reply.chunk(words.replace('"answer"', '"answer'))
      for (const event of others) await reply.chunk(event)
      await reply.lastChunk()
    },
    status: 'failed',
    errorCode: 'upstream_invalid_response',
    types: API,
  },
  {
    name: 'the vendor sends an error event',
    how: async (vendor, reply) => {
      await reply.chunk(vendor.errorEvent('Overloaded'))
      await reply.lastChunk()
    },
    status: 'failed',
    errorCode: 'upstream_overloaded',
    types: { anthropic: 'overloaded_error', openai: 'overloaded_error' },
  },
  {
    name: 'an event never ends',
    how: async (_vendor, reply) => {
      await reply.chunk('data: {"content":"')
      await flood(reply, 'x'.repeat(16 * 1024))
    },
    status: 'failed',
    errorCode: 'upstream_too_large',
    types: API,
  },
  {
    name: 'the chunks are no chunks any more',
    how: (_vendor, reply) => reply.write('this is no chunk\r\n'),
    status: 'failed',
    errorCode: 'upstream_invalid_response',
    types: API,
  },
]

const STRICT = { config: { server: { maxEventSize: '64kb' } }, settings: { timeouts: { idle: '100ms' } } }

/** When the client has the begin of the answer: what fails before is an error with a status. */
function beginning(): { readonly begun: Promise<void>; readonly onText: (text: string) => void } {
  const { promise: begun, resolve } = Promise.withResolvers<void>()
  return { begun, onText: (text) => void (text.includes('Half an ') && resolve()) }
}

describe('a stream that has begun ends with an error in the words of the client when', () => {
  it.each(BREAKS)('$name', async ({ how, status, errorCode, types }) => {
    await everyPair(async (pair) => {
      const { begun, onText } = beginning()
      const { client, vendor, gateway, upstream, label, ask } = await setUp(
        pair,
        async (_asked, reply) => {
          await sendOpening(pair.vendor, reply)
          await begun
          await how(pair.vendor, reply)
        },
        STRICT,
      )
      const answer = await ask(true, onText)
      expect(answer.status, label).toBe(200)
      expect(answer.cut, label).toBe(false)
      expect(answer.text, label).toContain('Half an ')
      expect(answer.text, label).not.toContain('"answer')
      expect(client.errorOf(answer)['type'], label).toBe(types[client.type])
      expect(answer.text, label).not.toMatch(/message_stop|\[DONE\]/)
      expect(upstream.requests, label).toHaveLength(1)
      expect(await recordOf(gateway, answer.headers['request-id']), label).toMatchObject({
        status,
        errorCode,
        httpStatus: 200,
        provider: 'far',
        model: vendor.model,
        stream: true,
        attempts: 1,
      })
    })
  })

  it.each(BREAKS)('or, with streamFailure "cut", is cut when $name', async ({ how, status, errorCode }) => {
    await everyPair(async (pair) => {
      const { begun, onText } = beginning()
      const { gateway, label, ask } = await setUp(
        pair,
        async (_asked, reply) => {
          await sendOpening(pair.vendor, reply)
          await begun
          await how(pair.vendor, reply)
        },
        { ...STRICT, config: { ...STRICT.config, streamFailure: 'cut' } },
      )
      const answer = await ask(true, onText)
      expect(answer.cut, label).toBe(true)
      expect(answer.text, label).toContain('Half an ')
      expect(answer.text, label).not.toContain('"error"')
      expect(await recordOf(gateway, answer.headers['request-id']), label).toMatchObject({ status, errorCode })
    })
  })
})

/** An answer that is none, although its status says that all is well, or that it is elsewhere. */
const PRETENCES: readonly (readonly [name: string, give: (vendor: Speaker, reply: UpstreamReply) => unknown])[] = [
  ['an error with status 200', (vendor, reply) => reply.answer(200, JSON.stringify(vendor.error('Out of luck.')))],
  ['a page with status 200', (_vendor, reply) => reply.answer(200, '<html></html>', { 'content-type': 'text/html' })],
  ['an empty body', (_vendor, reply) => reply.answer(200, '')],
  ['JSON that is no answer', (_vendor, reply) => reply.answer(200, '{"status":"ok"}')],
  ['JSON that is no object', (_vendor, reply) => reply.answer(200, '["message"]')],
  ['status 204', (_vendor, reply) => reply.head(204)],
  ['status 201 with an answer', (vendor, reply) => reply.answer(201, JSON.stringify(vendor.whole('No.')))],
  ['half of the JSON', (vendor, reply) => reply.answer(200, JSON.stringify(vendor.whole('Hello')).slice(0, 80))],
  [
    'less than its length',
    async (vendor, reply) => {
      const body = JSON.stringify(vendor.whole('Hello'))
      await reply.head(200, { 'content-type': 'application/json', 'content-length': String(body.length) })
      await reply.write(body.slice(0, 80))
      reply.halfClose()
    },
  ],
  [
    'two lengths',
    (_vendor, reply) => reply.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} '),
  ],
  [
    'a head that is too large',
    (_vendor, reply) => reply.answer(200, '{}', { 'x-large': 'x'.repeat(256 * 1024) }).catch(() => {}),
  ],
  [
    'broken gzip data',
    (_vendor, reply) => reply.answer(200, 'this was never compressed', { 'content-encoding': 'gzip' }),
  ],
]

describe('instead of an answer comes', () => {
  it.each(PRETENCES)('%s: a failure of the vendor in the words of the client', async (_name, give) => {
    await everyPair(async (pair) => {
      for (const stream of [false, true]) {
        const { client, gateway, label, ask } = await setUp(pair, async (_asked, reply) => {
          await give(pair.vendor, reply)
        })
        const answer = await ask(stream)
        // Only an error that says so itself is a 500.
        expect([500, 502], `${label}: ${answer.text}`).toContain(answer.status)
        expect(client.errorOf(answer)['type'], label).toBe(API[client.type])
        expect(await recordOf(gateway, answer.headers['request-id']), label).toMatchObject({
          status: 'failed',
          httpStatus: answer.status,
          errorCode: answer.headers['x-ucr-error'],
        })
      }
    })
  })

  it.each([301, 302, 303, 307, 308])('a redirect (%i), which nobody follows', async (status) => {
    const elsewhere = await vendorOf(saying(SPEAKERS.chat, 'From elsewhere.'))
    await everyPair(async (pair) => {
      const { label, ask } = await setUp(pair, (_asked, reply) =>
        reply.answer(status, '', { location: `${elsewhere.url}/v1/chat/completions` }),
      )
      expect((await ask(false)).status, label).toBe(502)
      expect((await ask(true)).status, label).toBe(502)
    })
    expect(elsewhere.connections).toBe(0)
  })

  it('an error page without end: the client need not wait for it', async () => {
    await everyPair(async (pair) => {
      const { label, ask, upstream } = await setUp(pair, async (_asked, reply) => {
        await reply.head(500, { 'content-type': 'text/html', 'transfer-encoding': 'chunked' })
        await flood(reply, '<p>Sorry.</p>'.repeat(1000))
      })
      expect((await ask(false)).status, label).toBe(500)
      expect(upstream.requests, label).toHaveLength(1)
    })
  })

  it('an error in no language: its status is kept, and nothing of it is told', async () => {
    await everyPair(async (pair) => {
      const page = '<html><title>proxy-7.internal</title>Traceback (most recent call last)</html>'
      const { client, label, ask } = await setUp(pair, (_asked, reply) =>
        reply.answer(500, page, { 'content-type': 'text/html' }),
      )
      const answer = await ask(false)
      expect(answer.status, label).toBe(500)
      expect(answer.headers['content-type'], label).toBe('application/json')
      expect(answer.text, label).not.toMatch(/proxy-7|Traceback|html/)
      expect(client.errorOf(answer)['type'], label).toBe(API[client.type])
    })
  })

  it('half of the JSON, once: the second try is the answer', async () => {
    await everyPair(async (pair) => {
      const { client, upstream, label, ask } = await setUp(
        pair,
        async (asked, reply) => {
          const body = JSON.stringify(pair.vendor.whole('Hello'))
          if (upstream.requests.length === 1) await reply.answer(200, body.slice(0, 80))
          else await saying(pair.vendor, 'Hello')(asked, reply)
        },
        { config: { retry: { attempts: 2 } } },
      )
      const answer = await ask(false)
      expect(client.wordsOf(answer), label).toBe('Hello')
      expect(answer.headers['x-ucr-attempts'], label).toBe('2')
    })
  })

  it('half of the JSON, always: two tries, then 502', async () => {
    await everyPair(async (pair) => {
      const { upstream, label, ask } = await setUp(
        pair,
        (_asked, reply) => reply.answer(200, JSON.stringify(pair.vendor.whole('Hello')).slice(0, 80)),
        { config: { retry: { attempts: 2 } } },
      )
      expect((await ask(false)).status, label).toBe(502)
      expect(upstream.requests, label).toHaveLength(2)
    })
  })

  it('an answer larger than allowed', async () => {
    await everyPair(async (pair) => {
      const { label, ask } = await setUp(
        pair,
        (_asked, reply) => reply.answer(200, JSON.stringify(pair.vendor.whole('x'.repeat(100_000)))),
        { config: { server: { maxAnswerSize: '64kb' } } },
      )
      const answer = await ask(false)
      expect(answer.status, label).toBe(502)
      expect(answer.headers['x-ucr-error'], label).toBe('upstream_too_large')
    })
  })
})

describe('time limits', () => {
  it('total: a stream that goes on and on ends with an error', async () => {
    await everyPair(async (pair) => {
      const { client, gateway, label, ask } = await setUp(
        pair,
        async (_asked, reply) => {
          await reply.streamHead()
          for (const event of pair.vendor.opening('Half an ')) await reply.chunk(event)
          await flood(reply, pair.vendor.opening(' and on').at(-1) ?? '')
        },
        { settings: { timeouts: { total: '150ms' } } },
      )
      const answer = await ask(true)
      expect(client.errorOf(answer)['type'], label).toBe('timeout_error')
      expect(await recordOf(gateway, answer.headers['request-id']), label).toMatchObject({
        status: 'failed',
        errorCode: 'upstream_timeout',
      })
    })
  })

  it('idle: comments keep a stream alive, as the vendor is', async () => {
    await everyPair(async (pair) => {
      const comment = ': keep-alive\n\n'
      const beats = Array.from({ length: 40 }, () => Promise.withResolvers<void>())
      const { client, vendor, gateway, label } = await setUp(
        pair,
        async (_asked, reply) => {
          await reply.streamHead()
          for (const { promise } of beats) {
            await promise
            await reply.chunk(comment)
          }
          for (const event of pair.vendor.stream('At last.')) await reply.chunk(event)
          await reply.lastChunk()
        },
        // The gateway's own pings tell the time: there are more of them than go into the limit.
        { config: { server: { pingInterval: '25ms' } }, settings: { timeouts: { idle: '500ms' } } },
      )
      const answer = await generateOpen(gateway, client, `far/${vendor.model}`)
      const isBeat = (event: ReceivedEvent): boolean => client.isPing(event) && event.text !== comment
      const events: ReceivedEvent[] = []
      for (const { resolve } of beats) {
        events.push(...(await answer.until(isBeat)))
        resolve()
      }
      events.push(...(await answer.until(() => false)))
      expect(client.wordsOf({ text: '', events }), label).toBe('At last.')
    })
  })

  it('whole: an answer in one piece has more time than a stream', async () => {
    await everyPair(async (pair) => {
      const late = Promise.withResolvers<void>()
      const { client, upstream, label, ask } = await setUp(
        pair,
        async (asked, reply) => {
          if (wantsStream(asked)) return
          await late.promise
          await saying(pair.vendor, 'At last.')(asked, reply)
        },
        { settings: { timeouts: { firstByte: '60ms', wholeAnswer: '1h' } } },
      )
      const whole = ask(false)
      await upstream.nextRequest()
      // Asked for later, and out of time: so the other has waited for longer than that.
      expect((await ask(true)).status, label).toBe(504)
      late.resolve()
      expect(client.wordsOf(await whole), label).toBe('At last.')
    })
  })
})

describe('odd bytes that are no faults:', () => {
  it('invalid UTF-8 passes as it is between the same protocols and becomes U+FFFD otherwise', async () => {
    const bad = Buffer.from([0xc3, 0x28, 0xff])
    const withBad = (text: string): Buffer => {
      const [before = '', after = ''] = text.split('¤', 2)
      return Buffer.concat([Buffer.from(before), bad, Buffer.from(after)])
    }
    await everyPair(async (pair) => {
      const { client, vendor, gateway, label } = await setUp(pair, async (asked, reply) => {
        if (!wantsStream(asked)) return reply.answer(200, withBad(JSON.stringify(pair.vendor.whole('a¤b'))))
        await reply.streamHead()
        for (const event of pair.vendor.stream('a¤b')) await reply.chunk(event.includes('¤') ? withBad(event) : event)
        return reply.lastChunk()
      })
      for (const stream of [false, true]) {
        const reply = await fetch(`${gateway.url}${client.path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...client.headers },
          body: JSON.stringify(client.request(`far/${vendor.model}`, { stream })),
        })
        const bytes = Buffer.from(await reply.arrayBuffer())
        expect(bytes.includes(client === vendor ? bad : '\ufffd(\ufffd'), `${label} ${bytes.toString()}`).toBe(true)
      }
    })
  })

  it('characters that are cut by the packets', async () => {
    await everyPair(async (pair) => {
      const { client, label, ask } = await setUp(pair, async (_asked, reply) => {
        await reply.streamHead()
        const bytes = Buffer.from(pair.vendor.stream('Grüße 🎈 用').join(''))
        for (let at = 0; at < bytes.length; at += 3) await reply.chunk(bytes.subarray(at, at + 3))
        await reply.lastChunk()
      })
      expect(client.wordsOf(await ask(true)), label).toBe('Grüße 🎈 用')
    })
  })

  it('carriage returns, comments and a byte order mark', async () => {
    await everyPair(async (pair) => {
      const { client, label, ask } = await setUp(pair, async (_asked, reply) => {
        await reply.streamHead()
        const text = pair.vendor.stream('Hello').join(': OPENROUTER PROCESSING\n\n')
        await reply.chunk(`\ufeff${text.replaceAll('\n', '\r\n')}`)
        await reply.lastChunk()
      })
      expect(client.wordsOf(await ask(true)), label).toBe('Hello')
    })
  })

  it.each(EVERY_SPEAKER)('a message that begins twice with one id, for $type clients', async (client) => {
    const vendor = SPEAKERS.messages
    const [start = '', ...others] = vendor.stream('Hello')
    const { ask } = await setUp({ client, vendor }, async (_asked, reply) => {
      await reply.streamHead()
      for (const event of [start, start, ...others]) await reply.chunk(event)
      await reply.lastChunk()
    })
    expect(client.wordsOf(await ask(true))).toBe('Hello')
  })

  it.each(EVERY_SPEAKER)('but not two messages in one stream, for $type clients', async (client) => {
    const vendor = SPEAKERS.messages
    const [start = '', ...others] = vendor.stream('Hello')
    const other = start.replace('msg_01Far', 'msg_01Other')
    const { ask, gateway } = await setUp({ client, vendor }, async (_asked, reply) => {
      await reply.streamHead()
      for (const event of [start, ...others.slice(0, 2), other, ...others.slice(2)]) await reply.chunk(event)
      await reply.lastChunk()
    })
    const answer = await ask(true)
    expect(client.errorOf(answer)['type']).toBe(API[client.type])
    expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({
      errorCode: 'upstream_invalid_response',
    })
  })

  it('a compressed answer', async () => {
    await everyPair(async (pair) => {
      const { client, label, ask } = await setUp(pair, (_asked, reply) =>
        reply.answer(200, gzipSync(JSON.stringify(pair.vendor.whole('Hello'))), { 'content-encoding': 'gzip' }),
      )
      const answer = await ask(false)
      expect(client.wordsOf(answer), label).toBe('Hello')
      expect(answer.headers, label).not.toHaveProperty('content-encoding')
    })
  })

  it('a compressed stream: each event arrives when the vendor has said it', async () => {
    await everyPair(async (pair) => {
      const seen = Promise.withResolvers<void>()
      const { client, vendor, gateway, label } = await setUp(pair, async (_asked, reply) => {
        const gzip = createGzip()
        const flushed = (text: string): Promise<void> =>
          new Promise((resolve) => {
            gzip.write(text)
            gzip.flush(constants.Z_SYNC_FLUSH, () => resolve(reply.chunk(gzip.read() as Buffer)))
          })
        await reply.streamHead({ 'content-encoding': 'gzip' })
        await flushed(pair.vendor.opening('Half an ').join(''))
        await seen.promise
        await flushed(pair.vendor.rest('answer.').join(''))
        await reply.lastChunk()
      })
      const answer = await generateOpen(gateway, client, `far/${vendor.model}`)
      const before = await answer.until(({ data }) => data.includes('Half an '))
      seen.resolve()
      const after = await answer.until(() => false)
      expect(client.wordsOf({ text: '', events: [...before, ...after] }), label).toBe('Half an answer.')
    })
  })

  it('early hints before the answer', async () => {
    await everyPair(async (pair) => {
      const { client, label, ask } = await setUp(pair, async (asked, reply) => {
        await reply.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')
        await saying(pair.vendor, 'Hello')(asked, reply)
      })
      expect(client.wordsOf(await ask(true)), label).toBe('Hello')
    })
  })
})
