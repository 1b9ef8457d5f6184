import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A request exactly as it came over the wire. */
export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  /** By lower-case name; of a repeated one, the last. */
  readonly headers: Readonly<Record<string, string>>
  /** Without its transfer coding. */
  readonly body: Buffer
  /** Head and body, every byte. */
  readonly bytes: Buffer
  /** Counted from 0. */
  readonly connection: number
  json(): unknown
}

/** What a script does with one request: nothing is sent that it does not send. */
export class UpstreamReply {
  readonly socket: Socket
  /** Resolves when the other side left (or said that it sends no more), or this one hung up. */
  readonly closed: Promise<void>

  constructor(socket: Socket, closed: Promise<void>) {
    this.socket = socket
    this.closed = closed
  }

  /**
   * Exactly these bytes. Resolves when a gateway in this process had its turn to read them, so that the next write is
   * another read.
   */
  async write(bytes: string | Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()))
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Status line and fields; a string is sent as the fields stand, lines ended by CRLF. */
  head(status: number, headers: Readonly<Record<string, string>> | string = {}): Promise<void> {
    const fields =
      typeof headers === 'string'
        ? headers
        : Object.entries(headers)
            .map(([name, value]) => `${name}: ${value}\r\n`)
            .join('')
    return this.write(`HTTP/1.1 ${status} Status\r\n${fields}\r\n`)
  }

  /** The head of an event stream. */
  streamHead(headers: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.head(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked', ...headers })
  }

  /** One chunk of a chunked body. */
  chunk(bytes: string | Buffer): Promise<void> {
    const body = Buffer.from(bytes)
    return this.write(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]))
  }

  lastChunk(): Promise<void> {
    return this.write('0\r\n\r\n')
  }

  /** A whole answer. */
  async answer(status: number, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const length = String(Buffer.byteLength(body))
    await this.head(status, { 'content-type': 'application/json', 'content-length': length, ...headers })
    await this.write(body)
  }

  /** Sends no more, and still listens. */
  halfClose(): void {
    this.socket.end()
  }

  /** Tears the connection down (RST). What was written and awaited arrives before. */
  reset(): void {
    this.socket.resetAndDestroy()
  }
}

export type UpstreamScript = (request: UpstreamRequest, reply: UpstreamReply) => void | Promise<void>

export interface Upstream {
  readonly url: string
  readonly port: number
  readonly requests: readonly UpstreamRequest[]
  readonly connections: number
  /** The first request, with the next call the second: those that came already, and those to come. */
  nextRequest(): Promise<UpstreamRequest>
  /** Tears all connections down. Rejects with what a script threw. */
  close(): Promise<void>
}

/** A server that speaks HTTP only as far as its script does, so that it can stop, lie and hang up at any byte. */
export async function startUpstream(script: UpstreamScript): Promise<Upstream> {
  const requests: UpstreamRequest[] = []
  const sockets: Socket[] = []
  const failures: unknown[] = []
  const waiting: ((request: UpstreamRequest) => void)[] = []
  let taken = 0
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection = sockets.push(socket) - 1
    const closed = new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()))
    socket.on('error', () => {})
    let pending = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes])
      for (let request = parse(pending, connection); request !== null; request = parse(pending, connection)) {
        pending = pending.subarray(request.bytes.length)
        requests.push(request)
        waiting.shift()?.(request)
        void run(request, new UpstreamReply(socket, closed))
      }
    })
  })
  async function run(request: UpstreamRequest, reply: UpstreamReply): Promise<void> {
    try {
      await script(request, reply)
    } catch (error) {
      failures.push(error)
      reply.socket.destroy()
    }
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return sockets.length
    },
    nextRequest() {
      const request = requests[taken++]
      return request === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(request)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** The first whole request in the bytes; null while it is not whole. */
function parse(bytes: Buffer, connection: number): UpstreamRequest | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return null
  const [start = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(lines.map(fieldOf))
  const read = headers['transfer-encoding'] === 'chunked' ? dechunk(bytes, end + 4) : plain(bytes, end + 4, headers)
  if (read === null) return null
  const [method = '', path = ''] = start.split(' ')
  const json = (): unknown => JSON.parse(read.body.toString('utf8'))
  return { method, path, headers, body: read.body, bytes: bytes.subarray(0, read.end), connection, json }
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

interface ReadBody {
  readonly body: Buffer
  /** Index behind its last byte. */
  readonly end: number
}

function plain(bytes: Buffer, start: number, headers: Readonly<Record<string, string>>): ReadBody | null {
  const end = start + Number(headers['content-length'] ?? 0)
  return bytes.length < end ? null : { body: bytes.subarray(start, end), end }
}

function dechunk(bytes: Buffer, start: number): ReadBody | null {
  const chunks: Buffer[] = []
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return null
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    const end = line + 2 + size
    if (bytes.length < end + 2) return null
    if (size === 0) return { body: Buffer.concat(chunks), end: end + 2 }
    chunks.push(bytes.subarray(line + 2, end))
    at = end + 2
  }
}
