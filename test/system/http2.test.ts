import { once } from 'node:events'
import { connect } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { ServerOptions } from '../../src/server/options.ts'
import type { ServerSettings } from '../../src/server/settings.ts'
import { machineCertificate, makeCertificate, tlsOf } from '../support/certificate.ts'
import { END_HEADERS, FRAME, FrameClient, GET, POST, frame, literals, uint32 } from '../support/frame-client.ts'
import type { Fields, Frame } from '../support/frame-client.ts'
import { HandFed } from '../support/hand-fed.ts'
import { answerTo, ask, begin, firstBytes, openSession } from '../support/http2-client.ts'
import type { Http2Answer } from '../support/http2-client.ts'
import { install, provider, vendorOf } from '../support/install.ts'
import { RawClient, postOf } from '../support/raw-client.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import type { Answer, SmallGateway } from '../support/small-gateway.ts'
import { SPEAKERS } from '../support/speakers.ts'
import type { UpstreamReply } from '../support/upstream.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const tls = tlsOf(machineCertificate())

afterEach(closeGateways)

function gatewayOf(
  answer?: Answer,
  settings: Partial<ServerSettings> = {},
  options: Partial<ServerOptions> = {},
): Promise<SmallGateway> {
  return smallGateway(answer, { tls, ...settings }, options)
}

async function framesTo({ url }: SmallGateway, settings?: Buffer): Promise<FrameClient> {
  const client = await FrameClient.open(url, settings)
  onTestFinished(() => client.destroy())
  return client
}

function errorOf({ headers, body }: Http2Answer): string {
  const parsed = JSON.parse(body) as { type?: string; error?: { message?: string } }
  expect(parsed.error?.message).toBeTypeOf('string')
  return `${parsed.type === 'error' ? 'anthropic' : 'openai'} ${headers['x-ucr-error']}`
}

const EVENT_STREAM = { 'content-type': 'text/event-stream' }
const isEndOf = (stream: number) => (received: Frame) =>
  received.stream === stream &&
  (received.type === FRAME.data || received.type === FRAME.headers) &&
  (received.flags & 1) === 1
const isOver = (stream: number) => (received: Frame) => isEndOf(stream)(received) || isResetOf(stream)(received)
const isResetOf = (stream: number) => (received: Frame) => received.stream === stream && received.type === FRAME.reset

