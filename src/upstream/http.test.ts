import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { LAST_CHUNK, STREAM_HEAD, chunk, rawServer, wholeAnswer } from '../../test/support/raw-server.ts'
import type { RawServer, Script } from '../../test/support/raw-server.ts'
import type { Headers } from '../lib/headers.ts'
import { DnsCache } from './dns-cache.ts'
import { LeanTransport } from './lean/transport.ts'
import { DEFAULT_HTTP_TRANSPORT } from './options.ts'
import type { HttpTransportOptions } from './options.ts'
import type { Transport, TransportFailure, UpstreamCall, UpstreamHandler, UpstreamRequest } from './transport.ts'
import { UndiciTransport } from './undici/transport.ts'

const NO_LIMITS = { connect: 5000, firstByte: 5000, idle: 5000, total: 0 }

/** What a call reports, with promises for the moments that tests wait for. */
class Recorder implements UpstreamHandler {
  status = 0
  headers: Headers = {}
  readonly chunks: Buffer[] = []
  readonly outcome: Promise<'end' | TransportFailure>
  readonly answered: Promise<void>
  #settle: (outcome: 'end' | TransportFailure) => void = () => {}
  #answered: () => void = () => {}
  #waiting: { readonly length: number; readonly resolve: () => void }[] = []
  onChunk: (() => void) | null = null

