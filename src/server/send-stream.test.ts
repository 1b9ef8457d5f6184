import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { ClientReply } from '../exchange/client.ts'
import { sendStream } from './send-stream.ts'

/** A client that takes one chunk, and the next one when it says so. */
class SlowReply implements ClientReply {
  committed = false
  closed = false
  cutBy = null
  chunks = 0
  ended = false
  destroyed = false
  drained: () => void = () => {}
  aborted: () => void = () => {}

  head(): void {
    this.committed = true
  }

  write(): boolean {
    this.chunks++
    return false
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.destroyed = true
  }

  onDrain(callback: () => void): void {
    this.drained = callback
  }

  onAbort(callback: () => void): void {
    this.aborted = callback
  }
}

/** Of a hundred chunks. */
function long(): Readable {
  let left = 100
  return new Readable({
    highWaterMark: 1024,
    read() {
      this.push(left-- > 0 ? Buffer.alloc(1024) : null)
    },
  })
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

it('sendStream() reads on only when the client has caught up', async () => {
  const [reply, stream] = [new SlowReply(), long()]
  sendStream(reply, { status: 200, headers: {}, length: 1, stream }, true)
  await settled()
  expect(reply.chunks).toBe(1)
  reply.drained()
  await settled()
  expect(reply.chunks).toBe(2)
  reply.aborted()
  expect(stream.destroyed).toBe(true)
})

it('sendStream() ends with the stream, and cuts the answer where that fails', async () => {
  const [whole, broken] = [new SlowReply(), new SlowReply()]
  sendStream(whole, { status: 200, headers: {}, length: 0, stream: Readable.from([]) }, true)
  const failing = long()
  sendStream(broken, { status: 200, headers: {}, length: 9, stream: failing }, true)
  failing.destroy(new Error('the disk is gone'))
  await settled()
  expect([whole.ended, whole.destroyed]).toEqual([true, false])
  expect([broken.ended, broken.destroyed]).toEqual([false, true])
})

it('sendStream() reads nothing for whoever wants the head alone', async () => {
  const [reply, stream] = [new SlowReply(), long()]
  sendStream(reply, { status: 200, headers: {}, length: 9, stream }, false)
  await settled()
  expect([reply.committed, reply.ended, reply.chunks, stream.destroyed]).toEqual([true, true, 0, true])
})