describe('a request over HTTP/2', () => {
  it('is served as over HTTP/1.1', async () => {
    const gateway = await gatewayOf()
    const session = await openSession(gateway.url)
    const answer = await ask(session, { path: '/v1/messages?beta=true', body: '{"model":"ä"}' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject({ operation: 'generate', query: 'beta=true', body: '{"model":"ä"}' })
    expect(answer.headers['request-id']).toMatch(/^id\d{20}$/)
    expect(answer.headers['connection']).toBeUndefined()
    expect(gateway.requests[0]!.headers['host']).toBe(new URL(gateway.url).host)
  })

  it('shares its connection with many others', async () => {
    const gateway = await gatewayOf()
    const session = await openSession(gateway.url)
    const bodies = Array.from({ length: 100 }, (_, index) => JSON.stringify({ index }))
    const answers = await Promise.all(bodies.map((body) => ask(session, { path: '/v1/messages', body })))
    expect(answers.map(({ body }) => (JSON.parse(body) as { body: string }).body)).toEqual(bodies)
  })

  it('has its bodies in both directions whole, however large', async () => {
    const gateway = await gatewayOf((request, reply) => {
      reply.head(200, { 'content-length': String(request.body.length) })
      reply.end(request.body)
    })
    const session = await openSession(gateway.url)
    const body = 'abcdefgh'.repeat(1024 * 1024)
    const answer = await ask(session, { path: '/v1/messages', body })
    expect(answer.body === body).toBe(true)
  })

  it('may be compressed', async () => {
    const gateway = await gatewayOf()
    const session = await openSession(gateway.url)
    const headers = { 'content-encoding': 'gzip' }
    expect((await ask(session, { path: '/v1/messages', headers, body: gzipSync('{"a":1}') })).body).toContain(
      '{\\"a\\":1}',
    )
  })

  it('with HEAD has no body', async () => {
    const session = await openSession((await gatewayOf()).url)
    const answer = await ask(session, { method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, body: '' })
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(0)
  })

  it('that expects a word before its body gets it, or the refusal', async () => {
    const gateway = await gatewayOf(undefined, { bodyLimit: 10 })
    const session = await openSession(gateway.url)
    const wanted = session.request({
      ':method': 'POST',
      ':path': '/v1/messages',
      expect: '100-continue',
      'content-length': '2',
    })
    await once(wanted, 'continue')
    wanted.end('{}')
    expect((await answerTo(wanted)).status).toBe(200)
    const unwanted = session.request({
      ':method': 'POST',
      ':path': '/v1/messages',
      expect: '100-continue',
      'content-length': '11',
    })
    expect((await answerTo(unwanted)).status).toBe(413)
  })

  it.each([
    ['an unknown path', { path: '/nothing' }, 404, 'openai route_not_found'],
    ['another method', { path: '/v1/messages' }, 405, 'anthropic method_not_allowed'],
    ['too large a body', { path: '/v1/messages', body: 'x'.repeat(2000) }, 413, 'anthropic body_too_large'],
    [
      'an unknown encoding',
      { path: '/v1/messages', headers: { 'content-encoding': 'x' }, body: '{}' },
      415,
      'anthropic unsupported_encoding',
    ],
    [
      'too large a head',
      { path: '/v1/messages', headers: { 'x-large': 'a'.repeat(5000) }, body: '{}' },
      431,
      'anthropic headers_too_large',
    ],
    [
      'another expectation',
      { path: '/v1/messages', headers: { expect: 'wonders' }, body: '{}' },
      417,
      'anthropic invalid_request',
    ],
  ])('with %s is refused, and the connection goes on', async (_name, question, status, error) => {
    const gateway = await gatewayOf(undefined, { bodyLimit: 1000, headerLimit: 4096 })
    const session = await openSession(gateway.url)
    const answer = await ask(session, question)
    expect(answer.status).toBe(status)
    expect(errorOf(answer)).toBe(error)
    expect((await ask(session)).status).toBe(200)
  })

  it('with too many fields is refused', async () => {
    const gateway = await gatewayOf(undefined, { headerCount: 20 })
    const session = await openSession(gateway.url)
    const headers = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`x-${index}`, '1']))
    expect((await ask(session, { headers })).status).toBe(431)
  })

  it('whose body is refused in the middle: the client learns why, and need not send the rest', async () => {
    const gateway = await gatewayOf(undefined, { bodyLimit: 1000 })
    const client = await framesTo(gateway)
    client.request(1, POST, 0).send(frame(FRAME.data, 0, 1, Buffer.alloc(1001)))
    await client.frame(isEndOf(1))
    const reset = await client.frame(isResetOf(1))
    expect(reset.payload.readUInt32BE()).toBe(0)
    client.request(3, GET)
    await client.frame(isEndOf(3))
  })

  it('whose body comes too slowly is given up alone', async () => {
    const gateway = await gatewayOf(undefined, { bodyPace: { bytes: 500_000, within: 50 } })
    const session = await openSession(gateway.url)
    const slow = session.request({ ':method': 'POST', ':path': '/v1/messages' })
    slow.on('error', () => {}).write('x')
    const answer = await answerTo(slow)
    expect(answer.status).toBe(408)
    expect(errorOf(answer)).toBe('anthropic request_timeout')
    expect((await ask(session)).status).toBe(200)
  })
})

