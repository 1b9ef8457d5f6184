import { describe, expect, it } from 'vitest'
import type { UpstreamScript } from '../support/upstream.ts'
import { readChatStream } from './chat-stream.ts'
import { MESSAGES, answering, chunked, startBench } from './harness.ts'
import { START, answer, blockDelta, blockStart, event } from './messages-vendor.ts'

const HALF = [START, blockStart(0, { type: 'text', text: '' }), blockDelta(0, { type: 'text_delta', text: 'Half an ' })]
const OVERLOADED = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })

const breaking =
  (end: 'close' | 'reset'): UpstreamScript =>
  async (_asked, reply) => {
    await reply.streamHead()
    await reply.write(chunked(HALF))
    if (end === 'reset') return reply.reset()
    await reply.lastChunk()
  }

describe('a Messages vendor that fails behind a Chat client', () => {
  it('75 miderr: an error event is an error line, the last one, without [DONE]', async () => {
    const andMore = [OVERLOADED, ...answer([{ type: 'text', text: 'never' }]).stream].join('')
    const bench = await startBench(MESSAGES, answering({ stream: [...HALF, andMore] }))
    const reply = await bench.chat({ stream: true })
    const { error, message } = readChatStream(reply.events)
    expect(error).toMatchObject({ message: 'Overloaded', type: 'overloaded_error', param: null })
    expect(message['content']).toBe('Half an ')
    expect(reply.text).not.toMatch(/\[DONE\]|never/)
    expect(await bench.recordOf(reply)).toMatchObject({ status: 'failed', errorCode: 'upstream_overloaded' })
  })

  it('75 miderr: before the first block it is a status', async () => {
    const bench = await startBench(MESSAGES, answering({ stream: [OVERLOADED] }))
    const reply = await bench.chat({ stream: true })
    expect(reply.status).toBe(529)
    expect(reply.json()).toMatchObject({ error: { message: 'Overloaded', type: 'overloaded_error' } })
  })

  it.each(['close', 'reset'] as const)('76 cut: a stream that ends in a %s gets an error line', async (end) => {
    const bench = await startBench(MESSAGES, breaking(end))
    const reply = await bench.chat({ stream: true })
    const { error, message } = readChatStream(reply.events)
    expect(error).toMatchObject({ type: 'server_error', message: expect.stringMatching(/\S/) as unknown })
    expect(message['content']).toBe('Half an ')
    expect(reply.text).not.toContain('[DONE]')
    expect(await bench.recordOf(reply)).toMatchObject({ status: 'upstream_truncated' })
  })

  it('76 cut: with `streamFailure: cut` the connection is cut instead', async () => {
    const bench = await startBench(MESSAGES, breaking('reset'), { streamFailure: 'cut' })
    const reply = await bench.chat({ stream: true })
    expect(reply.cut).toBe(true)
    expect(reply.text).not.toMatch(/\[DONE\]|"error"/)
  })

  it('76 cut: behind the stop reason the answer is whole, and its last event is not missed', async () => {
    const { stream } = answer([{ type: 'text', text: 'Hi' }])
    const bench = await startBench(MESSAGES, answering({ stream: stream.slice(0, -1) }))
    const { error, message, finishReason } = readChatStream((await bench.chat({ stream: true })).events)
    expect([error, message['content'], finishReason]).toEqual([null, 'Hi', 'stop'])
  })
})
