import * as fc from 'fast-check'
import { Duplex } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { cut, fuzzSize, mutated } from '../../../test/support/mutated-text.ts'
import { GatewayError } from '../../lib/error.ts'
import type { Engine, EngineEvents, EngineRequest, EngineResponse } from '../engine.ts'
import { createNodeEngine } from '../node/engine.ts'
import type { ParsedHead } from '../request-head.ts'
import { readHead } from '../request-head.ts'
import { DEFAULT_SERVER_SETTINGS } from '../settings.ts'
import type { ServerSettings } from '../settings.ts'
import { createLeanEngine } from './engine.ts'

/** A request that came whole. */
interface Reading extends ParsedHead {
  /** As latin1. */
  readonly body: string
  readonly expectsContinue: boolean
}

interface ConnectionReading {
  /** Until the end, or until something was refused. */
  readonly requests: readonly Reading[]
  /** The server closed it. */
  readonly isClosed: boolean
}

/** The server's end of a connection: bytes are pushed into it, and what is written to it has gone at once. */
class ServerEnd extends Duplex {
  constructor() {
    super({ allowHalfOpen: true, read: () => {}, write: (_chunk, _encoding, done) => done() })
  }

  /** What sockets have besides. */
  destroySoon(): void {
    this.end(() => this.destroy())
  }
}

/** An engine that is given connections by hand, and the requests that it reads from them. */
class Reader {
  readonly #engine: Engine
  #readings: Reading[] = []
  #answers: (() => void)[] = []
  #isPatient = false
  #isBroken = false
  /** The memory of what came is used again at once. */
  readonly #isFrugal: boolean

  constructor(create: (settings: () => ServerSettings, events: EngineEvents) => Engine, isFrugal: boolean) {
    this.#isFrugal = isFrugal
    const events: EngineEvents = {
      connected: () => {},
      request: (request, response, expectsContinue) => this.#request(request, response, expectsContinue),
      tunnel: (socket) => this.#refuse(socket),
      broken: (socket) => this.#refuse(socket),
      sentAway: () => {},
    }
    this.#engine = create(() => DEFAULT_SERVER_SETTINGS, events)
  }