describe('a head that HTTP/2 does not allow', () => {
  const post = (...more: Fields): Fields => [...POST, ...more]

  it.each<[string, Fields]>([
    ['an upper-case name', post(['X-A', '1'])],
    ['connection', post(['connection', 'close'])],
    ['transfer-encoding', post(['transfer-encoding', 'chunked'])],
    ['keep-alive', post(['keep-alive', 'timeout=5'])],
    ['proxy-connection', post(['proxy-connection', 'keep-alive'])],
    ['upgrade', post(['upgrade', 'h2c'])],
    ['te other than trailers', post(['te', 'gzip'])],
    ['two lengths', post(['content-length', '0'], ['content-length', '0'])],
    ['a length that is none', post(['content-length', '+0'])],
    ['a list of lengths', post(['content-length', '0, 0'])],
    ['a length without a body', post(['content-length', '5'])],
    ['two paths', post([':path', '/v1/models'])],
    ['an unknown pseudo-field', post([':other', '1'])],
    ['a pseudo-field behind the others', [...POST.slice(0, 3), ['x-a', '1'], [':authority', 'localhost']]],
    ['no method', POST.slice(1)],
    ['no path', POST.filter(([name]) => name !== ':path')],
    ['a path with a blank', [...GET.slice(0, 2), [':path', '/v1/models HTTP/1.1'], [':authority', 'localhost']]],
    ['a path with a line break', [...GET.slice(0, 2), [':path', '/v1/models\r\nx: y'], [':authority', 'localhost']]],
    ['another host than its authority', post(['host', 'other.example'])],
    ['two hosts', [...POST.slice(0, 3), ['host', 'localhost'], ['host', 'localhost']]],
    ['no host at all', POST.slice(0, 3)],
    [
      'the method CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'localhost:80'],
      ],
    ],
    ['extended CONNECT', [...POST.slice(1), [':method', 'CONNECT'], [':protocol', 'websocket']]],
    [
      'a path that is a URL',
      [...GET.slice(0, 2), [':path', 'http://other.example/v1/models'], [':authority', 'localhost']],
    ],
  ])('%s: is refused, and nobody else on the connection is concerned', async (_name, fields) => {
    const gateway = await gatewayOf()
    const client = await framesTo(gateway)
    client.request(1, fields)
    client.request(3, GET)
    const [first] = await Promise.all([
      client.frame(
        (received) => received.stream === 1 && (received.type === FRAME.reset || received.type === FRAME.headers),
      ),
      client.frame(isEndOf(3)),
    ])
    // Its status is a literal of three digits, or the index of a known one: 400 is 12.
    if (first.type === FRAME.headers) expect(first.payload[0]).not.toBe(0x88)
    else expect(first.payload.readUInt32BE()).toBe(1)
    expect(gateway.requests.map(({ path }) => path)).toEqual(['/v1/models'])
  })

  it.each<[string, Fields]>([
    ['a line break in a value', post(['x-a', 'b\r\nx-injected: 1'])],
    ['a lone line feed in a value', post(['x-a', 'b\nc'])],
    ['a NUL in a value', post(['x-a', 'b\0c'])],
    ['a blank before a value', post(['x-a', ' b'])],
    ['a line break in a name', post(['x-a\r\nx-b', '1'])],
    ['a colon in a name', post(['x-a:b', '1'])],
    ['an empty name', post(['', '1'])],
  ])('%s: nobody sees that field', async (_name, fields) => {
    const gateway = await gatewayOf()
    const client = await framesTo(gateway)
    client.request(1, fields)
    client.request(3, GET)
    await Promise.all([client.frame(isEndOf(3)), client.frame(isOver(1))])
    const seen = gateway.requests.flatMap(({ headers }) => Object.keys(headers))
    expect([...new Set(seen)].filter((name) => name !== 'host')).toEqual([])
  })

  it.each([
    ['shorter', '2', '{"a":1}'],
    ['longer', '20', '{}'],
  ])('a body that was announced %s than it is, is not served', async (_name, length, body) => {
    const gateway = await gatewayOf()
    const client = await framesTo(gateway)
    client.request(1, post(['content-length', length]), 0).send(frame(FRAME.data, 1, 1, body))
    await client.frame(({ type }) => type === FRAME.reset || type === FRAME.goaway)
    expect(gateway.requests).toEqual([])
  })

  it('trailer fields are ignored, as in HTTP/1.1', async () => {
    const gateway = await gatewayOf()
    const client = await framesTo(gateway)
    client.request(1, POST, 0).send(frame(FRAME.data, 0, 1, '{}'))
    client.request(1, [['x-trailer', '1']])
    await client.frame(isEndOf(1))
    expect(gateway.requests[0]!.headers['x-trailer']).toBeUndefined()
  })

  it('te: trailers is allowed', async () => {
    const gateway = await gatewayOf()
    const client = await framesTo(gateway)
    client.request(1, post(['te', 'trailers']))
    await client.frame(isEndOf(1))
    expect(gateway.requests).toHaveLength(1)
  })

  it('a head in several frames is one', async () => {
    const gateway = await gatewayOf()
    const client = await framesTo(gateway)
    const block = literals(GET)
    client.send(
      frame(FRAME.headers, 1, 1, block.subarray(0, 9)),
      frame(FRAME.continuation, END_HEADERS, 1, block.subarray(9)),
    )
    await client.frame(isEndOf(1))
    expect(gateway.requests).toHaveLength(1)
  })
})