  constructor() {
    this.outcome = new Promise((resolve) => (this.#settle = resolve))
    this.answered = new Promise((resolve) => (this.#answered = resolve))
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8')
  }

  get bytes(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0)
  }

  /** Resolves when that many bytes of the body have come. */
  received(length: number): Promise<void> {
    return this.bytes >= length ? Promise.resolve() : new Promise((resolve) => this.#waiting.push({ length, resolve }))
  }

  head(status: number, headers: Headers): void {
    this.status = status
    this.headers = headers
    this.#answered()
  }

  data(bytes: Buffer): void {
    this.chunks.push(Buffer.from(bytes))
    for (const { length, resolve } of this.#waiting) if (this.bytes >= length) resolve()
    this.onChunk?.()
  }

  end(): void {
    this.#settle('end')
  }

  error(failure: TransportFailure): void {
    this.#settle(failure)
  }
}

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const sockets: Socket[] = []

/** A listener for what is not HTTP at all. */
async function tcpServer(connected: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    connected(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** undici takes a connection back one turn of the event loop after an answer. */
const connectionFree = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function farEnd(script: Script): Promise<RawServer> {
  const server = await rawServer(script)
  closers.push(() => server.close())
  return server
}

function post(origin: string, changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return { origin, method: 'POST', path: '/v1/messages', headers: {}, body: '{}', timeouts: NO_LIMITS, ...changes }
}

function send(transport: Transport, request: UpstreamRequest): { call: UpstreamCall; answer: Recorder } {
  const answer = new Recorder()
  return { call: transport.send(request, answer), answer }
}

type EngineName = HttpTransportOptions['engine']

function makeTransport(engine: EngineName, given: Partial<HttpTransportOptions> = {}): Transport {
  const options = { ...DEFAULT_HTTP_TRANSPORT, ...given, engine }
  const dns = new DnsCache(options.dns)
  return engine === 'lean' ? new LeanTransport(options, dns) : new UndiciTransport(options, dns)
}

describe.each<EngineName>(['lean', 'undici'])('over %s, the transport', (engine) => {
  function newTransport(options: Partial<HttpTransportOptions> = {}): Transport {
    const transport = makeTransport(engine, options)
    closers.push(() => transport.close())
    return transport
  }

  /** The failure of a request to a far end that follows the script. */
  async function failureOf(
    script: Script,
    timeouts: Partial<UpstreamRequest['timeouts']> = {},
    options: Partial<HttpTransportOptions> = {},
  ): Promise<TransportFailure | 'end'> {
    const server = await farEnd(script)
    const { answer } = send(newTransport(options), post(server.origin, { timeouts: { ...NO_LIMITS, ...timeouts } }))
    return answer.outcome
  }

  describe('sends', () => {
    it('method, path with query, headers and body, and gives status, headers and body back', async () => {
      const server = await farEnd((socket) => socket.write(wholeAnswer('{"ok":true}', 'X-One: 1\r\nx-one: 2\r\n')))
      const request = post(server.origin, {
        path: '/v1/messages?beta=true',
        headers: { 'x-api-key': 'k' },
        body: '{"ä":1}',
      })
      const { answer } = send(newTransport(), request)
      expect(await answer.outcome).toBe('end')
      expect(server.requests[0]).toMatch(/^POST \/v1\/messages\?beta=true HTTP\/1\.1\r\n/)
      expect(server.requests[0]).toContain('\r\nx-api-key: k\r\n')
      expect(server.requests[0]).toContain('\r\ncontent-length: 8\r\n')
      expect(answer.status).toBe(200)
      expect(answer.headers['x-one']).toBe('1, 2')
      expect(answer.text).toBe('{"ok":true}')
    })

    it('later requests over the same connection', async () => {
      const server = await farEnd((socket, _request, count) => socket.write(wholeAnswer(String(count))))
      const transport = newTransport()
      for (const expected of ['0', '1', '2']) {
        const { answer } = send(transport, post(server.origin))
        expect(await answer.outcome).toBe('end')
        expect(answer.text).toBe(expected)
        await connectionFree()
      }
      expect(server.sockets).toHaveLength(1)
    })

    it('each chunk of a stream on before the next one arrives', async () => {
      let upstream: Socket | null = null
      const server = await farEnd((socket) => {
        upstream = socket
        socket.write(STREAM_HEAD)
      })
      const { answer } = send(newTransport(), post(server.origin))
      await answer.answered
      for (const [position, event] of ['one', 'two', 'three'].entries()) {
        upstream!.write(chunk(event))
        await answer.received(['one', 'onetwo', 'onetwothree'][position]!.length)
        expect(answer.chunks.at(-1)!.toString()).toBe(event)
      }
      upstream!.write(LAST_CHUNK)
      expect(await answer.outcome).toBe('end')
    })

    it.each([
      '204 No Content\r\ncontent-length: 38',
      '304 Not Modified\r\ncontent-length: 38',
      '204 No Content\r\ntransfer-encoding: chunked',
    ])('nothing more over a connection that owes the body of %j', async (head) => {
      const server = await farEnd((socket, _request, count) =>
        socket.write(count === 0 ? `HTTP/1.1 ${head}\r\n\r\n` : wholeAnswer('next')),
      )
      const transport = newTransport()
      expect(await send(transport, post(server.origin)).answer.outcome).toBe('end')
      const { answer } = send(transport, post(server.origin))
      expect(await answer.outcome).toBe('end')
      expect(answer.text).toBe('next')
      expect(server.sockets).toHaveLength(2)
    })

    it('redirects and interim answers: the first as it is, the second not at all', async () => {
      const server = await farEnd((socket) =>
        socket.write(
          'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n',
        ),
      )
      const { answer } = send(newTransport(), post(server.origin))
      expect(await answer.outcome).toBe('end')
      expect(answer.status).toBe(302)
      expect(server.requests).toHaveLength(1)
    })

    it.each(['a\r\nx-injected: 1', 'a\nb', 'a\rb', 'a\0b', 'snow\u2603man'])(
      'never a header value %j',
      async (value) => {
        const server = await farEnd((socket) => socket.write(wholeAnswer('')))
        const { answer } = send(newTransport(), post(server.origin, { headers: { 'x-model': value } }))
        expect(await answer.outcome).toMatchObject({ kind: 'invalid', unsent: true })
        expect(server.sockets).toHaveLength(0)
      },
    )

    it('never a host of the caller', async () => {
      const server = await farEnd((socket) => socket.write(wholeAnswer('')))
      const { answer } = send(newTransport(), post(server.origin, { headers: { Host: 'other.example' } }))
      expect(await answer.outcome).toMatchObject({ kind: 'invalid', unsent: true })
      expect(server.sockets).toHaveLength(0)
    })

    it('no callback before send() returned, even where the request is refused at once', async () => {
      const answer = new Recorder()
      let returned = false
      const order: boolean[] = []
      answer.error = () => order.push(returned)
      newTransport().send(post('not an origin'), answer)
      returned = true
      await Promise.resolve()
      expect(order).toEqual([true])
    })
  })

  describe('tells failures apart:', () => {
    it('refused', async () => {
      const server = await rawServer(() => {})
      await server.close()
      const { answer } = send(newTransport(), post(server.origin))
      expect(await answer.outcome).toMatchObject({
        kind: 'connect',
        unsent: true,
        detail: expect.stringContaining('ECONNREFUSED'),
      })
    })

    it('unknown name', async () => {
      const { answer } = send(newTransport(), post('http://nothing.invalid'))
      expect(await answer.outcome).toMatchObject({ kind: 'dns', unsent: true })
    })

    it('no TLS at the other end', async () => {
      const port = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      const { answer } = send(newTransport(), post(`https://127.0.0.1:${port}`))
      expect(await answer.outcome).toMatchObject({ kind: 'tls', unsent: true })
    })

    it('reset inside the head', async () => {
      const failure = await failureOf((socket) => socket.write('HTTP/1.1 200 O', () => socket.resetAndDestroy()))
      expect(failure).toMatchObject({ kind: 'reset', unsent: false })
      expect(failure).not.toHaveProperty('stale')
    })

    it('closed without an answer, on a new connection', async () => {
      const failure = await failureOf((socket) => socket.end())
      expect(failure).toMatchObject({ kind: 'reset', unsent: false })
      expect(failure).not.toHaveProperty('stale')
    })

    it('closed without an answer, on a connection that had served before', async () => {
      const server = await farEnd((socket, _request, count) => {
        if (count === 0) socket.write(wholeAnswer('first'))
        else socket.destroy()
      })
      const transport = newTransport()
      expect(await send(transport, post(server.origin)).answer.outcome).toBe('end')
      await connectionFree()
      expect(await send(transport, post(server.origin)).answer.outcome).toMatchObject({
        kind: 'reset',
        unsent: false,
        stale: true,
      })
      expect(server.sockets).toHaveLength(1)
      // The next connection is new: what dies there is no keep-alive race.
      const third = await send(transport, post(server.origin)).answer.outcome
      expect(third).toMatchObject({ kind: 'reset' })
      expect(third).not.toHaveProperty('stale')
    })

    it('reset in the middle of the body', async () => {
      const server = await farEnd((socket) => socket.write(STREAM_HEAD))
      const { answer } = send(newTransport(), post(server.origin))
      await answer.answered
      server.sockets[0]!.write(chunk('half'), () => server.sockets[0]!.resetAndDestroy())
      expect(await answer.outcome).toMatchObject({ kind: 'reset', unsent: false })
    })

    it('closed before the last chunk', async () => {
      expect(await failureOf((socket) => socket.end(`${STREAM_HEAD}4\r\nhalf\r\n`))).toMatchObject({ kind: 'reset' })
    })

    it('closed before the last chunk, with connection: close', async () => {
      const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'
      expect(await failureOf((socket) => socket.end(head))).toMatchObject({ kind: 'reset' })
    })

    it('closed before content-length was reached', async () => {
      expect(await failureOf((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'))).toMatchObject(
        {
          kind: 'reset',
        },
      )
    })

    it.each([
      'SSH-2.0-OpenSSH_9\r\n',
      `${STREAM_HEAD}zz\r\n`,
      'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
      'HTTP/1.1 200 OK\ncontent-length: 0\n\n',
    ])('not HTTP: %j', async (bytes) => {
      expect(await failureOf((socket) => socket.write(bytes))).toMatchObject({ kind: 'invalid', unsent: false })
    })

    it('two lengths for one body', async () => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'
      const kind = engine === 'lean' ? 'invalid' : 'reset'
      expect(await failureOf((socket) => socket.write(head))).toMatchObject({ kind, unsent: false })
    })

    it('more header bytes than allowed', async () => {
      const head = `HTTP/1.1 200 OK\r\nx-large: ${'a'.repeat(5000)}\r\n\r\n`
      expect(await failureOf((socket) => socket.write(head), {}, { maxHeaderBytes: 4096 })).toMatchObject({
        kind: 'too-large',
      })
    })

    it('no connection in time', async () => {
      // One socket, and it is taken: the second request waits for it.
      const server = await farEnd(() => {})
      const transport = newTransport({ connections: 1 })
      const first = send(transport, post(server.origin, { timeouts: { ...NO_LIMITS, connect: 30 } }))
      await server.received(1)
      const second = send(transport, post(server.origin, { timeouts: { ...NO_LIMITS, connect: 30 } }))
      expect(await second.answer.outcome).toMatchObject({ kind: 'connect-timeout', unsent: true })
      first.call.abort()
      expect(server.requests).toHaveLength(1)
    })

    it('no answer in time, and the connection is gone', async () => {
      const server = await farEnd(() => {})
      const { answer } = send(newTransport(), post(server.origin, { timeouts: { ...NO_LIMITS, firstByte: 30 } }))
      expect(await answer.outcome).toMatchObject({ kind: 'first-byte-timeout', unsent: false })
      await server.closed(0)
    })

    it('no answer in time in spite of interim ones', async () => {
      const timer: { current?: NodeJS.Timeout } = {}
      const failure = await failureOf(
        (socket) => {
          timer.current = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5)
        },
        { firstByte: 50 },
      )
      clearInterval(timer.current)
      expect(failure).toMatchObject({ kind: 'first-byte-timeout' })
    })

    it('silence inside the body', async () => {
      expect(await failureOf((socket) => socket.write(`${STREAM_HEAD}4\r\nhalf\r\n`), { idle: 30 })).toMatchObject({
        kind: 'idle-timeout',
      })
    })

    it('a body that never ends', async () => {
      const timer: { current?: NodeJS.Timeout } = {}
      const failure = await failureOf(
        (socket) => {
          socket.write(STREAM_HEAD)
          timer.current = setInterval(() => socket.write(chunk('more')), 5)
        },
        { idle: 2000, total: 60 },
      )
      clearInterval(timer.current)
      expect(failure).toMatchObject({ kind: 'total-timeout' })
    })

    it('sent after close()', async () => {
      const transport = makeTransport(engine)
      await transport.close()
      expect(await send(transport, post('http://127.0.0.1:9')).answer.outcome).toMatchObject({
        kind: 'connect',
        unsent: true,
      })
    })
  })

  describe('stops:', () => {
    it('abort() closes the connection in the middle of an answer, and nothing is reported', async () => {
      const server = await farEnd((socket) => socket.write(STREAM_HEAD))
      const { call, answer } = send(newTransport(), post(server.origin))
      await answer.answered
      let reported = false
      void answer.outcome.then(() => (reported = true))
      call.abort()
      call.abort()
      await server.closed(0)
      expect(reported).toBe(false)
    })

    it('abort() while waiting for the answer', async () => {
      const server = await farEnd(() => {})
      const { call } = send(newTransport(), post(server.origin))
      await server.received(1)
      call.abort()
      await server.closed(0)
    })

    it('abort() of a request that waits for a connection sends nothing and keeps the connection', async () => {
      let upstream: Socket | null = null
      const server = await farEnd((socket, _request, count) => {
        upstream = socket
        if (count > 0) socket.write(wholeAnswer(String(count)))
      })
      const transport = newTransport({ connections: 1 })
      const first = send(transport, post(server.origin))
      await server.received(1)
      const second = send(transport, post(server.origin, { path: '/abandoned' }))
      const third = send(transport, post(server.origin, { path: '/third' }))
      second.call.abort()
      upstream!.write(wholeAnswer('first'))
      expect(await first.answer.outcome).toBe('end')
      expect(await third.answer.outcome).toBe('end')
      expect(server.requests.map((request) => request.split(' ')[1])).toEqual(['/v1/messages', '/third'])
      expect(server.sockets).toHaveLength(1)
    })

    it('abort() from inside data()', async () => {
      const server = await farEnd((socket) => socket.write(Buffer.concat([Buffer.from(STREAM_HEAD), chunk('a')])))
      const { call, answer } = send(newTransport(), post(server.origin))
      answer.onChunk = () => {
        call.abort()
        server.sockets[0]?.write(chunk('b'))
      }
      await answer.received(1)
      await server.closed(0)
      expect(answer.text).toBe('a')
    })

    it('a handler that throws fails only its own call', async () => {
      const server = await farEnd((socket) => socket.write(wholeAnswer('body')))
      const transport = newTransport()
      const { answer } = send(transport, post(server.origin))
      answer.onChunk = () => {
        throw new Error('a bug')
      }
      expect(await answer.outcome).toMatchObject({
        kind: 'invalid',
        unsent: false,
        detail: expect.stringContaining('a bug') as unknown,
      })
      expect(await send(transport, post(server.origin)).answer.outcome).toBe('end')
    })

    it('the upload when the vendor answered before it was complete', async () => {
      let gone: Promise<unknown> = Promise.reject(new Error('no connection'))
      gone.catch(() => {})
      const port = await tcpServer((socket) => {
        gone = once(socket, 'close')
        socket.once('data', () => {
          socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')
          socket.pause()
        })
      })
      const body = Buffer.alloc(64 * 1024 * 1024)
      const { answer } = send(newTransport(), post(`http://127.0.0.1:${port}`, { body }))
      expect(await answer.outcome).toBe('end')
      expect(answer.status).toBe(413)
      sockets.at(-1)!.resume()
      await gone
      expect(sockets.at(-1)!.bytesRead).toBeLessThan(body.length)
    })

    it('close() waits for calls under way', async () => {
      const server = await farEnd((socket) => socket.write(STREAM_HEAD))
      const transport = makeTransport(engine)
      const { answer } = send(transport, post(server.origin))
      await answer.answered
      const closed = transport.close()
      server.sockets[0]!.write(`${chunk('late').toString()}${LAST_CHUNK}`)
      expect(await answer.outcome).toBe('end')
      expect(answer.text).toBe('late')
      await closed
      await server.closed(0)
    })
  })

  describe('holds back:', () => {
    it('pause() stops reading, so that the vendor stops writing; resume() goes on', async () => {
      const piece = Buffer.alloc(64 * 1024, 'x')
      const total = 512
      let written = 0
      let stalled: () => void = () => {}
      const stall = new Promise<void>((resolve) => (stalled = resolve))
      const server = await farEnd((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total * piece.length}\r\n\r\n`)
        const more = (): void => {
          while (written < total) {
            written++
            if (!socket.write(piece)) break
          }
        }
        socket.on('drain', more)
        more()
        // Kernel buffers are a few megabytes at most; a stalled writer stays stalled.
        const watch = setInterval(() => {
          if (socket.writableLength === 0) return
          clearInterval(watch)
          stalled()
        }, 20)
      })
      const { call, answer } = send(newTransport(), post(server.origin, { timeouts: { ...NO_LIMITS, idle: 500 } }))
      answer.onChunk = () => {
        call.pause()
        answer.onChunk = null
      }
      await stall
      // Longer than the idle limit, which does not count while we hold the vendor back.
      await new Promise((resolve) => setTimeout(resolve, 1000))
      expect(answer.bytes).toBeLessThan(256 * 1024)
      expect(written).toBeLessThan(total)
      call.resume()
      expect(await answer.outcome).toBe('end')
      expect(answer.bytes).toBe(total * piece.length)
    })

    it('pause() at the last byte of an answer, and not the next answer on the connection', async () => {
      const server = await farEnd((socket) => socket.write(wholeAnswer('{"ok":true}')))
      const transport = newTransport()
      const first = send(transport, post(server.origin))
      first.answer.onChunk = () => first.call.pause()
      await first.answer.received(11)
      first.call.resume()
      expect(await first.answer.outcome).toBe('end')
      await connectionFree()
      const second = send(transport, post(server.origin))
      expect(await second.answer.outcome).toBe('end')
      expect(second.answer.text).toBe('{"ok":true}')
    })

    it('pause() before the answer begins', async () => {
      const server = await farEnd((socket) => socket.write(`${STREAM_HEAD}1\r\na\r\n1\r\nb\r\n${LAST_CHUNK}`))
      const { call, answer } = send(newTransport(), post(server.origin))
      call.pause()
      await answer.answered
      expect(answer.text).toBe('')
      call.resume()
      expect(await answer.outcome).toBe('end')
      expect(answer.text).toBe('ab')
    })

    it('pause() of a compressed answer before it begins', async () => {
      const body = gzipSync('decoded')
      const server = await farEnd((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
        socket.write(body)
      })
      const { call, answer } = send(newTransport(), post(server.origin))
      call.pause()
      await answer.answered
      call.resume()
      expect(await answer.outcome).toBe('end')
      expect(answer.text).toBe('decoded')
    })

    it('a compressed answer that decodes to much more than its reader takes', async () => {
      const body = gzipSync(Buffer.alloc(16 * 1024 * 1024))
      const server = await farEnd((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
        socket.write(body)
      })
      const { call, answer } = send(newTransport(), post(server.origin))
      answer.onChunk = () => {
        call.pause()
        setImmediate(() => call.resume())
      }
      expect(await answer.outcome).toBe('end')
      expect(answer.bytes).toBe(16 * 1024 * 1024)
      expect(Math.max(...answer.chunks.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024)
    })
  })

  describe('undoes content-encoding:', () => {
    it.each([
      ['gzip', gzipSync('{"a":1}')],
      ['x-gzip', gzipSync('{"a":1}')],
      ['GZIP', gzipSync('{"a":1}')],
      ['deflate', deflateSync('{"a":1}')],
      ['deflate', deflateRawSync('{"a":1}')],
      ['br', brotliCompressSync('{"a":1}')],
      ['zstd', zstdCompressSync('{"a":1}')],
    ])('%s', async (encoding, body) => {
      const server = await farEnd((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`)
        socket.write(body)
      })
      const { answer } = send(newTransport(), post(server.origin))
      expect(await answer.outcome).toBe('end')
      expect(answer.text).toBe('{"a":1}')
      expect(answer.headers['content-encoding']).toBeUndefined()
      expect(answer.headers['content-length']).toBeUndefined()
    })

    it.each(['compress', 'gzip, gzip', 'identity'])('%s stays as it is', async (encoding) => {
      const server = await farEnd((socket) => socket.write(wholeAnswer('raw', `content-encoding: ${encoding}\r\n`)))
      const { answer } = send(newTransport(), post(server.origin))
      expect(await answer.outcome).toBe('end')
      expect(answer.text).toBe('raw')
      expect(answer.headers['content-encoding']).toBe(encoding)
    })

    it('nothing where there is no body', async () => {
      const head = 'HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n'
      const server = await farEnd((socket) => socket.write(head))
      const { answer } = send(newTransport(), post(server.origin))
      expect(await answer.outcome).toBe('end')
    })

    it('each event of a compressed stream arrives before the next one is sent', async () => {
      const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
      let upstream: Socket | null = null
      const server = await farEnd((socket) => {
        upstream = socket
        socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n')
        gzip.on('data', (bytes: Buffer) => socket.write(chunk(bytes)))
        gzip.on('end', () => socket.write(LAST_CHUNK))
      })
      const { answer } = send(newTransport(), post(server.origin))
      await answer.answered
      expect(upstream).not.toBeNull()
      let expected = ''
      for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
        gzip.write(event)
        expected += event
        await answer.received(expected.length)
        expect(answer.text).toBe(expected)
      }
      gzip.end()
      expect(await answer.outcome).toBe('end')
    })

    it('cut data is a failure', async () => {
      const body = gzipSync(Buffer.alloc(10_000, 'abc')).subarray(0, 30)
      const failure = await failureOf((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
        socket.write(body)
      })
      expect(failure).toMatchObject({ kind: 'invalid', detail: expect.stringContaining('gzip') })
    })

    it('data that is something else is a failure', async () => {
      const failure = await failureOf((socket) =>
        socket.write(wholeAnswer('{"plain":1}', 'content-encoding: gzip\r\n')),
      )
      expect(failure).toMatchObject({ kind: 'invalid' })
    })

    it('a bomb is cut at the limit', async () => {
      const body = gzipSync(Buffer.alloc(20 * 1024 * 1024))
      const server = await farEnd((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length + 1}\r\n\r\n`)
        socket.write(body)
      })
      const { answer } = send(newTransport({ maxDecodedBytes: 1024 * 1024 }), post(server.origin))
      expect(await answer.outcome).toMatchObject({ kind: 'too-large' })
      expect(answer.bytes).toBeLessThanOrEqual(1024 * 1024)
      await server.closed(0)
    })
  })

  describe('stats()', () => {
    it('counts per origin, whatever the connect limits', async () => {
      const server = await farEnd(() => {})
      const transport = newTransport()
      const calls = [
        send(transport, post(server.origin)),
        send(transport, post(server.origin, { timeouts: { ...NO_LIMITS, connect: 4000 } })),
      ]
      await server.received(2)
      expect(transport.stats()).toMatchObject([
        { origin: server.origin, connected: 2, running: 2, pending: 0, opened: 2, closed: 0, requests: 2, errors: 0 },
      ])
      for (const { call } of calls) call.abort()
    })
  })
})
