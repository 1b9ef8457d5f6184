import * as fc from 'fast-check'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { cut, fuzzSize, mutated } from '../../../test/support/mutated-text.ts'
import { ResponseError, ResponseParser } from './response-parser.ts'

interface Reading {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** As latin1. */
  readonly body: string
}

const MOST_HEADER_BYTES = 8192

/** What ours makes of an answer; null: refused, or not complete when the connection ended. Memory is used again after each piece. */
function read(pieces: readonly Buffer[]): Reading | null {
  const answer = { status: 0, headers: {}, body: '', ended: false }
  const parser = new ResponseParser(
    {
      head: (status, headers) => Object.assign(answer, { status, headers: { ...headers } }),
      body: (chunk) => (answer.body += chunk.toString('latin1')),
      end: () => (answer.ended = true),
    },
    MOST_HEADER_BYTES,
  )
  try {
    for (const piece of pieces) {
      const memory = Buffer.from(piece)
      if (!answer.ended) parser.feed(memory)
      memory.fill(0)
    }
    if (!answer.ended) parser.finish()
  } catch (thrown) {
    if (!(thrown instanceof ResponseError)) throw thrown
    return null
  }
  const { status, headers, body, ended } = answer
  return ended ? { status, headers, body } : null
}

/** The same by Node's own client, which reads with llhttp. */
function readByNode(pieces: readonly Buffer[]): Promise<Reading | null> {
  const [near, far] = duplexPair()
  return new Promise((resolve) => {
    const nothing = (): void => resolve(null)
    const asked = request({ method: 'POST', createConnection: () => near, maxHeaderSize: 2 * MOST_HEADER_BYTES })
    asked.on('error', nothing).on('close', nothing).on('upgrade', nothing)
    asked.on('response', (response) => {
      asked
        .off('error', nothing)
        .off('close', nothing)
        .on('error', () => {})
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
      response.on('error', nothing).on('close', nothing)
      response.on('end', () => {
        const { statusCode = 0, rawHeaders, complete } = response
        resolve(complete ? { status: statusCode, headers: joined(rawHeaders), body } : null)
      })
    })
    asked.end()
    sendTo(far, pieces)
  })
}

function sendTo(far: Duplex, pieces: readonly Buffer[]): void {
  far.on('error', () => {})
  far.resume()
  for (const piece of pieces) far.write(piece)
  far.end()
}

function joined(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    const value = raw[at + 1] ?? ''
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value
  }
  return headers
}

const HEADS = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 200 OK\r\n',
  'HTTP/1.1 200\r\n',
  'HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\n',
]
const EARLY = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n'
const FIELDS = [
  'Content-Type: text/event-stream\r\n',
  'x-one: 1\r\nX-One:2\r\n',
  'constructor: 1\r\n',
  'x-blank: \t \r\n',
  'x-latin: a\xe9\xa0\r\n',
  'connection: close\r\n',
  'keep-alive: timeout=5\r\n',
  'set-cookie: a=1\r\nset-cookie: b=2\r\n',
]
const BODIES = [
  'content-length: 4\r\n\r\nbody',
  'content-length: 0\r\n\r\n',
  'content-length: 004\r\n\r\nbody',
  'transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
  'Transfer-Encoding: Chunked\r\n\r\n2\r\nbo\r\nA\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\n',
  'transfer-encoding: chunked\r\n\r\n00004;a=b;c;d="e\\"; f"\r\nbody\r\n0\r\n\r\n',
  '\r\nuntil the end',
]

/** Answers in the midst of others. */
const SPLINTERS = ['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 204 No\r\n\r\n']

const answer = fc
  .tuple(
    fc.constantFrom(...HEADS, EARLY),
    fc.array(fc.constantFrom(...FIELDS), { maxLength: 3 }),
    fc.constantFrom(...BODIES),
  )
  .map(([head, fields, body]) => head + fields.join('') + body)

const SIZE = fuzzSize(20_000)

