import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpTransport } from '../../src/upstream/http.ts'
import type { Transport } from '../../src/upstream/transport.ts'
import { HandFed } from '../support/hand-fed.ts'
import { LISTENERS } from '../support/listeners.ts'
import { RawClient, dechunk, getOf, parseAnswer, postOf } from '../support/raw-client.ts'
import { LAST_CHUNK, STREAM_HEAD, chunk, rawServer } from '../support/raw-server.ts'
import type { RawServer, Script } from '../support/raw-server.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import type { Answer, SmallGateway } from '../support/small-gateway.ts'
import { untilStill } from '../support/still.ts'

const clients: RawClient[] = []
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await closeGateways()
  for (const close of closers.splice(0)) await close()
})

async function connectTo({ url }: SmallGateway): Promise<RawClient> {
  const client = await RawClient.open(url)
  clients.push(client)
  return client
}

const EVENT_STREAM = { 'content-type': 'text/event-stream' }

/** The smallest exchange that relays: bytes as they come, held back when the client is slow, cut when either side is. */
function relay(transport: Transport, origin: string): Answer {
  return (_request, reply) =>
    new Promise((resolve) => {
      const timeouts = { connect: 1000, firstByte: 5000, idle: 5000, total: 0 }
      const call = transport.send(
        { origin, method: 'POST', path: '/', headers: {}, body: '{}', timeouts },
        {
          head: (status) => reply.head(status, EVENT_STREAM),
          data: (bytes) => {
            if (!reply.write(bytes)) call.pause()
          },
          end: () => {
            reply.end()
            resolve()
          },
          error: () => {
            reply.destroy()
            resolve()
          },
        },
      )
      reply.onDrain(() => call.resume())
      reply.onAbort(() => {
        call.abort()
        resolve()
      })
    })
}

