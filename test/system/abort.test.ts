import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, vendorOf } from '../support/install.ts'
import { RawClient, dechunk, getOf, postOf } from '../support/raw-client.ts'
import { collectSse } from '../support/read-sse.ts'
import { EVERY_SPEAKER, PAIRS, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { untilStill } from '../support/still.ts'
import type { Upstream, UpstreamReply, UpstreamScript } from '../support/upstream.ts'

interface Scene {
  readonly gateway: TestGateway
  readonly upstream: Upstream
  readonly client: RawClient
  /** The vendor's side of its first request, once that is there. */
  readonly asked: Promise<UpstreamReply>
}

/** A gateway before one vendor, and a client that has just asked. */
async function begin(
  { client, vendor }: { readonly client: Speaker; readonly vendor: Speaker },
  more: { readonly script?: UpstreamScript; readonly stream?: boolean; readonly config?: ConfigFile } = {},
): Promise<Scene> {
  const asked = Promise.withResolvers<UpstreamReply>()
  const upstream = await vendorOf(async (request, reply) => {
    asked.resolve(reply)
    await more.script?.(request, reply)
  })
  const gateway = await install({ providers: [provider('far', vendor, upstream.url)], ...more.config })
  const raw = await connect(gateway)
  raw.send(requestOf(client, vendor, more.stream ?? true))
  return { gateway, upstream, client: raw, asked: asked.promise }
}

async function connect({ url }: TestGateway): Promise<RawClient> {
  const client = await RawClient.open(Number(new URL(url).port))
  onTestFinished(() => client.destroy())
  return client
}

function requestOf(client: Speaker, { model }: Speaker, stream: boolean): Buffer {
  const fields = Object.entries(client.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return postOf(client.path, JSON.stringify(client.request(`far/${model}`, { stream })), fields.join(''))
}

/** The access line of the only request. */
function record({ logged }: Pick<TestGateway, 'logged'>): Promise<Json> {
  return logged((line) => line['msg'] === 'request')
}

const everyPair = (test: (pair: (typeof PAIRS)[number]) => Promise<void>) =>
  Promise.all(PAIRS.map((pair) => test(pair)))

async function sendOpening(vendor: Speaker, reply: UpstreamReply): Promise<void> {
  await reply.streamHead()
  for (const event of vendor.opening('Half an ')) await reply.chunk(event)
}

describe('a client that leaves closes the connection to the vendor', () => {
  it.each([true, false])('before the vendor has said a word (stream: %s)', async (stream) => {
    await everyPair(async (pair) => {
      const { gateway, client, asked } = await begin(pair, { stream })
      const { closed } = await asked
      client.destroy()
      await closed
      expect(await record(gateway)).toMatchObject({
        status: 'client_closed',
        httpStatus: 499,
        errorCode: null,
        provider: 'far',
        attempts: 1,
        stream,
      })
    })
  })

  it('with a reset, too', async () => {
    await everyPair(async (pair) => {
      const { gateway, client, asked } = await begin(pair)
      const { closed } = await asked
      client.socket.resetAndDestroy()
      await closed
      expect(await record(gateway)).toMatchObject({ status: 'client_closed' })
    })
  })

  it('in the middle of a stream, and the tokens so far are in the log', async () => {
    await everyPair(async (pair) => {
      const { gateway, client, asked } = await begin(pair, {
        script: (_asked, reply) => sendOpening(pair.vendor, reply),
      })
      const { closed } = await asked
      await client.until((text) => text.includes('Half an '))
      client.destroy()
      await closed
      const line = await record(gateway)
      expect(line).toMatchObject({ status: 'client_closed', httpStatus: 200, provider: 'far' })
      expect(line['replyBytes']).toBeGreaterThan(0)
      if (pair.vendor === SPEAKERS.messages) expect(line).toMatchObject({ inputTokens: 110, outputTokens: 1 })
    })
  })

  it('in the middle of an answer that is not streamed', async () => {
    await everyPair(async (pair) => {
      const { gateway, client, asked } = await begin(pair, {
        stream: false,
        script: async (_asked, reply) => {
          await reply.head(200, { 'content-type': 'application/json', 'content-length': '1000' })
          await reply.write('{"id":')
        },
      })
      const { closed } = await asked
      client.destroy()
      await closed
      expect(await record(gateway)).toMatchObject({ status: 'client_closed', httpStatus: 499 })
    })
  })

  it('while it had stopped to read', async () => {
    await everyPair(async (pair) => {
      let sent = 0
      const words = pair.vendor.opening('x'.repeat(32 * 1024)).at(-1) ?? ''
      const { gateway, client, asked } = await begin(pair, {
        script: async (_asked, reply) => {
          await reply.streamHead()
          for (const event of pair.vendor.opening('Half an ')) await reply.chunk(event)
          const send = (): void => {
            for (let room = true; room && !reply.socket.destroyed; sent++) {
              room = reply.socket.write(`${words.length.toString(16)}\r\n${words}\r\n`)
            }
          }
          reply.socket.on('drain', send)
          send()
        },
      })
      const { closed, socket } = await asked
      client.socket.pause()
      await untilStill(
        () => sent,
        () => ask(`${gateway.url}/health/live`),
      )
      expect(socket.writableNeedDrain).toBe(true)
      client.destroy()
      await closed
      expect(await record(gateway)).toMatchObject({ status: 'client_closed', httpStatus: 200 })
    })
  })

  it('behind pings that told it that all is well', async () => {
    await everyPair(async (pair) => {
      const { gateway, client, asked } = await begin(pair, { config: { server: { pingInterval: '20ms' } } })
      const { closed } = await asked
      await client.until((text) => /ping|: /.test(text.slice(text.indexOf('\r\n\r\n'))))
      client.destroy()
      await closed
      expect(await record(gateway)).toMatchObject({ status: 'client_closed', httpStatus: 200 })
    })
  })

  it('and a fallback is asked no more', async () => {
    const { chat } = SPEAKERS
    const second = await vendorOf(saying(chat, 'From the second.'))
    const first = await vendorOf(() => {})
    const gateway = await install({
      providers: [provider('first', chat, first.url), provider('second', chat, second.url)],
      models: { any: ['first/gpt-5.5', 'second/gpt-5.5'] },
    })
    const client = await connect(gateway)
    client.send(postOf(chat.path, JSON.stringify(chat.request('any'))))
    await first.nextRequest()
    client.destroy()
    expect(await record(gateway)).toMatchObject({ status: 'client_closed', attempts: 1 })
    expect(second.connections).toBe(0)
  })
})

describe('a client that leaves', () => {
  it('while the gateway waits for its next try: there is none', async () => {
    await everyPair(async (pair) => {
      const { gateway, upstream, client } = await begin(pair, {
        script: (_asked, reply) =>
          reply.answer(503, JSON.stringify(pair.vendor.error('Later.')), { 'retry-after': '5' }),
      })
      const attempt = await gateway.logged(({ msg }) => msg === 'attempt failed')
      expect(attempt).toMatchObject({ errorCode: 'upstream_overloaded', willRetry: true })
      client.destroy()
      expect(await record(gateway)).toMatchObject({ status: 'client_closed', httpStatus: 499, attempts: 1 })
      expect(upstream.requests).toHaveLength(1)
    })
  })

  it('in the middle of its own request asks nobody', async () => {
    const { chat } = SPEAKERS
    const upstream = await vendorOf(saying(chat, 'Hello'))
    const gateway = await install({ providers: [provider('far', chat, upstream.url)] })
    const client = await connect(gateway)
    const bytes = requestOf(chat, chat, false)
    client.send(bytes.subarray(0, bytes.length - 10))
    client.destroy()
    await record(gateway)
    expect(upstream.connections).toBe(0)
  })

  it('does not disturb the others', async () => {
    const { chat, messages } = SPEAKERS
    const gone = Promise.withResolvers<void>()
    const upstream = await vendorOf(async (_asked, reply) => {
      await sendOpening(messages, reply)
      await Promise.race([gone.promise, reply.closed])
      for (const event of messages.rest('answer.')) await reply.chunk(event)
      await reply.lastChunk()
    })
    const gateway = await install({ providers: [provider('far', messages, upstream.url)] })
    const [leaving, staying] = await Promise.all([
      generateOpen(gateway, chat, 'far/claude-sonnet-5'),
      generateOpen(gateway, chat, 'far/claude-sonnet-5'),
    ])
    await leaving.until(({ data }) => data.includes('Half an '))
    leaving.leave()
    await gateway.logged(({ status }) => status === 'client_closed')
    gone.resolve()
    expect(chat.wordsOf({ text: '', events: await staying.until(() => false) })).toBe('Half an answer.')
  })

  it('when it counts tokens, too', async () => {
    const { messages } = SPEAKERS
    const asked = Promise.withResolvers<UpstreamReply>()
    const upstream = await vendorOf((_asked, reply) => asked.resolve(reply))
    const gateway = await install({ providers: [provider('far', messages, upstream.url)] })
    const client = await connect(gateway)
    client.send(postOf('/v1/messages/count_tokens', JSON.stringify(messages.request('claude-sonnet-5'))))
    const { closed } = await asked.promise
    client.destroy()
    await closed
    expect(await record(gateway)).toMatchObject({ status: 'client_closed', operation: 'count-tokens' })
  })
})

describe('a client that only says that it sends no more', () => {
  it('gets its stream, whole', async () => {
    await everyPair(async (pair) => {
      const goOn = Promise.withResolvers<void>()
      const { client } = await begin(pair, {
        script: async (_asked, reply) => {
          await sendOpening(pair.vendor, reply)
          await goOn.promise
          for (const event of pair.vendor.rest('answer.')) await reply.chunk(event)
          await reply.lastChunk()
        },
      })
      await client.until((text) => text.includes('Half an '))
      client.halfClose()
      goOn.resolve()
      const text = await client.all()
      const events = await collectSse(dechunk(text.slice(text.indexOf('\r\n\r\n') + 4)))
      expect(pair.client.wordsOf({ text: '', events })).toBe('Half an answer.')
    })
  })
})

describe('connections', () => {
  it('to the vendor are used again after complete streams, also when their end comes late', async () => {
    await everyPair(async ({ client, vendor }) => {
      let answered = Promise.withResolvers<void>()
      let ended = Promise.withResolvers<void>()
      const upstream = await vendorOf(async (_asked, reply) => {
        await reply.streamHead()
        for (const event of vendor.stream('Hello')) await reply.chunk(event)
        await answered.promise
        await reply.lastChunk()
        ended.resolve()
      })
      const gateway = await install({ providers: [provider('far', vendor, upstream.url)] })
      for (let count = 0; count < 5; count++) {
        const answer = await generate(gateway, client, `far/${vendor.model}`, { stream: true })
        expect(client.wordsOf(answer)).toBe('Hello')
        answered.resolve()
        await ended.promise
        answered = Promise.withResolvers()
        ended = Promise.withResolvers()
        // By the time that the gateway has answered this, it has read the last chunk as well.
        await ask(`${gateway.url}/health/live`)
        await ask(`${gateway.url}/health/live`)
      }
      expect(upstream.connections).toBe(1)
    })
  })

  it('to the vendor are used again after errors, and not after a client has left', async () => {
    const { chat } = SPEAKERS
    let silent = false
    const upstream = await vendorOf(async (_asked, reply) => {
      if (!silent) await reply.answer(400, JSON.stringify(chat.error('No.')))
    })
    const gateway = await install({ providers: [provider('far', chat, upstream.url)] })
    for (let count = 0; count < 3; count++) expect((await generate(gateway, chat, 'gpt-5.5')).status).toBe(400)
    expect(upstream.connections).toBe(1)
    silent = true
    const client = await connect(gateway)
    client.send(requestOf(chat, chat, true))
    for (let count = 0; count < 4; count++) await upstream.nextRequest()
    client.destroy()
    await gateway.logged(({ status }) => status === 'client_closed')
    silent = false
    expect((await generate(gateway, chat, 'gpt-5.5')).status).toBe(400)
    expect(upstream.connections).toBe(2)
  })

  it.each(EVERY_SPEAKER)('of clients are used again after complete streams ($type)', async (client) => {
    const upstream = await vendorOf(saying(client, 'Hello'))
    const gateway = await install({ providers: [provider('far', client, upstream.url)] })
    const raw = await connect(gateway)
    for (let count = 1; count <= 3; count++) {
      raw.send(requestOf(client, client, true))
      await raw.until((text) => text.split('\r\n0\r\n\r\n').length === count + 1)
    }
    raw.send(getOf('/health/live'))
    await raw.until((text) => text.includes('alive'))
  })
})

describe('a client that reads nothing for too long', () => {
  it.each(EVERY_SPEAKER)('is cut, and so is its vendor ($type)', async (speaker) => {
    const words = speaker.opening('x'.repeat(32 * 1024)).at(-1) ?? ''
    const { gateway, client, asked } = await begin(
      { client: speaker, vendor: speaker },
      {
        script: async (_asked, reply) => {
          await reply.streamHead()
          while (!reply.socket.destroyed) await reply.chunk(words)
        },
        config: { server: { writeTimeout: '200ms' } },
      },
    )
    client.socket.pause()
    const { closed } = await asked
    await closed
    expect(await record(gateway)).toMatchObject({ status: 'client_closed', httpStatus: 200 })
    expect(gateway.logText()).toContain('the client reads nothing of its answer and was cut')
  })
})