describe('ResponseParser', () => {
  it(
    'reads whatever it accepts as llhttp reads it, however it is cut',
    async () => {
      let accepted = 0
      const property = fc.asyncProperty(mutated(answer, SPLINTERS), async ({ text, pieces }) => {
        const ours = read(pieces)
        expect(read(cut(text))).toEqual(ours)
        if (ours === null) return
        accepted++
        expect(await readByNode(pieces)).toEqual(ours)
      })
      await fc.assert(property, SIZE)
      // Nothing is shown by a reader that refuses everything.
      expect(accepted).toBeGreaterThan(SIZE.numRuns / 5)
    },
    Math.max(60_000, SIZE.numRuns * 5),
  )

  it.each(HEADS.flatMap((head) => BODIES.map((body) => head + body)))('accepts %j', (text) => {
    const isRefused = text.startsWith('HTTP/1.0') && /chunked/i.test(text)
    expect(read(cut(text)) === null).toBe(isRefused)
  })

  it.each([
    ['both lengths', 'content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
    ['two lengths', 'content-length: 4\r\ncontent-length: 2\r\n\r\nbody'],
    ['the same length twice', 'content-length: 4\r\ncontent-length: 4\r\n\r\nbody'],
    ['a signed length', 'content-length: +4\r\n\r\nbody'],
    ['an empty length', 'content-length:\r\n\r\nbody'],
    ['another coding below chunked', 'transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['chunked twice', 'transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a folded line', 'x-one: 1\r\n 2\r\ncontent-length: 0\r\n\r\n'],
    ['a space before the colon', 'content-length : 4\r\n\r\nbody'],
    ['a bare line feed', 'x-one: 1\ncontent-length: 0\r\n\r\n'],
    ['a bare carriage return', 'x-one: 1\rcontent-length: 0\r\n\r\n'],
    ['NUL in a value', 'x-one: \0\r\ncontent-length: 0\r\n\r\n'],
    ['a chunk longer than it says', 'transfer-encoding: chunked\r\n\r\n3\r\nbody\r\n0\r\n\r\n'],
    ['a chunk size with 0x', 'transfer-encoding: chunked\r\n\r\n0x4\r\nbody\r\n0\r\n\r\n'],
    ['a space after a chunk size', 'transfer-encoding: chunked\r\n\r\n4 \r\nbody\r\n0\r\n\r\n'],
    ['another head as a trailer', 'transfer-encoding: chunked\r\n\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['a chunk extension with two values', 'transfer-encoding: chunked\r\n\r\n4;a=b=c\r\nbody\r\n0\r\n\r\n'],
    ['a quote in a chunk extension', 'transfer-encoding: chunked\r\n\r\n4;a="b\r\nbody\r\n0\r\n\r\n'],
    ['a chunk extension without a name', 'transfer-encoding: chunked\r\n\r\n4;\r\nbody\r\n0\r\n\r\n'],
    ['a tab behind chunked', 'transfer-encoding: chunked\t\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
    ['a length in the trailer', 'transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\ncontent-length: 2\r\n\r\n'],
    ['a trailer without a name', 'transfer-encoding: chunked\r\n\r\n0\r\n: 1\r\n\r\n'],
    ['a folded trailer', 'transfer-encoding: chunked\r\n\r\n0\r\nx-one: 1\r\n 2\r\n\r\n'],
  ])('refuses %s', (_name, rest) => {
    expect(read(cut(`HTTP/1.1 200 OK\r\n${rest}`))).toBeNull()
  })

  it('refuses an interim answer in HTTP/1.0, behind which its sender may close', () => {
    const final = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
    expect(read(cut(`HTTP/1.1 103 Early Hints\r\n\r\n${final}`))).toMatchObject({ status: 200 })
    expect(read(cut(`HTTP/1.0 103 Early Hints\r\n\r\n${final}`))).toBeNull()
  })

  it.each([
    ['HTTP/1.1', 'close', true],
    ['HTTP/1.1', 'x ,\tClose', true],
    ['HTTP/1.1', 'not-close, closed', false],
    ['HTTP/1.0', 'Keep-Alive', false],
    ['HTTP/1.0', 'keep-alive, close', true],
    ['HTTP/1.0', 'no-keep-alive', true],
  ])('takes an answer of %s with "connection: %s" for the last one: %s', (version, connection, isLast) => {
    const parser = new ResponseParser({ head: () => {}, body: () => {}, end: () => {} }, MOST_HEADER_BYTES)
    parser.feed(Buffer.from(`${version} 200 OK\r\nconnection: ${connection}\r\ncontent-length: 0\r\n\r\n`))
    expect(parser.lastAnswer).toBe(isLast)
  })
})
