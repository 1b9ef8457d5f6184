import { afterEach, describe, expect, it } from 'vitest'
import { HandFed } from '../support/hand-fed.ts'
import { RawClient, getOf } from '../support/raw-client.ts'
import { ENGINES, closeGateways, smallGateway } from '../support/small-gateway.ts'
import { BEGIN, SMUGGLING } from '../support/smuggling-corpus.ts'
import type { Answer } from '../support/small-gateway.ts'

afterEach(closeGateways)

describe.each(ENGINES)('over the %s engine,', (engine) => {
  const gatewayOf = (answer?: Answer) => smallGateway(answer, { engine })

  describe('a request that two readers could read differently is refused, and the connection closed:', () => {
    it.each(SMUGGLING)('%s', async (_name, bytes, status) => {
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
      const { status } = await client.send(`${BEGIN}transfer-encoding: chunked\r\n\r\n${body}`).answer()
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
      const fed = new HandFed()
      const { port } = await gatewayOf(fed.answer)
      const client = await RawClient.open(port)
      client.send(`${getOf('/v1/models')}\x00\x00rubbish\r\n\r\n`)
      const reply = await fed.replied
      // Who answers somebody else has read what had come before.
      const other = await RawClient.open(port)
      expect((await other.send(getOf('/health/live')).answer()).status).toBe(200)
      reply.head(200, { 'content-length': '2' })
      reply.end('ok')
      const text = await client.all()
      expect(text).toMatch(/^HTTP\/1\.1 200 /)
      expect(text.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1)
      expect(text.endsWith('ok')).toBe(true)
      client.destroy()
      other.destroy()
    })
  })

  it('a client that asks for a tunnel and tears the connection down costs nobody else anything', async () => {
    const { port } = await gatewayOf()
    for (let count = 0; count < 5; count++) {
      const client = await RawClient.open(port)
      client.send('CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n')
      await client.until((text) => text.includes(' 405 '))
      client.socket.resetAndDestroy()
      await client.closed
    }
    const other = await RawClient.open(port)
    expect((await other.send(getOf('/health/live')).answer()).status).toBe(200)
    other.destroy()
  })

  describe('a refused request is recorded', () => {
    it('with the protocol of its path', async () => {
      const { port, observed } = await gatewayOf()
      const client = await RawClient.open(port)
      client.send(`${BEGIN}content-length: x\r\n\r\n`)
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
      client.send(`${BEGIN}transfer-encoding: chunked\r\n\r\nzz\r\n`)
      expect((await client.answer()).status).toBe(400)
      await client.all()
      client.destroy()
      await client.closed
      expect(await observed.recorded(0)).toMatchObject({ status: 'rejected', httpStatus: 400 })
      expect(observed.exchanges).toHaveLength(1)
    })
  })
})
