import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { ServerSettings } from '../../src/server/settings.ts'
import { machineCertificate, tlsOf } from '../support/certificate.ts'
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  FrameClient,
  GET,
  POST,
  frame,
  literals,
  uint32,
} from '../support/frame-client.ts'
import { ask, openSession } from '../support/http2-client.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import type { Answer, SmallGateway } from '../support/small-gateway.ts'

const tls = tlsOf(machineCertificate())

const CANCEL = uint32(8)
const ENHANCE_YOUR_CALM = 11
/** Bytes; the clients of the test are in the same process. */
const MOST_MEMORY = 128 * 1024 * 1024

afterEach(closeGateways)

async function framesTo({ url }: SmallGateway): Promise<FrameClient> {
  const client = await FrameClient.open(url)
  onTestFinished(() => client.destroy())
  return client
}

interface Flood {
  readonly name: string
  /** Comes first. */
  readonly before?: Buffer
  /** The next piece of it. */
  readonly more: (count: number) => Buffer
  /** What the client may be told at the end. Empty: nothing but that the connection is gone. */
  readonly farewells: readonly (number | null)[]
  /** What the log has of it; null: Node's own limits were enough. */
  readonly why: string | null
}

const PROTOCOL_ERROR = 1
const INTERNAL_ERROR = 2

const repeated = (piece: Buffer, count: number) => Buffer.concat(Array.from({ length: count }, () => piece))
const request = (stream: number, flags = END_STREAM) =>
  frame(FRAME.headers, flags | END_HEADERS, stream, literals(POST))

/** Streams are odd and go up. */
const manyStreams = (count: number, piece: (stream: number) => Buffer) =>
  Buffer.concat(Array.from({ length: 50 }, (_, index) => piece(2 * (50 * count + index) + 1)))

const FLOODS: readonly Flood[] = [
  {
    name: 'requests that are taken back at once (CVE-2023-44487)',
    more: (count) =>
      manyStreams(count, (stream) => Buffer.concat([request(stream), frame(FRAME.reset, 0, stream, CANCEL)])),
    // Node has a limit of its own, and now and then it is first.
    farewells: [ENHANCE_YOUR_CALM, INTERNAL_ERROR],
    why: 'too many streams taken back',
  },
  {
    name: 'streams that have to be reset by the server (CVE-2025-8671)',
    more: (count) =>
      manyStreams(count, (stream) => Buffer.concat([request(stream), frame(FRAME.windowUpdate, 0, stream, uint32(0))])),
    farewells: [ENHANCE_YOUR_CALM, PROTOCOL_ERROR, INTERNAL_ERROR, null],
    why: null,
  },
  {
    name: 'a head that never ends (CONTINUATION, CVE-2024-27983)',
    before: frame(FRAME.headers, END_STREAM, 1, literals(GET)),
    more: () => repeated(frame(FRAME.continuation, 0, 1, literals([['x-a', 'b'.repeat(1000)]])), 20),
    farewells: [ENHANCE_YOUR_CALM, PROTOCOL_ERROR, INTERNAL_ERROR, null],
    why: null,
  },
  {
    name: 'empty CONTINUATION frames',
    before: frame(FRAME.headers, END_STREAM, 1, literals(GET)),
    more: () => repeated(frame(FRAME.continuation, 0, 1), 100),
    farewells: [ENHANCE_YOUR_CALM, PROTOCOL_ERROR, INTERNAL_ERROR, null],
    why: null,
  },
  {
    name: 'settings (CVE-2019-9515)',
    more: () => repeated(frame(FRAME.settings, 0, 0), 50),
    farewells: [ENHANCE_YOUR_CALM],
    why: 'too many settings',
  },
  {
    name: 'one frame of many settings',
    more: () => frame(FRAME.settings, 0, 0, repeated(Buffer.from([0, 4, 0, 1, 0, 0]), 1000)),
    farewells: [ENHANCE_YOUR_CALM, PROTOCOL_ERROR, INTERNAL_ERROR, null],
    why: null,
  },
  {
    name: 'pings (CVE-2019-9512)',
    more: () => repeated(frame(FRAME.ping, 0, 0, Buffer.alloc(8)), 50),
    farewells: [ENHANCE_YOUR_CALM],
    why: 'too many pings',
  },
  {
    name: 'empty frames of a body (CVE-2019-9518)',
    before: request(1, 0),
    more: () => repeated(frame(FRAME.data, 0, 1), 50),
    farewells: [ENHANCE_YOUR_CALM, PROTOCOL_ERROR, INTERNAL_ERROR, null],
    why: null,
  },
  {
    name: 'a body of frames of one byte',
    before: request(1, 0),
    more: () => repeated(frame(FRAME.data, 0, 1, 'x'), 2000),
    farewells: [ENHANCE_YOUR_CALM],
    why: 'too many frames that say nothing',
  },
  {
    name: 'windows that open by a byte',
    more: () => repeated(frame(FRAME.windowUpdate, 0, 0, uint32(1)), 2000),
    farewells: [ENHANCE_YOUR_CALM],
    why: 'too many frames that say nothing',
  },
  {
    name: 'priorities (CVE-2019-9513)',
    more: () => repeated(frame(FRAME.priority, 0, 1, Buffer.from([0, 0, 0, 3, 16])), 2000),
    farewells: [ENHANCE_YOUR_CALM],
    why: null,
  },
  {
    name: 'frames of a type that nobody knows',
    more: () => repeated(frame(0x42, 0, 0, Buffer.alloc(100)), 200),
    farewells: [ENHANCE_YOUR_CALM],
    why: null,
  },
]

