import { describe, expect, it } from 'vitest'
import type { ReceivedEvent } from '../support/read-sse.ts'
import type { UpstreamScript } from '../support/upstream.ts'
import { DONE, OPENING, finish, text, usage } from './chat-vendor.ts'
import { CHAT, CHAT_HOST, chunked, startBench } from './harness.ts'
import type { Json, OpenAnswer } from './harness.ts'
import { readMessagesStream } from './messages-stream.ts'

/** Long enough to be no accident, short enough to wait for. */
const SOON = { server: { port: 0, pingInterval: '20ms' } }
const NEVER = { server: { port: 0, pingInterval: '1h' } }

const REST = [text(' there'), finish('stop'), usage(), DONE]

/** Reads up to the event for which this holds. */
async function readUntil(answer: OpenAnswer, holds: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = []
  for (let event = await answer.next(); event !== null; event = await answer.next()) {
    events.push(event)
    if (holds(event)) break
  }
  return events
}

const isPing = ({ event }: ReceivedEvent): boolean => event === 'ping'
const isLast = (): boolean => false

describe('a Chat vendor that is silent for a while', () => {
  it('36 ping-during-silence: pings come until it goes on, and the answer is whole', async () => {
    const goOn = Promise.withResolvers<void>()
    const bench = await startBench(
      CHAT,
      async (_asked, reply) => {
        await reply.streamHead()
        await reply.write(chunked([OPENING, text('Hi')]))
        await goOn.promise
        await reply.write(chunked(REST))
        await reply.lastChunk()
      },
      SOON,
    )
    const answer = await bench.openMessages()
    const before = await readUntil(answer, isPing)
    const between = await readUntil(answer, isPing)
    goOn.resolve()
    const events = [...before, ...between, ...(await readUntil(answer, isLast))]
    expect(JSON.parse(between.at(-1)?.data ?? '')).toEqual({ type: 'ping' })
    const { content, error } = readMessagesStream(events)
    expect(error).toBeNull()
    expect(content).toEqual([{ type: 'text', text: 'Hi there' }])
  })

  it('36 ping-during-silence: pings of ours do not keep a dead vendor alive', async () => {
    const bench = await startBench(
      { ...CHAT, settings: { timeouts: { idle: '150ms' } } },
      async (_asked, reply) => {
        await reply.streamHead()
        await reply.write(chunked([OPENING, text('Hi')]))
        await reply.closed
      },
      SOON,
    )
    const events = await readUntil(await bench.openMessages(), isLast)
    expect(events.some(isPing)).toBe(true)
    expect(readMessagesStream(events).error).not.toBeNull()
  })

  it('37 first-byte: a client hears of it before the vendor has said a word', async () => {
    const goOn = Promise.withResolvers<void>()
    const bench = await startBench(
      CHAT,
      async (_asked, reply) => {
        await goOn.promise
        await reply.streamHead()
        await reply.write(chunked([OPENING, ...REST]))
        await reply.lastChunk()
      },
      SOON,
    )
    const answer = await bench.openMessages()
    expect(answer.status).toBe(200)
    const before = await readUntil(answer, isPing)
    goOn.resolve()
    const { content } = readMessagesStream([...before, ...(await readUntil(answer, isLast))])
    expect(content).toEqual([{ type: 'text', text: ' there' }])
  })

  it('37 first-byte: before the first ping a failure is a status', async () => {
    const bench = await startBench(
      CHAT,
      (_asked, reply) => reply.answer(503, '{"error":{"message":"The engine is overloaded"}}'),
      NEVER,
    )
    const answer = await bench.messages({ stream: true })
    expect(answer.status).toBe(503)
    expect(answer.json()).toMatchObject({ error: { type: 'overloaded_error' } })
  })

  const SECOND = { ...CHAT_HOST, model: 'second-model' }

  /** The first vendor waits, then fails; the second one answers. */
  const failingOver =
    (wait: Promise<void>): UpstreamScript =>
    async (asked, reply) => {
      if ((asked.json() as Json)['model'] === SECOND.model) {
        await reply.streamHead()
        await reply.write(chunked([OPENING, ...REST]))
        return reply.lastChunk()
      }
      await wait
      return reply.answer(503, '{"error":{"message":"The engine is overloaded"}}')
    }

  it.each([
    ['before the first ping', NEVER],
    ['after pings went out', SOON],
  ])('37 first-byte: another vendor can still take over %s', async (_, config) => {
    const goOn = Promise.withResolvers<void>()
    const bench = await startBench([CHAT, SECOND], failingOver(goOn.promise), config)
    const pings: ReceivedEvent[] = []
    if (config === NEVER) goOn.resolve()
    const answer = await bench.openMessages()
    if (config === SOON) pings.push(...(await readUntil(answer, isPing)))
    goOn.resolve()
    const { content, error } = readMessagesStream([...pings, ...(await readUntil(answer, isLast))])
    expect(error).toBeNull()
    expect(content).toEqual([{ type: 'text', text: ' there' }])
    expect(bench.upstream.requests.map((asked) => (asked.json() as Json)['model'])).toEqual([CHAT.model, SECOND.model])
  })
})