  /** One connection, from its begin to the client's end. Patient: no request is answered before all have come. */
  async read(pieces: readonly Buffer[], isPatient = false): Promise<ConnectionReading> {
    this.#readings = []
    this.#answers = []
    this.#isPatient = isPatient
    this.#isBroken = false
    const socket = new ServerEnd()
    socket.on('error', () => {})
    this.#engine.listener.emit('connection', socket)
    if (this.#isFrugal) socket.on('data', (bytes) => bytes.fill(0))
    for (const piece of pieces) {
      socket.push(Buffer.from(piece))
      await nextTurn()
      if (this.#isBroken || socket.destroyed || socket.writableEnded) break
    }
    this.#isPatient = false
    for (const answer of this.#answers.splice(0)) answer()
    await nextTurn()
    socket.push(null)
    await nextTurn()
    await nextTurn()
    const isClosed = socket.destroyed
    socket.destroy()
    return { requests: this.#readings, isClosed }
  }

  close(): void {
    this.#engine.close()
  }

  #refuse(socket: Duplex): void {
    this.#isBroken = true
    // What came whole before that is still served.
    setImmediate(() => socket.destroy())
  }

  #request(request: EngineRequest, response: EngineResponse, expectsContinue: boolean): void {
    if (this.#isBroken) return
    const { head } = request
    if (isRefused(head, expectsContinue)) {
      this.#refuse(request.socket)
      return
    }
    if (expectsContinue) response.proceed()
    const chunks: Buffer[] = []
    const answer = (): void => {
      response.head(200, { 'content-length': '0' })
      response.end()
    }
    request.receive({
      data: (chunk) => chunks.push(Buffer.from(chunk)),
      end: () => {
        const { method, target, version, fields } = head
        const body = Buffer.concat(chunks).toString('latin1')
        this.#readings.push({ method, target, version, fields: [...fields], body, expectsContinue })
        if (this.#isPatient) this.#answers.push(answer)
        else answer()
      },
      gone: () => {},
    })
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What the server refuses before it believes a word of the rest. */
function isRefused(head: ParsedHead, expectsContinue: boolean): boolean {
  try {
    const { headers } = readHead(head, DEFAULT_SERVER_SETTINGS.headerCount)
    return headers['expect'] !== undefined && !expectsContinue && head.version !== '1.0'
  } catch (thrown) {
    if (thrown instanceof GatewayError) return true
    throw thrown
  }
}

/** Requests behind which the two may read on differently, with the reason why ours may read as it does. */
const PARTINGS: readonly { readonly why: string; readonly follows: (reading: Reading) => boolean }[] = [
  {
    why: 'Behind a wish for another protocol Node drops the rest of the packet. Who grants no such wish reads on in HTTP: https://www.rfc-editor.org/rfc/rfc9110#section-7.8',
    follows: ({ fields }) => {
      const names = new Set(fields.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
      return names.has('upgrade') && names.has('connection')
    },
  },
]

/** As far as the two have to agree. */
function comparable(readings: readonly Reading[]): readonly Reading[] {
  const parting = readings.findIndex((reading) => PARTINGS.some(({ follows }) => follows(reading)))
  return parting === -1 ? readings : readings.slice(0, parting + 1)
}

const LINES = [
  'GET /v1/models HTTP/1.1',
  'POST /v1/messages?beta=true HTTP/1.1',
  'HEAD / HTTP/1.1',
  'GET /old HTTP/1.0',
  'POST /old HTTP/1.0',
  'GET http://localhost/absolute HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'CONNECT localhost:443 HTTP/1.1',
  'GET /latin\xe9\xa0 HTTP/1.1',
  'GET /none',
]
const FIELDS = [
  'x-one: 1\r\nX-One:2\r\n',
  'constructor: 1\r\n',
  'x-blank: \t \r\n',
  'x-latin: \xa0a\xe9\xa0\r\n',
  'x-colon: a:b : c\r\n',
  'cookie: a=1\r\ncookie: b=2\r\n',
  'Connection: close\r\n',
  'connection: Keep-Alive\r\n',
  'connection: x ,\tkeep-alive\r\n',
  'connection: not-keep-alive, closed\r\n',
  'connection: keep-alive\r\nconnection: close\r\n',
  'connection: upgrade\r\nupgrade: h2c\r\n',
  'expect: 100-continue\r\n',
  'te: trailers\r\n',
]
const BODIES = [
  '\r\n',
  'content-length: 4\r\n\r\nbody',
  'content-length: 0\r\n\r\n',
  'Content-Length:  004 \r\n\r\nbody',
  'transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
  'Transfer-Encoding: Chunked \r\n\r\n2\r\nbo\r\nA\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\n',
  'transfer-encoding: chunked\r\n\r\n00004;a=b;c="d"\r\nbody\r\n0;e\r\n\r\n',
]

/** Requests in the midst of others. */
const SPLINTERS = [
  'host: a\r\n',
  'connection: close\r\n',
  'expect: 100-continue\r\n',
  'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
]

const request = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...LINES.slice(0, 3)) }, fc.constantFrom(...LINES)),
    fc.array(fc.constantFrom(...FIELDS), { maxLength: 2 }),
    fc.constantFrom(...BODIES),
  )
  .map(([line, fields, body]) => `${line}\r\nhost: localhost\r\n${fields.join('')}${body}`)

const pipeline = fc.array(request, { minLength: 1, maxLength: 3 }).map((requests) => requests.join(''))

const SIZE = fuzzSize(20_000)

describe('createLeanEngine()', () => {
  const lean = new Reader(createLeanEngine, true)
  const node = new Reader(createNodeEngine, false)

  afterAll(() => {
    lean.close()
    node.close()
  })

  it(
    'reads whatever it accepts as Node reads it, one request after the other, however they are cut',
    async () => {
      let accepted = 0
      let following = 0
      const property = fc.asyncProperty(
        mutated(pipeline, SPLINTERS),
        fc.boolean(),
        async ({ text, pieces }, isPatient) => {
          const ours = await lean.read(pieces, isPatient)
          const whole = await lean.read(cut(text))
          const theirs = await node.read(pieces, isPatient)
          for (const { requests, isClosed } of [ours, whole]) {
            const agreed = comparable(requests)
            expect(theirs.requests.slice(0, agreed.length)).toEqual(agreed)
            expect(isClosed).toBe(true)
          }
          expect(whole.requests[0]).toEqual(ours.requests[0])
          if (ours.requests.length > 0) accepted++
          if (ours.requests.length > 1) following++
        },
      )
      await fc.assert(property, SIZE)
      // Nothing is shown by a reader that refuses everything.
      expect(accepted).toBeGreaterThan(SIZE.numRuns / 5)
      expect(following).toBeGreaterThan(SIZE.numRuns / 20)
    },
    Math.max(60_000, SIZE.numRuns * 5),
  )
})