const answer: Answer = (_request, reply) => {
  reply.head(200, { 'content-length': '2' })
  reply.end('ok')
}

const gatewayOf = (settings: Partial<ServerSettings> = {}) => smallGateway(answer, { tls, ...settings })

describe('a client that floods its connection with', () => {
  it.each(FLOODS)('$name is sent away, and others are served', async ({ before, more, farewells, why }) => {
    const gateway = await gatewayOf()
    const other = await openSession(gateway.url)
    const client = await framesTo(gateway)
    if (before !== undefined) client.send(before)
    const memory = process.memoryUsage().rss
    let count = 0
    const flood = client.flood(() => more(count++))
    expect((await ask(other)).body).toBe('ok')
    await flood
    expect(farewells).toContain(client.farewell)
    if (why !== null && client.farewell === ENHANCE_YOUR_CALM)
      expect(gateway.observed.warnings).toContain('a client was sent away')
    expect((await ask(other)).body).toBe('ok')
    expect(gateway.server.inFlight).toBe(0)
    expect(process.memoryUsage().rss - memory).toBeLessThan(MOST_MEMORY)
  })
})

describe('a head that is small on the wire and large in memory', () => {
  /** A field of 4 KB that is put into the table, and then named again and again with a byte each. */
  const bomb = (times: number): Buffer => {
    const large = literals([['x-large', 'a'.repeat(3900)]])
    large[0] = 0x40
    return Buffer.concat([literals(GET), large, Buffer.alloc(times, 0x80 | 62)])
  }

  it('is refused (HPACK bomb), and others are served', async () => {
    const gateway = await gatewayOf()
    const other = await openSession(gateway.url)
    const client = await framesTo(gateway)
    const memory = process.memoryUsage().rss
    for (let stream = 1; stream < 100; stream += 2) {
      client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, stream, bomb(12_000)))
    }
    await client.frame(({ type }) => type === FRAME.reset || type === FRAME.goaway)
    expect((await ask(other)).body).toBe('ok')
    expect(gateway.requests).toHaveLength(1)
    expect(process.memoryUsage().rss - memory).toBeLessThan(MOST_MEMORY)
  })

  it('within the limit is none', async () => {
    const gateway = await gatewayOf()
    const client = await framesTo(gateway)
    client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 1, bomb(5)))
    await client.frame(({ type, stream }) => type === FRAME.data && stream === 1)
    expect(gateway.requests[0]!.headers['x-large']!.length).toBeGreaterThan(6 * 3900)
  })
})

describe('a client that only works much is served:', () => {
  it('many requests one after the other, and now and then one taken back', async () => {
    const gateway = await gatewayOf()
    const session = await openSession(gateway.url)
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => ask(session, { path: '/v1/messages', body: '{}' })),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      const taken = session.request({ ':method': 'POST', ':path': '/v1/messages' })
      taken.on('error', () => {}).close(8)
    }
    expect(gateway.observed.warnings).toEqual([])
  })

  it('a large body in small frames', async () => {
    const gateway = await gatewayOf()
    const session = await openSession(gateway.url)
    const stream = session.request({ ':method': 'POST', ':path': '/v1/messages' })
    const answered = new Promise((resolve) => stream.once('response', (fields) => resolve(fields[':status'])))
    for (let count = 0; count < 8000; count++) {
      if (!stream.write(Buffer.alloc(1024))) await new Promise((resolve) => stream.once('drain', resolve))
    }
    stream.end()
    expect(await answered).toBe(200)
    expect(gateway.requests[0]!.body.length).toBe(8000 * 1024)
  })

  it('many streams of small events', async () => {
    const events = 2000
    const gateway = await smallGateway(
      async (_request, reply) => {
        reply.head(200, { 'content-type': 'text/event-stream' })
        for (let count = 0; count < events; count++) {
          reply.write(`data: ${count}\n\n`)
          if (count % 20 === 0) await new Promise(setImmediate)
        }
        reply.end()
      },
      { tls },
    )
    const session = await openSession(gateway.url)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(session, { path: '/v1/messages', body: '{}' })),
    )
    for (const { body } of answers) expect(body.split('\n\n')).toHaveLength(events + 1)
  })
})
