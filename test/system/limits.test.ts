import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/lib/error.ts'
import type { ServerOptions } from '../../src/server/options.ts'
import type { ServerSettings } from '../../src/server/settings.ts'
import { LISTENERS } from '../support/listeners.ts'
import { RawClient, getOf, postOf } from '../support/raw-client.ts'
import type { RawAnswer } from '../support/raw-client.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import type { Answer, SmallGateway } from '../support/small-gateway.ts'

const clients: RawClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await closeGateways()
})

async function connectTo({ url }: SmallGateway): Promise<RawClient> {
  const client = await RawClient.open(url)
  clients.push(client)
  return client
}

/** One request on a connection of its own. */
async function ask(gateway: SmallGateway, bytes: string | Buffer): Promise<RawAnswer> {
  return (await connectTo(gateway)).send(bytes).answer()
}

/** Sends this again and again, each time after the server has answered somebody else, until it answers. */
async function drip(gateway: SmallGateway, client: RawClient, text: string): Promise<RawAnswer> {
  const other = await connectTo(gateway)
  const state = { isAnswered: false }
  const answer = client.answer().finally(() => (state.isAnswered = true))
  while (!state.isAnswered) {
    client.send(text)
    await other.send(getOf('/health/live')).answer()
  }
  return answer
}

/** The error's code, and whose shape its body has. */
function errorOf({ headers, body }: RawAnswer): string {
  const parsed = JSON.parse(body) as { type?: string; error?: { message?: string } }
  expect(parsed.error?.message).toBeTypeOf('string')
  return `${parsed.type === 'error' ? 'anthropic' : 'openai'} ${headers['x-ucr-error']}`
}

const KILOBYTE = 1024