describe.each(LISTENERS)('over $name,', ({ settings: listener }) => {
  const gatewayOf = (answer?: Answer): Promise<SmallGateway> => smallGateway(answer, { ...listener })

  const handFedStream = async (): Promise<{ fed: HandFed; gateway: SmallGateway; client: RawClient }> => {
    const fed = new HandFed()
    const gateway = await gatewayOf(fed.answer)
    const client = await connectTo(gateway)
    client.send(postOf('/v1/messages', '{"stream":true}'))
    return { fed, gateway, client }
  }

  const relayTo = async (
    script: Script,
  ): Promise<{ upstream: RawServer; client: RawClient; gateway: SmallGateway }> => {
    const upstream = await rawServer(script)
    const transport = await createHttpTransport()
    closers.push(
      () => transport.close(),
      () => upstream.close(),
    )
    const gateway = await gatewayOf(relay(transport, upstream.origin))
    const client = await connectTo(gateway)
    client.send(postOf('/v1/messages', '{}'))
    return { upstream, client, gateway }
  }

  describe('a stream', () => {
    it('reaches the client write by write, the head with the first of them', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      let packets = 0
      client.socket.on('data', () => packets++)
      reply.head(200, EVENT_STREAM)
      reply.write('data: 1\n\n')
      await client.until((text) => text.includes('data: 1\n\n'))
      expect(packets).toBe(1)
      for (const number of [2, 3, 4]) {
        reply.write(`data: ${number}\n\n`)
        await client.until((text) => text.includes(`data: ${number}\n\n`))
        expect(packets).toBe(number)
      }
      reply.end()
      await client.until((text) => text.endsWith(LAST_CHUNK))
    })

    it('shows its head at once when nothing follows', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      reply.head(200, EVENT_STREAM)
      const text = await client.until((received) => received.includes('\r\n\r\n'))
      expect(text).toContain('content-type: text/event-stream\r\n')
      expect(text).not.toContain('content-encoding')
    })

    it('tells its writer to stop while the client does not read, keeps little, and loses nothing', async () => {
      const { fed, gateway, client } = await handFedStream()
      const other = await connectTo(gateway)
      const reply = await fed.replied
      client.socket.pause()
      reply.head(200, EVENT_STREAM)
      const piece = 'x'.repeat(16 * 1024)
      let written = 0
      let drained = 0
      const fill = (): void => {
        for (let room = true; room && written < 2000; written++) room = reply.write(piece)
      }
      reply.onDrain(() => {
        drained++
        fill()
      })
      fill()
      await untilStill(
        () => written,
        () => other.send(getOf('/health/live')).answer(),
      )
      expect(written).toBeLessThan(2000)
      client.socket.resume()
      await client.until((text) => text.length > 2000 * piece.length)
      reply.end()
      const text = await client.until((received) => received.endsWith(LAST_CHUNK))
      expect(drained).toBeGreaterThan(0)
      expect(dechunk(text.slice(text.indexOf('\r\n\r\n') + 4))).toHaveLength(written * piece.length)
    })

    it('that is destroyed has no end', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      reply.head(200, EVENT_STREAM)
      reply.write('data: 1\n\n')
      await client.until((text) => text.includes('data: 1'))
      reply.destroy()
      expect(await client.all()).not.toContain(LAST_CHUNK)
      expect(reply.closed).toBe(true)
      expect(fed.aborts).toBe(0)
    })

    it('for HTTP/1.0 has no chunks, and a cut is a reset', async () => {
      const fed = new HandFed()
      const client = await connectTo(await gatewayOf(fed.answer))
      client.send('POST /v1/messages HTTP/1.0\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}')
      const reply = await fed.replied
      reply.head(200, EVENT_STREAM)
      reply.write('data: 1\n\n')
      const text = await client.until((received) => received.includes('data: 1'))
      expect(text).not.toContain('transfer-encoding')
      expect(text.endsWith('\r\n\r\ndata: 1\n\n')).toBe(true)
      const reset = client.wasReset
      reply.destroy()
      expect(await reset).toMatchObject({ code: 'ECONNRESET' })
    })

    it('ignores what is written after its end', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      reply.head(200, EVENT_STREAM)
      reply.end('data: 1\n\n')
      reply.write('data: 2\n\n')
      reply.end('data: 3\n\n')
      reply.head(500, {})
      const text = await client.until((received) => received.endsWith(LAST_CHUNK))
      expect(text).not.toContain('data: 2')
      expect((await client.send(getOf('/health/live')).until((all) => all.includes('alive'))).length).toBeGreaterThan(0)
    })
  })

  describe('a client that leaves is noticed', () => {
    it('before anything was sent', async () => {
      const { fed, gateway, client } = await handFedStream()
      await fed.replied
      client.destroy()
      await fed.aborted
      expect(fed.aborts).toBe(1)
      expect(gateway.server.inFlight).toBe(0)
    })

    it('in the middle of a silent stream', async () => {
      const { fed, gateway, client } = await handFedStream()
      const reply = await fed.replied
      reply.head(200, EVENT_STREAM)
      reply.write('data: 1\n\n')
      await client.until((text) => text.includes('data: 1'))
      client.destroy()
      await fed.aborted
      expect(reply.closed).toBe(true)
      expect(gateway.server.inFlight).toBe(0)
      // Writing on is harmless.
      expect(reply.write('data: 2\n\n')).toBe(true)
      reply.end()
    })

    it('by a reset', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      reply.head(200, EVENT_STREAM)
      reply.write('data: 1\n\n')
      client.reset()
      await fed.aborted
    })

    it('by an exchange that asks only afterwards', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      client.reset()
      await fed.aborted
      let told = false
      reply.onAbort(() => (told = true))
      expect(told).toBe(true)
    })

    it('but not after its answer is complete', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      reply.head(200, { 'content-length': '2' })
      reply.end('ok')
      await client.until((text) => text.endsWith('ok'))
      client.destroy()
      await client.closed
      expect(fed.aborts).toBe(0)
    })
  })

  describe('a client that only says that it sends no more', () => {
    /** Others, one after the other, leave and are missed: so the server has looked several times for who is gone. */
    const othersAreMissed = async (): Promise<void> => {
      for (let count = 0; count < 3; count++) {
        const { fed, client } = await handFedStream()
        await fed.replied
        client.destroy()
        await fed.aborted
      }
    }

    it('gets its answer', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      client.halfClose()
      await othersAreMissed()
      reply.head(200, { 'content-length': '2' })
      reply.end('ok')
      const text = await client.all()
      // Interim answers may come before it: every HTTP/1.1 client has to skip those.
      const answer = parseAnswer(text.replace(/^(?:HTTP\/1\.1 100 Continue\r\n\r\n)*/, ''))
      expect(answer).toMatchObject({ status: 200, body: 'ok' })
      expect(answer.headers['connection']).toBe('close')
      expect(fed.aborts).toBe(0)
    })

    it('gets its stream, whole', async () => {
      const { fed, client } = await handFedStream()
      const reply = await fed.replied
      reply.head(200, EVENT_STREAM)
      reply.write('data: 1\n\n')
      await client.until((text) => text.includes('data: 1'))
      client.halfClose()
      await othersAreMissed()
      reply.write('data: 2\n\n')
      await othersAreMissed()
      reply.end('data: 3\n\n')
      const text = await client.all()
      expect(dechunk(text.slice(text.indexOf('\r\n\r\n') + 4))).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n')
      expect(text).toMatch(/\r\n0+\r\n\r\n$/)
      expect(fed.aborts).toBe(0)
    })

    it('gets its stream over HTTP/1.0, too', async () => {
      const fed = new HandFed()
      const client = await connectTo(await gatewayOf(fed.answer))
      client.send('POST /v1/messages HTTP/1.0\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}').halfClose()
      const reply = await fed.replied
      await othersAreMissed()
      reply.head(200, EVENT_STREAM)
      reply.end('data: 1\n\n')
      expect((await client.all()).endsWith('\r\n\r\ndata: 1\n\n')).toBe(true)
    })

    it('in the middle of its request has made none', async () => {
      const gateway = await gatewayOf()
      const client = await connectTo(gateway)
      client.send('POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nxx').halfClose()
      expect(await client.all()).toMatch(/^HTTP\/1\.1 400 /)
      expect(gateway.requests).toHaveLength(0)
    })
  })

  describe('from end to end', () => {
    it('each chunk of the vendor is one packet for the client', async () => {
      let vendor: Socket | null = null
      const { upstream, client } = await relayTo((socket) => {
        vendor = socket
        socket.write(STREAM_HEAD)
      })
      await upstream.received(1)
      await client.until((text) => text.includes('\r\n\r\n'))
      let packets = 0
      client.socket.on('data', () => packets++)
      for (const number of [1, 2, 3, 4, 5]) {
        vendor!.write(chunk(`data: ${number}\n\n`))
        await client.until((text) => text.includes(`data: ${number}\n\n`))
        expect(packets).toBe(number)
      }
      vendor!.write(LAST_CHUNK)
      await client.until((text) => text.endsWith(LAST_CHUNK))
    })

    it('a client that leaves closes the connection to the vendor', async () => {
      const { upstream, client } = await relayTo((socket) => socket.write(`${STREAM_HEAD}1\r\na\r\n`))
      await client.until((text) => text.includes('\r\na\r\n'))
      client.destroy()
      await upstream.closed(0)
    })

    it('a client that leaves before the vendor answered does so too', async () => {
      const { upstream, client } = await relayTo(() => {})
      await upstream.received(1)
      client.destroy()
      await upstream.closed(0)
    })

    it('a vendor that dies in the middle is no clean end for the client', async () => {
      const { client } = await relayTo((socket) => {
        socket.write(`${STREAM_HEAD}1\r\na\r\n`, () => socket.resetAndDestroy())
      })
      expect(await client.all()).not.toContain(LAST_CHUNK)
    })

    it('a client that does not read makes the vendor wait, and then gets everything', async () => {
      const piece = chunk(Buffer.alloc(32 * 1024, 'x'))
      const pieces = 800
      let written = 0
      let isHeldBack = (): boolean => false
      const { upstream, client } = await relayTo((socket) => {
        isHeldBack = () => socket.writableNeedDrain
        const fill = (): void => {
          for (let room = true; room && written < pieces; written++) room = socket.write(piece)
          if (written === pieces) socket.end(LAST_CHUNK)
        }
        socket.on('drain', fill)
        socket.write(STREAM_HEAD)
        fill()
      })
      client.socket.pause()
      await upstream.received(1)
      const other = await gatewayOf()
      await untilStill(
        () => written,
        async () => (await connectTo(other)).send(getOf('/health/live')).answer(),
      )
      expect(isHeldBack()).toBe(true)
      // What the kernel holds on both legs, and nearly nothing in between.
      expect(written * piece.length).toBeLessThan(pieces * piece.length * 0.8)
      client.socket.resume()
      await client.until((received) => received.length > pieces * 32 * 1024)
      const text = await client.until((received) => received.endsWith(LAST_CHUNK))
      expect(dechunk(text.slice(text.indexOf('\r\n\r\n') + 4))).toHaveLength(pieces * 32 * 1024)
    })
  })
})
