import { once } from 'node:events'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'

/** https://www.rfc-editor.org/rfc/rfc9113#section-6 */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const END_STREAM = 1
export const END_HEADERS = 4
const ACK = 1

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const FRAME_HEAD = 9

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** One frame, whether or not it is allowed. */
export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload)
  const head = Buffer.alloc(FRAME_HEAD)
  head.writeUIntBE(bytes.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, bytes])
}

export type Fields = readonly (readonly [name: string, value: string])[]

/** Fields as literals that nobody has to remember: https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2 */
export function literals(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), textOf(name), textOf(value)]))
}

function textOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([lengthOf(bytes.length), bytes])
}

function lengthOf(length: number): Buffer {
  if (length < 127) return Buffer.of(length)
  const rest: number[] = [127]
  let left = length - 127
  for (; left >= 128; left = Math.floor(left / 128)) rest.push((left % 128) + 128)
  return Buffer.from([...rest, left])
}

export const POST: Fields = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/v1/messages'],
  [':authority', 'localhost'],
]

export const GET: Fields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/v1/models'],
  [':authority', 'localhost'],
]

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A client of HTTP/2 that sends frames as they are and keeps those that come back. It answers none by itself. */
export class FrameClient {
  readonly socket: TLSSocket
  readonly frames: Frame[] = []
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  #bytes = Buffer.alloc(0)
  readonly #waiting: (() => void)[] = []

  private constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (bytes) => this.#read(bytes))
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve()
        this.#wake()
      })
    })
  }

  /** `settings`: the payload of the client's own. */
  static async open(url: string, settings: Buffer = Buffer.alloc(0)): Promise<FrameClient> {
    const { port } = new URL(url)
    const socket = connect({
      port: Number(port),
      host: '127.0.0.1',
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    })
    await once(socket, 'secureConnect')
    const client = new FrameClient(socket)
    return client.send(Buffer.from(PREFACE), frame(FRAME.settings, 0, 0, settings), frame(FRAME.settings, ACK, 0))
  }

  send(...frames: readonly Buffer[]): this {
    this.socket.write(Buffer.concat(frames))
    return this
  }

  /** Headers that need no continuation. */
  request(stream: number, fields: Fields, flags = END_STREAM): this {
    return this.send(frame(FRAME.headers, flags | END_HEADERS, stream, literals(fields)))
  }

  /** The first frame that fits, now or later. Rejects when the connection ends without it. */
  async frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(fits)
      if (found !== undefined) return found
      if (this.socket.destroyed) throw new Error(`the server ended after ${JSON.stringify(this.frames.slice(-5))}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Sends more of it, as fast as the server takes it, until the connection is gone. */
  async flood(more: () => Buffer): Promise<void> {
    while (!this.socket.destroyed) {
      const taken = new Promise<void>((resolve) => this.socket.write(more(), () => resolve()))
      await Promise.race([taken, this.closed])
      // What was taken has to be read by a server that may be in this very process.
      await new Promise(setImmediate)
    }
  }

  /** Why the server ended the connection, as far as it said so: the code of its last GOAWAY. */
  get farewell(): number | null {
    const goaway = this.frames.findLast(({ type }) => type === FRAME.goaway)
    return goaway === undefined ? null : goaway.payload.readUInt32BE(4)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    while (this.#bytes.length >= FRAME_HEAD) {
      const end = FRAME_HEAD + this.#bytes.readUIntBE(0, 3)
      if (this.#bytes.length < end) break
      this.frames.push({
        type: this.#bytes.readUInt8(3),
        flags: this.#bytes.readUInt8(4),
        stream: this.#bytes.readUInt32BE(5),
        payload: this.#bytes.subarray(FRAME_HEAD, end),
      })
      this.#bytes = this.#bytes.subarray(end)
    }
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
