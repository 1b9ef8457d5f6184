import { once } from 'node:events'
import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { Compression } from '../../src/server/compression.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import type { Answer } from '../support/small-gateway.ts'

afterEach(closeGateways)

const TEXT = JSON.stringify({ text: 'all work and no play '.repeat(200) })

const json =
  (text: string): Answer =>
  (_request, reply) => {
    reply.head(200, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) })
    reply.end(text)
  }

interface Received {
  readonly encoding: string | undefined
  readonly vary: string | undefined
  readonly length: string | undefined
  readonly body: Buffer
}

async function ask(url: string, acceptEncoding: string | null): Promise<Received> {
  const headers = { connection: 'close', ...(acceptEncoding === null ? {} : { 'accept-encoding': acceptEncoding }) }
  const call = request(`${url}/v1/messages`, { method: 'POST', headers }).end('{}')
  const [response] = await once(call, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const { 'content-encoding': encoding, vary, 'content-length': length } = response.headers
  return { encoding, vary, length, body: Buffer.concat(chunks) }
}

const ALL = { compression: { clients: 'all', threshold: 1024 } } as const

describe('a whole answer', () => {
  it.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
  ])('is compressed with %s for a client that asks for it, and the saving is counted', async (encoding, undo) => {
    const compression = new Compression()
    const { url } = await smallGateway(json(TEXT), ALL, { compression })
    const answer = await ask(url, encoding)
    expect(answer).toMatchObject({ encoding, vary: 'accept-encoding', length: String(answer.body.length) })
    expect(undo(answer.body).toString('utf8')).toBe(TEXT)
    expect(compression.stats()).toEqual({
      responses: 1,
      bytesIn: TEXT.length,
      bytesOut: answer.body.length,
      savedBytes: TEXT.length - answer.body.length,
    })
  })

  it.each([
    ['gzip;q=0.5, br;q=0.4', 'gzip'],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', 'br'],
    ['*', 'zstd'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip;q=0', undefined],
    ['identity, gzip;q=0.5', undefined],
    ['compress, sdch', undefined],
    ['', undefined],
    [null, undefined],
  ])('for "accept-encoding: %s" is sent as %s', async (field, encoding) => {
    const { url } = await smallGateway(json(TEXT), ALL)
    expect((await ask(url, field)).encoding).toBe(encoding)
  })

  it('below the threshold is left as it is', async () => {
    const { url } = await smallGateway(json('{"small":1}'), ALL)
    expect(await ask(url, 'gzip')).toMatchObject({ encoding: undefined, body: Buffer.from('{"small":1}') })
  })

  it('that does not get smaller is sent as it is', async () => {
    const noise = `"${Array.from({ length: 40 }, (_, index) => String.fromCodePoint(0x4e00 + index * 97)).join('')}"`
    const { url } = await smallGateway(json(noise), { compression: { clients: 'all', threshold: 10 } })
    const answer = await ask(url, 'zstd')
    expect(answer).toMatchObject({ encoding: undefined, vary: 'accept-encoding' })
    expect(answer.body.toString('utf8')).toBe(noise)
  })

  it('stays as it is for clients on this machine, and is compressed for others, unless the config says otherwise', async () => {
    const { url } = await smallGateway(json(TEXT), { host: '0.0.0.0' })
    expect((await ask(url, 'gzip')).encoding).toBeUndefined()
    const [outside] = Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal),
    )
    // A machine without a network has no other clients.
    if (outside !== undefined) {
      const { port } = new URL(url)
      expect((await ask(`http://${outside.address}:${port}`, 'gzip')).encoding).toBe('gzip')
    }
    const never = await smallGateway(json(TEXT), { compression: { clients: 'none', threshold: 1024 } })
    expect((await ask(never.url, 'gzip')).encoding).toBeUndefined()
  })
})

describe('an event stream', () => {
  it('is never compressed', async () => {
    const events = `data: ${TEXT}\n\n`
    const { url } = await smallGateway((_request, reply) => {
      reply.head(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      reply.write(events)
      reply.end()
    }, ALL)
    const answer = await ask(url, 'gzip, br')
    expect(answer.encoding).toBeUndefined()
    expect(answer.body.toString('utf8')).toBe(events)
  })
})