describe('a stream over HTTP/2', () => {
  it('arrives as it is written, and its end is its end', async () => {
    const fed = new HandFed()
    const session = await openSession((await gatewayOf(fed.answer)).url)
    const stream = begin(session, { path: '/v1/messages', body: '{}' })
    const reply = await fed.replied
    reply.head(200, EVENT_STREAM)
    expect(reply.write('data: 1\n\n')).toBe(true)
    expect(await firstBytes(stream)).toBe('data: 1\n\n')
    reply.write('data: 2\n\n')
    expect(await firstBytes(stream)).toBe('data: 2\n\n')
    reply.end('data: 3\n\n')
    expect(await firstBytes(stream)).toBe('data: 3\n\n')
    await once(stream, 'end')
    expect(stream.rstCode).toBe(0)
  })

  it('that is cut shows that it is', async () => {
    const fed = new HandFed()
    const session = await openSession((await gatewayOf(fed.answer)).url)
    const stream = begin(session, { path: '/v1/messages', body: '{}' })
    const reply = await fed.replied
    reply.head(200, EVENT_STREAM)
    reply.write('data: 1\n\n')
    await firstBytes(stream)
    reply.destroy()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(stream.rstCode).toBe(2)
    expect(fed.aborts).toBe(0)
  })

  it.each([8, 0, 2])('that its client takes back with code %i ends the exchange, and no other one', async (code) => {
    const left = new HandFed()
    const kept = new HandFed()
    let count = 0
    const gateway = await gatewayOf((request, reply) => (count++ === 0 ? left : kept).answer(request, reply))
    const session = await openSession(gateway.url)
    const stream = begin(session, { path: '/v1/messages', body: '{}' })
    const reply = await left.replied
    reply.head(200, EVENT_STREAM)
    reply.write('data: 1\n\n')
    await firstBytes(stream)
    const other = begin(session, { path: '/v1/messages', body: '{}' })
    stream.close(code)
    await left.aborted
    expect(reply.closed).toBe(true)
    const otherReply = await kept.replied
    otherReply.head(200, { 'content-length': '2' })
    otherReply.end('ok')
    expect((await answerTo(other)).body).toBe('ok')
    expect(gateway.server.inFlight).toBe(0)
  })

  it('ends when the connection does', async () => {
    const fed = new HandFed()
    const gateway = await gatewayOf(fed.answer)
    const session = await openSession(gateway.url)
    begin(session, { path: '/v1/messages', body: '{}' })
    await fed.replied
    session.destroy()
    await fed.aborted
    expect(gateway.server.inFlight).toBe(0)
  })

  it('waits for a client that reads slowly, while others are served', async () => {
    let held = false
    const drained = Promise.withResolvers<void>()
    const gateway = await gatewayOf(({ path }, reply) => {
      reply.head(200, EVENT_STREAM)
      if (path !== '/v1/messages') return reply.end('ok')
      reply.onDrain(() => {
        reply.end()
        drained.resolve()
      })
      while (reply.write(Buffer.alloc(64 * 1024)));
      held = true
      return drained.promise
    })
    const session = await openSession(gateway.url)
    const slow = begin(session, { path: '/v1/messages', body: '{}' })
    slow.pause()
    expect((await ask(session)).body).toBe('ok')
    expect(held).toBe(true)
    slow.resume()
    await drained.promise
    await once(slow, 'close')
    expect(slow.rstCode).toBe(0)
  })

  it('whose client leaves its window shut is given up alone', async () => {
    const fed = new HandFed()
    let count = 0
    const gateway = await gatewayOf(
      (request, reply) => {
        if (count++ === 0) return fed.answer(request, reply)
        reply.head(200, { 'content-length': '0' })
        reply.end()
      },
      { writeTimeout: 80 },
    )
    // The initial window of streams: none.
    const client = await framesTo(gateway, Buffer.concat([Buffer.of(0, 4), uint32(0)]))
    client.request(1, POST)
    const reply = await fed.replied
    reply.head(200, EVENT_STREAM)
    while (reply.write(Buffer.alloc(64 * 1024)));
    await fed.aborted
    await client.frame(isResetOf(1))
    expect(gateway.observed.warnings).toEqual(['the client reads nothing of its answer and was cut'])
    // It answers the question whether it is still there, and so stays.
    const ping = await client.frame(({ type, flags }) => type === FRAME.ping && flags === 0)
    client.send(frame(FRAME.ping, 1, 0, ping.payload)).request(3, GET)
    await client.frame(isEndOf(3))
  })

  it('whose client reads nothing at all costs the connection', async () => {
    const fed = new HandFed()
    const gateway = await gatewayOf(fed.answer, { writeTimeout: 80 })
    const client = await framesTo(gateway, Buffer.concat([Buffer.of(0, 4), uint32(0)]))
    client.request(1, POST)
    const reply = await fed.replied
    reply.head(200, EVENT_STREAM)
    while (reply.write(Buffer.alloc(64 * 1024)));
    await client.closed
    expect(gateway.server.inFlight).toBe(0)
  })
})

