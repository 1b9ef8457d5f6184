import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../support/ask.ts'
import type { OpenAnswer } from '../support/ask.ts'
import { generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { RawClient, postOf } from '../support/raw-client.ts'
import type { ReceivedEvent } from '../support/read-sse.ts'
import { EVERY_SPEAKER, PAIRS, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { untilStill } from '../support/still.ts'
import type { UpstreamReply } from '../support/upstream.ts'

const SOON = { server: { pingInterval: '15ms' } }

const everyPair = (test: (pair: (typeof PAIRS)[number]) => Promise<void>) =>
  Promise.all(PAIRS.map((pair) => test(pair)))

/** Reads until so many pings have come. */
async function pings(answer: OpenAnswer, client: Speaker, count: number): Promise<ReceivedEvent[]> {
  const read: ReceivedEvent[] = []
  for (let seen = 0; seen < count; seen++) read.push(...(await answer.until((event) => client.isPing(event))))
  return read
}

/** A vendor that says nothing until it may. */
function holding(vendor: Speaker): {
  readonly release: () => void
  readonly script: (asked: unknown, reply: UpstreamReply) => Promise<void>
} {
  const { promise, resolve } = Promise.withResolvers<void>()
  const script = async (_asked: unknown, reply: UpstreamReply): Promise<void> => {
    await promise
    await reply.streamHead()
    for (const event of vendor.stream('At last.')) await reply.chunk(event)
    await reply.lastChunk()
  }
  return { release: resolve, script }
}

describe('while a vendor is silent', () => {
  it('its client gets pings that its protocol knows, and then the whole answer', async () => {
    await everyPair(async ({ client, vendor }) => {
      const { release, script } = holding(vendor)
      const gateway = await install({ providers: [provider('far', vendor, (await vendorOf(script)).url)], ...SOON })
      const answer = await generateOpen(gateway, client, `far/${vendor.model}`)
      expect(answer.status).toBe(200)
      expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8')
      const before = await pings(answer, client, 3)
      expect(new Set(before.map(({ text }) => text))).toEqual(
        new Set([client === SPEAKERS.messages ? 'event: ping\ndata: {"type": "ping"}\n\n' : ': ping\n\n']),
      )
      release()
      const events = [...before, ...(await answer.until(() => false))]
      expect(client.wordsOf({ text: '', events })).toBe('At last.')
      expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({ status: 'complete', attempts: 1 })
    })
  })

  it('in the middle of its answer, pings come between whole events', async () => {
    await everyPair(async ({ client, vendor }) => {
      const goOn = Promise.withResolvers<void>()
      const upstream = await vendorOf(async (_asked, reply) => {
        await reply.streamHead()
        for (const event of vendor.opening('Half an ')) await reply.chunk(event)
        const [next = '', ...others] = vendor.rest('answer.')
        await reply.chunk(next.slice(0, 20))
        await goOn.promise
        await reply.chunk(next.slice(20))
        for (const event of others) await reply.chunk(event)
        await reply.lastChunk()
      })
      const gateway = await install({ providers: [provider('far', vendor, upstream.url)], ...SOON })
      const answer = await generateOpen(gateway, client, `far/${vendor.model}`)
      const before = await pings(answer, client, 2)
      goOn.resolve()
      const events = [...before, ...(await answer.until(() => false))]
      expect(client.wordsOf({ text: '', events })).toBe('Half an answer.')
    })
  })

  it('and then dead, another one can still take over', async () => {
    await everyPair(async ({ client, vendor }) => {
      const first = await vendorOf(() => {})
      const second = await vendorOf(saying(client, 'From the second.'))
      const gateway = await install({
        providers: [
          provider('first', vendor, first.url, { timeouts: { firstByte: '100ms' } }),
          provider('second', client, second.url),
        ],
        models: { any: [`first/${vendor.model}`, `second/${client.model}`] },
        ...SOON,
      })
      const answer = await generateOpen(gateway, client, 'any')
      const events = await answer.until(() => false)
      expect(events.some((event) => client.isPing(event))).toBe(true)
      expect(client.wordsOf({ text: '', events })).toBe('From the second.')
      // The head was sent before anybody could know who would answer.
      expect(answer.headers).not.toHaveProperty('x-ucr-provider')
      expect(answer.headers).not.toHaveProperty('x-ucr-model')
      expect(answer.headers).not.toHaveProperty('x-ucr-attempts')
      expect(answer.headers['x-ucr-reason']).toBe('alias:any')
      expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({
        status: 'complete',
        provider: 'second',
        attempts: 2,
      })
    })
  })

  it('and then dead, with nobody beside it: the stream ends with an error', async () => {
    await everyPair(async ({ client, vendor }) => {
      const upstream = await vendorOf(() => {})
      const gateway = await install({
        providers: [provider('far', vendor, upstream.url, { timeouts: { firstByte: '80ms' } })],
        ...SOON,
      })
      const answer = await generateOpen(gateway, client, `far/${vendor.model}`)
      expect(answer.status).toBe(200)
      const events = await answer.until(() => false)
      expect(client.errorOf({ text: '', events })).toMatchObject({ type: 'timeout_error' })
      expect(client.isPing(events[0] ?? { event: '', data: '', text: '' })).toBe(true)
      expect(client.isPing(events.at(-1) ?? { event: '', data: '', text: '' })).toBe(false)
      expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({
        status: 'failed',
        errorCode: 'upstream_timeout',
        httpStatus: 200,
      })
    })
  })

  it('our pings do not count as its words', async () => {
    await everyPair(async ({ client, vendor }) => {
      const upstream = await vendorOf(async (_asked, reply) => {
        await reply.streamHead()
        for (const event of vendor.opening('Half an ')) await reply.chunk(event)
        await reply.closed
      })
      const gateway = await install({
        providers: [provider('far', vendor, upstream.url, { timeouts: { idle: '100ms' } })],
        ...SOON,
      })
      const answer = await generateOpen(gateway, client, `far/${vendor.model}`)
      const events = await answer.until(() => false)
      expect(events.some((event) => client.isPing(event))).toBe(true)
      expect(client.errorOf({ text: '', events })['type']).toBe('timeout_error')
    })
  })
})

describe('there are no pings', () => {
  it('for a client that waits for an answer in one piece', async () => {
    await everyPair(async ({ client, vendor }) => {
      const goOn = Promise.withResolvers<void>()
      const upstream = await vendorOf(async (_asked, reply) => {
        await goOn.promise
        await reply.answer(200, JSON.stringify(vendor.whole('At last.')))
      })
      const gateway = await install({ providers: [provider('far', vendor, upstream.url)], ...SOON })
      // This one shows that time for several pings has passed.
      const watch = await install({
        providers: [provider('far', client, (await vendorOf(() => {})).url)],
        ...SOON,
      })
      const whole = await RawClient.open(Number(new URL(gateway.url).port))
      onTestFinished(() => whole.destroy())
      const fields = Object.entries(client.headers).map(([name, value]) => `${name}: ${value}\r\n`)
      whole.send(postOf(client.path, JSON.stringify(client.request(`far/${vendor.model}`)), fields.join('')))
      await upstream.nextRequest()
      await pings(await generateOpen(watch, client, `far/${client.model}`), client, 4)
      expect(whole.text).toBe('')
      goOn.resolve()
      expect((await whole.answer()).status).toBe(200)
    })
  })

  it.each(EVERY_SPEAKER)('behind the end of a stream ($type)', async (client) => {
    const upstream = await vendorOf(saying(client, 'Hello'))
    const silent = await vendorOf(() => {})
    const gateway = await install({
      providers: [provider('far', client, upstream.url), provider('silent', client, silent.url)],
      ...SOON,
    })
    const raw = await RawClient.open(Number(new URL(gateway.url).port))
    onTestFinished(() => raw.destroy())
    const fields = Object.entries(client.headers).map(([name, value]) => `${name}: ${value}\r\n`)
    raw.send(
      postOf(client.path, JSON.stringify(client.request(`far/${client.model}`, { stream: true })), fields.join('')),
    )
    const text = await raw.until((received) => received.endsWith('\r\n0\r\n\r\n'))
    await pings(await generateOpen(gateway, client, `silent/${client.model}`), client, 4)
    expect(raw.text).toBe(text)
  })

  it('for a client that reads nothing: they would only pile up', async () => {
    const client = SPEAKERS.messages
    let sent = 0
    const stop = Promise.withResolvers<() => void>()
    const words = client.opening('x'.repeat(32 * 1024)).at(-1) ?? ''
    const upstream = await vendorOf(async (_asked, reply) => {
      await reply.streamHead()
      for (const event of client.opening('')) await reply.chunk(event)
      const send = (): void => {
        for (let room = true; room && !reply.socket.destroyed; sent++) {
          room = reply.socket.write(`${words.length.toString(16)}\r\n${words}\r\n`)
        }
      }
      reply.socket.on('drain', send)
      stop.resolve(() => reply.socket.off('drain', send))
      send()
    })
    const silent = await vendorOf(() => {})
    const gateway = await install({
      providers: [provider('far', client, upstream.url), provider('silent', client, silent.url)],
      ...SOON,
    })
    const raw = await RawClient.open(Number(new URL(gateway.url).port))
    onTestFinished(() => raw.destroy())
    raw.send(postOf(client.path, JSON.stringify(client.request(`far/${client.model}`, { stream: true }))))
    raw.socket.pause()
    const sendNoMore = await stop.promise
    await untilStill(
      () => sent,
      () => ask(`${gateway.url}/health/live`),
    )
    sendNoMore()
    await pings(await generateOpen(gateway, client, `silent/${client.model}`), client, 6)
    raw.socket.resume()
    // The last of what the vendor wrote comes out of the kernel; behind it, pings start again.
    const text = await raw.until((received) => received.includes('event: ping'))
    // As many as the other stream had, had they piled up. A slow machine may read two or three of the new ones at once.
    expect(text.match(/event: ping/g)?.length).toBeLessThan(6)
  })
})