describe.each(LISTENERS)('over $name,', ({ settings: listener }) => {
  const gatewayOf = (
    answer?: Answer,
    settings: Partial<ServerSettings> = {},
    options: Partial<ServerOptions> = {},
  ): Promise<SmallGateway> => smallGateway(answer, { ...listener, ...settings }, options)

  describe('a request body', () => {
    it('of exactly the limit is taken, in one piece or in chunks', async () => {
      const gateway = await gatewayOf(undefined, { bodyLimit: KILOBYTE })
      const body = 'x'.repeat(KILOBYTE)
      expect((await ask(gateway, postOf('/v1/messages', body))).status).toBe(200)
      const chunked = `POST /v1/messages HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n400\r\n${body}\r\n0\r\n\r\n`
      expect((await ask(gateway, chunked)).status).toBe(200)
      expect(gateway.requests.map((request) => request.body.length)).toEqual([KILOBYTE, KILOBYTE])
    })

    it('that announces more than the limit is refused before it is sent', async () => {
      const gateway = await gatewayOf(undefined, { bodyLimit: KILOBYTE })
      const client = await connectTo(gateway)
      client.send(`POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: ${KILOBYTE + 1}\r\n\r\n`)
      const answer = await client.answer()
      expect(answer.status).toBe(413)
      expect(answer.headers['connection']).toBe('close')
      expect(errorOf(answer)).toBe('anthropic body_too_large')
      expect(gateway.requests).toHaveLength(0)
    })

    it('that grows beyond the limit in chunks is refused there', async () => {
      const gateway = await gatewayOf(undefined, { bodyLimit: KILOBYTE })
      const client = await connectTo(gateway)
      client.send('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
      client.send(`800\r\n${'x'.repeat(2048)}\r\n`)
      const answer = await client.answer()
      expect(answer.status).toBe(413)
      expect(errorOf(answer)).toBe('openai body_too_large')
    })

    it('that is refused in the middle of a large upload: a client that sends all of it first can still read why', async () => {
      const gateway = await gatewayOf(undefined, { bodyLimit: KILOBYTE })
      const client = await connectTo(gateway)
      const upload = postOf('/v1/messages', Buffer.alloc(32 * KILOBYTE * KILOBYTE, 'x'))
      const failure = await new Promise((resolve) => client.socket.write(upload, resolve))
      expect(failure ?? null).toBeNull()
      expect((await client.answer()).status).toBe(413)
    })

    it.each([
      ['gzip', gzipSync],
      ['x-gzip', gzipSync],
      ['GZip', gzipSync],
      ['br', brotliCompressSync],
      ['zstd', zstdCompressSync],
      ['deflate', deflateSync],
      ['deflate', deflateRawSync],
      ['identity', (bytes: Buffer) => bytes],
    ])('in %s is decoded', async (encoding, compress) => {
      const gateway = await gatewayOf()
      const body = compress(Buffer.from('{"model":"ä"}'))
      const answer = await ask(gateway, postOf('/v1/messages', body, `content-encoding: ${encoding}\r\n`))
      expect(answer.status).toBe(200)
      expect(gateway.requests[0]!.body.toString()).toBe('{"model":"ä"}')
    })

    it.each([
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
      ['zstd', zstdCompressSync],
      ['deflate', deflateSync],
    ])('in %s that decodes to more than the limit is refused', async (encoding, compress) => {
      const gateway = await gatewayOf(undefined, { bodyLimit: 1024 * KILOBYTE })
      const bomb = compress(Buffer.alloc(64 * 1024 * KILOBYTE))
      expect(bomb.length).toBeLessThan(1024 * KILOBYTE)
      const answer = await ask(gateway, postOf('/v1/messages', bomb, `content-encoding: ${encoding}\r\n`))
      expect(answer.status).toBe(413)
      expect(gateway.requests).toHaveLength(0)
    })

    it.each(['gzip, gzip', 'gzip,br', 'compress', 'aes128gcm'])('in %s is not understood', async (encoding) => {
      const gateway = await gatewayOf()
      const body = gzipSync(gzipSync('{}'))
      const answer = await ask(gateway, postOf('/v1/messages', body, `content-encoding: ${encoding}\r\n`))
      expect(answer.status).toBe(415)
      expect(answer.headers['accept-encoding']).toBe('gzip, deflate, br, zstd')
      expect(errorOf(answer)).toBe('anthropic unsupported_encoding')
    })

    it.each([
      ['is no gzip', Buffer.from('{"plain":true}')],
      ['is cut', gzipSync('a'.repeat(5000)).subarray(0, 20)],
    ])('that says gzip and %s is refused', async (_name, body) => {
      const gateway = await gatewayOf()
      const answer = await ask(gateway, postOf('/v1/messages', body, 'content-encoding: gzip\r\n'))
      expect(answer.status).toBe(400)
      expect(gateway.requests).toHaveLength(0)
    })

    it('that comes too slowly is given up', async () => {
      const gateway = await gatewayOf(undefined, { bodyPace: { bytes: 500_000, within: 50 } })
      const client = await connectTo(gateway)
      client.send('POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n')
      const answer = await drip(gateway, client, 'x')
      expect(answer.status).toBe(408)
      expect(errorOf(answer)).toBe('anthropic request_timeout')
    })

    it('that takes too long is given up, however fast it comes', async () => {
      const gateway = await gatewayOf(undefined, { bodyTimeout: 80, bodyPace: { bytes: 1, within: 30 } })
      const client = await connectTo(gateway)
      client.send('POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n')
      const answer = await drip(gateway, client, 'x'.repeat(100))
      expect(answer.status).toBe(408)
    })

    it('whose client leaves in the middle is forgotten', async () => {
      const gateway = await gatewayOf()
      const client = await connectTo(gateway)
      client.send('POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nxx')
      client.reset()
      // Node 22 says that it sends no more before it resets, and then the request is one that was cut.
      expect((await gateway.observed.recorded(0)).status).toMatch(/^(?:client_closed|rejected)$/)
      expect(gateway.requests).toHaveLength(0)
      expect(gateway.server.inFlight).toBe(0)
    })
  })

  describe('Expect: 100-continue', () => {
    const head = (length: number): string =>
      `POST /v1/messages HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`

    it('is answered before the body, when the body is wanted', async () => {
      const gateway = await gatewayOf()
      const client = await connectTo(gateway)
      expect((await client.send(head(2)).answer()).status).toBe(100)
      expect((await client.send('{}').answer()).status).toBe(200)
    })

    it('is answered with the refusal when it is not', async () => {
      const gateway = await gatewayOf(undefined, { bodyLimit: 10 })
      const client = await connectTo(gateway)
      expect((await client.send(head(11)).answer()).status).toBe(413)
    })

    it('another expectation is refused', async () => {
      const gateway = await gatewayOf()
      expect((await ask(gateway, postOf('/v1/messages', '{}', 'expect: wonders\r\n'))).status).toBe(417)
    })

    it('means nothing in HTTP/1.0', async () => {
      const gateway = await gatewayOf()
      expect((await ask(gateway, head(2).replace('HTTP/1.1', 'HTTP/1.0') + '{}')).status).toBe(200)
    })
  })

  describe('a request head', () => {
    it('beyond the limit is refused in the protocol of its path', async () => {
      const gateway = await gatewayOf(undefined, { headerLimit: 4 * KILOBYTE })
      const answer = await ask(gateway, postOf('/v1/messages', '{}', `x-large: ${'a'.repeat(5000)}\r\n`))
      expect(answer.status).toBe(431)
      expect(answer.headers['content-type']).toBe('application/json')
      expect(errorOf(answer)).toBe('anthropic headers_too_large')
    })

    it('with too many fields is refused', async () => {
      const gateway = await gatewayOf(undefined, { headerCount: 20 })
      const fields = Array.from({ length: 21 }, (_, index) => `x-${index}: 1\r\n`).join('')
      const answer = await ask(gateway, postOf('/v1/messages?beta=true', '{}', fields))
      expect(answer.status).toBe(431)
      expect(errorOf(answer)).toBe('anthropic headers_too_large')
    })

    it('that never ends is given up', async () => {
      const gateway = await gatewayOf(undefined, { headerTimeout: 100, headerLimit: 1024 * KILOBYTE })
      const client = await connectTo(gateway)
      client.send('GET /v1/models HTTP/1.1\r\nhost: a\r\n')
      expect((await drip(gateway, client, 'x: 1\r\n')).status).toBe(408)
      await client.all()
    })

    it('that never ends is given up on a connection that had served before', async () => {
      const gateway = await gatewayOf(undefined, { headerTimeout: 100 })
      const client = await connectTo(gateway)
      expect((await client.send(getOf('/v1/models')).answer()).status).toBe(200)
      expect((await client.send('GET /v1/models HTTP/1.1\r\n').answer()).status).toBe(408)
    })

    it('that never begins: the connection is closed without a word', async () => {
      const gateway = await gatewayOf(undefined, { headerTimeout: 100 })
      expect(await (await connectTo(gateway)).all()).toBe('')
    })
  })

  describe('a path', () => {
    it('may end in a slash, and holds names of any length', async () => {
      const gateway = await gatewayOf()
      expect((await ask(gateway, postOf('/v1/messages/?beta=true', '{}'))).status).toBe(200)
      expect((await ask(gateway, getOf('/v1/models/openai/gpt-5%2e5%20x'))).body).toContain('"id":"openai/gpt-5.5 x"')
    })

    it.each([
      ['/v1/v1/messages', 'The path has /v1 twice'],
      ['/messages', 'Did you mean /v1/messages?'],
      ['/', 'There is nothing at /.'],
    ])('%s is unknown, and the answer says what to do', async (path, hint) => {
      const answer = await ask(await gatewayOf(), postOf(path, '{}'))
      expect(answer.status).toBe(404)
      expect(answer.body).toContain(hint)
    })

    it.each([
      '/../v1/models',
      '/v1/../v1/models',
      '//v1/models',
      '/v1//models',
      '/v1/%6dodels',
      '/V1/models',
      '/v1/models/'.repeat(2),
    ])('%s is not another way to write /v1/models', async (path) => {
      const { status, body } = await ask(await gatewayOf(), getOf(path))
      if (status === 200) expect(body).not.toContain('list-models')
      else expect(status).toBe(404)
    })

    it.each(['/v1/models/%', '/v1/models/%zz', '/v1/models/%ff', '/v1/models/a%00b', '/v1/models/a%0d%0ab'])(
      '%s is badly encoded',
      async (path) => {
        expect((await ask(await gatewayOf(), getOf(path))).status).toBe(400)
      },
    )

    it('has methods, and an answer to others names them', async () => {
      const answer = await ask(await gatewayOf(), getOf('/v1/messages'))
      expect(answer.status).toBe(405)
      expect(answer.headers['allow']).toBe('POST')
      expect(errorOf(answer)).toBe('anthropic method_not_allowed')
    })

    it('has HEAD where it has GET, without a body', async () => {
      const gateway = await gatewayOf()
      const client = await connectTo(gateway)
      client.send('HEAD /v1/models HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
      const text = await client.all()
      expect(text).toMatch(/^HTTP\/1\.1 200 /)
      expect(text).toMatch(/content-length: [1-9]/)
      expect(text.endsWith('\r\n\r\n')).toBe(true)
    })

    it('of two protocols belongs to the one that the headers claim, else to the last', async () => {
      const gateway = await gatewayOf()
      await ask(gateway, getOf('/v1/models', 'anthropic-version: 2023-06-01\r\n'))
      await ask(gateway, getOf('/v1/models'))
      expect(gateway.requests.map(({ protocol }) => protocol)).toEqual(['anthropic-messages', 'openai-chat'])
    })
  })

  describe('an answer', () => {
    it('has the request id in both spellings', async () => {
      const answer = await ask(await gatewayOf(), getOf('/v1/models'))
      expect(answer.headers['request-id']).toMatch(/^id\d{20}$/)
      expect(answer.headers['x-request-id']).toBe(answer.headers['request-id'])
    })

    it('never has a header that its value could break', async () => {
      const gateway = await gatewayOf((_request, reply) => {
        const headers = {
          'x-model': 'a\r\nx-injected: 1\0\u{1f600}ä',
          'x-long': 'b'.repeat(10_000),
          'content-length': '0',
        }
        reply.head(200, headers)
        reply.end()
      })
      const answer = await ask(gateway, getOf('/v1/models'))
      expect(answer.headers['x-injected']).toBeUndefined()
      expect(answer.headers['x-model']).toBe('a%0D%0Ax-injected: 1%00%F0%9F%98%80%C3%A4')
      expect(answer.headers['x-long']).toHaveLength(4096)
    })

    it('of an exchange that throws is an error without details, and other requests go on', async () => {
      const gateway = await gatewayOf(({ path }, reply) => {
        if (path === '/v1/messages') throw new Error('secret detail')
        reply.head(200, { 'content-length': '2' })
        reply.end('ok')
      })
      const client = await connectTo(gateway)
      const answer = await client.send(postOf('/v1/messages', '{}')).answer()
      expect(answer.status).toBe(500)
      expect(answer.body).not.toContain('secret')
      expect(gateway.observed.errors).toHaveLength(1)
      expect((await client.send(getOf('/v1/models')).answer()).body).toBe('ok')
    })

    it('of an exchange that throws after it began is cut', async () => {
      const gateway = await gatewayOf((_request, reply) => {
        reply.head(200, { 'content-type': 'text/event-stream' })
        reply.write('data: 1\n\n')
        throw new Error('a bug')
      })
      const client = await connectTo(gateway)
      client.send(postOf('/v1/messages', '{}'))
      expect(await client.all()).not.toContain('\r\n0\r\n\r\n')
    })

    it('whose callbacks throw is cut, and other requests go on', async () => {
      const gateway = await gatewayOf(
        ({ path }, reply) =>
          new Promise((resolve) => {
            if (path === '/v1/models') {
              reply.head(200, { 'content-length': '2' })
              reply.end('ok')
              resolve()
              return
            }
            reply.onDrain(() => {
              resolve()
              throw new Error('a bug')
            })
            reply.head(200, { 'content-type': 'text/event-stream' })
            while (reply.write(Buffer.alloc(1024 * KILOBYTE)));
          }),
      )
      const client = await connectTo(gateway)
      expect(await client.send(postOf('/v1/messages', '{}')).all()).not.toContain('\r\n0\r\n\r\n')
      expect(gateway.observed.errors).toHaveLength(1)
      expect((await ask(gateway, getOf('/v1/models'))).body).toBe('ok')
    })

    it('that an exchange forgot is an error', async () => {
      expect((await ask(await gatewayOf(() => {}), getOf('/v1/models'))).status).toBe(500)
    })

    it('that nobody reads is cut, and the exchange hears of it', async () => {
      const left: { current: () => void } = { current: () => {} }
      const abort = new Promise<void>((resolve) => (left.current = resolve))
      const gateway = await gatewayOf(
        async (_request, reply) => {
          const fill = (): void => {
            while (!reply.closed && reply.write(Buffer.alloc(64 * KILOBYTE)));
          }
          reply.onAbort(left.current)
          reply.onDrain(fill)
          reply.head(200, { 'content-type': 'text/event-stream' })
          fill()
          await abort
        },
        { writeTimeout: 80 },
      )
      const client = await connectTo(gateway)
      client.socket.pause()
      client.send(postOf('/v1/messages', '{}'))
      await abort
      expect(gateway.observed.warnings).toEqual(['the client reads nothing of its answer and was cut'])
      expect(gateway.server.inFlight).toBe(0)
    })
  })

  describe('access', () => {
    const REFUSED = new GatewayError('host_not_allowed', 'not this host')
    const OPEN = {
      checkHost: () => {},
      checkOrigin: () => {},
      corsHeaders: () => ({}),
      authenticate: () => ({ tenant: 't', keyName: 'k', grant: null }),
      checkAdmin: () => {},
      permit: () => {},
      admit: () => {},
      failed: () => {},
      received: () => {},
    }

    it.each(['/v1/models', '/health', '/health/live', '/nothing'])('a foreign host is refused at %s', async (path) => {
      const checkHost = (): never => {
        throw REFUSED
      }
      const gateway = await gatewayOf(undefined, {}, { access: { ...OPEN, checkHost } })
      expect((await ask(gateway, getOf(path))).status).toBe(421)
    })

    it('a request without a key is refused before its body is read', async () => {
      const authenticate = (): never => {
        throw new GatewayError('unauthorized', 'a key is required')
      }
      const gateway = await gatewayOf(undefined, {}, { access: { ...OPEN, authenticate } })
      const client = await connectTo(gateway)
      client.send('POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n')
      const answer = await client.answer()
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
      expect(await gateway.observed.recorded(0)).toMatchObject({ status: 'rejected', errorCode: 'unauthorized' })
      // Public routes of protocols and of the server itself stay open.
      const hello = await connectTo(gateway)
      hello.send('HEAD /api/hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
      expect(await hello.all()).toMatch(/^HTTP\/1\.1 200 /)
      expect(gateway.requests[0]!.principal).toEqual({ tenant: 'public', keyName: null, grant: null })
      expect((await ask(gateway, getOf('/health/live'))).status).toBe(200)
    })

    it('a body that nobody wants, at a path that is open to everybody, is not waited for', async () => {
      const gateway = await gatewayOf()
      for (const path of ['/health', '/health/live', '/health/ready']) {
        const client = await connectTo(gateway)
        const { status, headers } = await client
          .send(getOf(path, `content-length: ${20 * KILOBYTE * KILOBYTE}\r\n`))
          .answer()
        expect(status, path).toBe(200)
        if ('connection' in headers) expect(headers['connection'], path).toBe('close')
      }
    })

    it('a page of an allowed origin may ask and may read the answer', async () => {
      const access = {
        ...OPEN,
        corsHeaders: () => ({ 'access-control-allow-origin': 'https://app.example', vary: 'origin' }),
      }
      const gateway = await gatewayOf(undefined, {}, { access })
      const client = await connectTo(gateway)
      client.send(
        'OPTIONS /v1/messages HTTP/1.1\r\nhost: a\r\norigin: https://app.example\r\naccess-control-request-method: POST\r\naccess-control-request-headers: x-api-key\r\nconnection: close\r\n\r\n',
      )
      const text = await client.all()
      expect(text).toMatch(/^HTTP\/1\.1 204 /)
      expect(text).toContain('access-control-allow-headers: x-api-key\r\n')
      expect(text).toContain('access-control-allow-origin: https://app.example\r\n')
      const answer = await ask(gateway, postOf('/v1/messages', '{}', 'origin: https://app.example\r\n'))
      expect(answer.headers['access-control-allow-origin']).toBe('https://app.example')
    })

    it('nobody else gets anything from OPTIONS', async () => {
      const answer = await ask(
        await gatewayOf(),
        'OPTIONS /v1/messages HTTP/1.1\r\nhost: a\r\naccess-control-request-method: POST\r\n\r\n',
      )
      expect(answer.status).toBe(405)
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    })
  })
})