describe('a connection of HTTP/2', () => {
  it('that is never used, or no longer, is closed', async () => {
    const gateway = await gatewayOf(undefined, { headerTimeout: 100, keepAliveTimeout: 100 })
    const unused = await framesTo(gateway)
    const used = await framesTo(gateway)
    used.request(1, GET)
    await Promise.all([unused.closed, used.closed])
    expect(used.farewell).toBe(0)
  })

  it('takes no more than so many requests at once', async () => {
    const gateway = await gatewayOf(() => new Promise(() => {}))
    const client = await framesTo(gateway)
    const settings = await client.frame(({ type, flags }) => type === FRAME.settings && flags === 0)
    const at = Array.from({ length: settings.payload.length / 6 }, (_, index) => index * 6).find(
      (position) => settings.payload.readUInt16BE(position) === 3,
    )
    expect(settings.payload.readUInt32BE((at ?? 0) + 2)).toBe(250)
    for (let stream = 1; stream <= 501; stream += 2) client.request(stream, GET)
    await client.closed
    expect(client.farewell).toBe(1)
    expect(gateway.requests).toHaveLength(250)
  })

  it('is told to leave while its requests finish', async () => {
    const fed = new HandFed()
    const gateway = await gatewayOf(fed.answer)
    const session = await openSession(gateway.url)
    const stream = begin(session, { path: '/v1/messages', body: '{}' })
    const reply = await fed.replied
    reply.head(200, EVENT_STREAM)
    reply.write('data: 1\n\n')
    await firstBytes(stream)
    const goaway = once(session, 'goaway')
    const drained = gateway.server.drain(10_000)
    expect((await goaway)[0]).toBe(0)
    reply.end('data: 2\n\n')
    expect(await firstBytes(stream)).toBe('data: 2\n\n')
    expect(await drained).toEqual({ finished: 1, cut: 0 })
  })

  it('and what does not finish in time ends with an error of its protocol', async () => {
    const fed = new HandFed()
    const gateway = await gatewayOf(fed.answer)
    const session = await openSession(gateway.url)
    const stream = begin(session, { path: '/v1/messages', body: '{}' })
    const reply = await fed.replied
    reply.head(200, EVENT_STREAM)
    reply.write('data: 1\n\n')
    await firstBytes(stream)
    const last = firstBytes(stream)
    expect(await gateway.server.drain(0)).toEqual({ finished: 0, cut: 1 })
    expect(await last).toContain('event: error')
  })

  it('is one of HTTP/1.1 where HTTP/2 is off', async () => {
    const gateway = await gatewayOf(undefined, { http2: false })
    const session = connect(gateway.url, { rejectUnauthorized: false })
    onTestFinished(() => session.destroy())
    await once(session, 'error')
    const client = await RawClient.open(gateway.url)
    onTestFinished(() => client.destroy())
    expect((await client.send(postOf('/v1/messages', '{}')).answer()).status).toBe(200)
  })
})

it('a client that takes its request back stops the vendor too', async () => {
  const asked = Promise.withResolvers<UpstreamReply>()
  const vendor = await vendorOf(async (_request, reply) => {
    await reply.streamHead()
    asked.resolve(reply)
    await reply.closed
  })
  const { certFile: cert, keyFile: key } = makeCertificate(temporaryFolder())
  const speaker = SPEAKERS.messages
  const gateway = await install({
    server: { tls: { cert, key } },
    providers: [provider('far', speaker, vendor.url)],
  })
  const session = await openSession(gateway.url)
  const body = JSON.stringify(speaker.request(`far/${speaker.model}`, { stream: true }))
  const stream = begin(session, { path: speaker.path, headers: speaker.headers, body })
  const { closed } = await asked.promise
  stream.close(8)
  await closed
  expect(await gateway.logged((line) => line['msg'] === 'request')).toMatchObject({ status: 'client_closed' })
})
