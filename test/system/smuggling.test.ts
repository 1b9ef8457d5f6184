import { afterEach, describe, expect, it } from 'vitest'
import { RawClient, getOf } from '../support/raw-client.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import type { Answer } from '../support/small-gateway.ts'

afterEach(closeGateways)

const HEAD = 'POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n'

/**
 * Requests on which two readers of one connection could disagree about where a request ends, or whom it is for. What
 * stands after the blank line of the first is what an attacker would have the second reader take for a request.
 */
const CORPUS: readonly (readonly [name: string, bytes: string, status: number])[] = [
  [
    'content-length and transfer-encoding',
    `${HEAD}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    'transfer-encoding and content-length',
    `${HEAD}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['two lengths', `${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{} `, 400],
  ['the same length twice', `${HEAD}content-length: 2\r\ncontent-length: 2\r\n\r\n{}`, 400],
  ['a list of lengths', `${HEAD}content-length: 2, 2\r\n\r\n{}`, 400],
  ['a signed length', `${HEAD}content-length: +2\r\n\r\n{}`, 400],
  ['a negative length', `${HEAD}content-length: -2\r\n\r\n{}`, 400],
  ['a hexadecimal length', `${HEAD}content-length: 0x2\r\n\r\n{}`, 400],
  ['a length with a space in it', `${HEAD}content-length: 1 2\r\n\r\n{}`, 400],
  ['an empty length', `${HEAD}content-length: \r\n\r\n{}`, 400],
  ['a length beyond 64 bits', `${HEAD}content-length: 18446744073709551618\r\n\r\n{}`, 400],
  ['an unknown transfer-encoding', `${HEAD}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
  ['identity as transfer-encoding', `${HEAD}transfer-encoding: identity\r\n\r\n{}`, 501],
  ['chunked twice', `${HEAD}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 400],
  ['chunked and identity', `${HEAD}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n`, 400],
  ['gzip below chunked', `${HEAD}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  ['a quoted transfer-encoding', `${HEAD}transfer-encoding: "chunked"\r\n\r\n0\r\n\r\n`, 501],
  ['a vertical tab before chunked', `${HEAD}transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n`, 400],
  ['a space before the colon', `${HEAD}transfer-encoding : chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a field name with a space', `${HEAD}x transfer-encoding: chunked\r\n\r\n`, 400],
  ['a field without a colon', `${HEAD}x-nothing\r\n\r\n`, 400],
  ['an empty field name', `${HEAD}: x\r\n\r\n`, 400],
  ['a folded field', `${HEAD}x-folded: a\r\n b\r\n\r\n`, 400],
  ['a folded transfer-encoding', `${HEAD}transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a field before any name', `POST /v1/messages HTTP/1.1\r\n host: localhost\r\n\r\n`, 400],
  ['bare line feeds', 'GET /v1/models HTTP/1.1\nhost: localhost\n\n', 400],
  ['one bare line feed in the head', `${HEAD}x-a: 1\nx-b: 2\r\n\r\n`, 400],
  ['a bare carriage return in a value', `${HEAD}x-a: 1\rx-b: 2\r\n\r\n`, 400],
  ['NUL in a value', `${HEAD}x-a: 1\x002\r\n\r\n`, 400],
  ['NUL in a name', `${HEAD}x\x00a: 1\r\n\r\n`, 400],
  ['NUL in the path', 'GET /v1/mod\x00els HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  ['a control character in the path', 'GET /v1/mod\x07els HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  ['two hosts', 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n', 400],
  ['the same host twice', 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\nHost: localhost\r\n\r\n', 400],
  ['no host', 'GET /v1/models HTTP/1.1\r\n\r\n', 400],
  ['another version', 'GET /v1/models HTTP/2.0\r\nhost: localhost\r\n\r\n', 505],
  ['a version without digits', 'GET /v1/models HTTP/x.y\r\nhost: localhost\r\n\r\n', 400],
  ['no version', 'GET /v1/models\r\n\r\n', 505],
  ['a space in the target', 'GET /v1/models x HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  ['a target with a host', 'GET http://evil.example/v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n', 405],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  [
    'chunks in HTTP/1.0',
    'POST /v1/messages HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a chunk size that is no number', `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400],
  ['a signed chunk size', `${HEAD}transfer-encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n`, 400],
  ['a prefixed chunk size', `${HEAD}transfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n`, 400],
  ['a chunk size beyond 64 bits', `${HEAD}transfer-encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n`, 400],
  ['a chunk longer than its size', `${HEAD}transfer-encoding: chunked\r\n\r\n2\r\n{}xx\r\n0\r\n\r\n`, 400],
  ['a bare line feed after a chunk size', `${HEAD}transfer-encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n`, 400],
  ['a bare carriage return after a chunk size', `${HEAD}transfer-encoding: chunked\r\n\r\n2\r{}\r\n0\r\n\r\n`, 400],
  ['a line break inside a chunk extension', `${HEAD}transfer-encoding: chunked\r\n\r\n2;a\nb\r\n{}\r\n0\r\n\r\n`, 400],
  [
    'an endless chunk extension',
    `${HEAD}transfer-encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    413,
  ],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['something else altogether', 'EHLO example.com\r\n\r\n', 400],
]

describe.each(['lean', 'node'] as const)('over the %s engine,', (engine) => {
  const gatewayOf = (answer?: Answer) => smallGateway(answer, { engine })

  describe('a request that two readers could read differently is refused, and the connection closed:', () => {
    it.each(CORPUS)('%s', async (_name, bytes, status) => {
      const { port, requests } = await gatewayOf()
      const client = await RawClient.open(port)
      client.send(bytes)
      // If the server took the rest for a request, it would answer this too.
      client.send(getOf('/health/live'))
      const text = await client.all()
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(text.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1)
      expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n')
      expect(text).toMatch(/\r\nx-request-id: id\d{20}\r\n/)
      expect(() => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as unknown).not.toThrow()
      expect(requests).toHaveLength(0)
      client.destroy()
    })
  })

  describe('what looks odd and is not:', () => {
    it.each([
      ['leading zeros of a chunk size', '0002\r\n{}\r\n000\r\n\r\n'],
      ['a chunk extension', '2;name=value\r\n{}\r\n0\r\n\r\n'],
      ['trailer fields', '2\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n'],
      ['upper-case hexadecimal', 'A\r\n{"a":1111}\r\n0\r\n\r\n'],
    ])('%s', async (_name, body) => {
      const { port, requests } = await gatewayOf()
      const client = await RawClient.open(port)
      const { status } = await client.send(`${HEAD}transfer-encoding: chunked\r\n\r\n${body}`).answer()
      expect(status).toBe(200)
      expect(requests).toHaveLength(1)
      client.destroy()
    })

    it('a wish for another protocol, which nobody here grants', async () => {
      const { port } = await gatewayOf()
      const client = await RawClient.open(port)
      const wish =
        'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n'
      expect((await client.send(getOf('/v1/models', wish)).answer()).status).toBe(200)
      expect((await client.send(getOf('/v1/responses', wish)).answer()).status).toBe(404)
      client.destroy()
    })

    it('requests one after the other without waiting, answered in order', async () => {
      const { port } = await gatewayOf()
      const client = await RawClient.open(port)
      client.send(getOf('/v1/models/a') + getOf('/v1/models/b') + getOf('/v1/models/c'))
      for (const id of ['a', 'b', 'c']) expect((await client.answer()).body).toContain(`"id":"${id}"`)
      client.destroy()
    })

    it('rubbish behind a good request: that one is answered, and then the connection closed', async () => {
      const release: { current: () => void } = { current: () => {} }
      const { port } = await gatewayOf(async (_request, reply) => {
        await new Promise<void>((resolve) => (release.current = resolve))
        reply.head(200, { 'content-length': '2' })
        reply.end('ok')
      })
      const client = await RawClient.open(port)
      client.send(`${getOf('/v1/models')}\x00\x00rubbish\r\n\r\n`)
      // The server sees both before it answers.
      await new Promise((resolve) => setTimeout(resolve, 20))
      release.current()
      const text = await client.all()
      expect(text).toMatch(/^HTTP\/1\.1 200 /)
      expect(text.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1)
      expect(text.endsWith('ok')).toBe(true)
      client.destroy()
    })
  })

  describe('a refused request is recorded', () => {
    it('with the protocol of its path', async () => {
      const { port, observed } = await gatewayOf()
      const client = await RawClient.open(port)
      client.send(`${HEAD}content-length: x\r\n\r\n`)
      const body = JSON.parse((await client.answer()).body) as { type?: string }
      expect(body.type).toBe('error')
      expect(await observed.recorded(0)).toMatchObject({
        protocol: 'anthropic-messages',
        status: 'rejected',
        httpStatus: 400,
        errorCode: 'invalid_request',
      })
      client.destroy()
    })

    it('once, also when its body was being read', async () => {
      const { port, observed } = await gatewayOf()
      const client = await RawClient.open(port)
      client.send(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n`)
      expect((await client.answer()).status).toBe(400)
      await client.all()
      client.destroy()
      await client.closed
      expect(await observed.recorded(0)).toMatchObject({ status: 'rejected', httpStatus: 400 })
      expect(observed.exchanges).toHaveLength(1)
    })
  })
})
