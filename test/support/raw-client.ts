import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A client that sends bytes as they are and keeps what comes back. */
export class RawClient {
  readonly socket: Socket
  /** Resolves when the connection is gone, by whichever side. */
  readonly closed: Promise<void>
  /** Resolves with the error when the connection fails. */
  readonly wasReset: Promise<unknown>
  #text = ''
  #ended = false
  readonly #waiting: { readonly test: (text: string) => boolean; readonly resolve: () => void }[] = []

  /** What `socket` is on top of: itself, but for TLS. */
  readonly #wire: Socket

  private constructor(socket: Socket, wire: Socket) {
    this.socket = socket
    this.#wire = wire
    socket.on('error', () => {})
    this.wasReset = new Promise((resolve) => socket.once('error', resolve))
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#ended = true
        this.#look()
        resolve()
      })
    })
    socket.on('data', (bytes) => {
      this.#text += bytes.toString('latin1')
      this.#look()
    })
    socket.on('end', () => {
      this.#ended = true
      this.#look()
    })
  }

  /**
   * To a port of this machine, the path of a socket, or a URL. Half-open: the server's end of the connection does not end
   * ours.
   */
  static async open(place: number | string): Promise<RawClient> {
    const url = typeof place === 'string' ? URL.parse(place) : null
    const port = url === null ? place : Number(url.port)
    const target = typeof port === 'string' ? { path: port } : { port, host: '127.0.0.1' }
    const wire = connect({ ...target, allowHalfOpen: true, noDelay: true })
    await once(wire, 'connect')
    if (url?.protocol !== 'https:') return new RawClient(wire, wire)
    // Any certificate will do: it is not what is tested here.
    const socket = connectSecure({ socket: wire, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    return new RawClient(socket, wire)
  }

  /** What the server sent, as latin1. */
  get text(): string {
    return this.#text
  }

  /** The server sends no more. */
  get ended(): boolean {
    return this.#ended
  }

  send(bytes: string | Buffer): this {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1')
    else this.socket.write(bytes)
    return this
  }

  /** Resolves when the text so far passes the test; rejects when the server is done and it never did. */
  async until(test: (text: string) => boolean): Promise<string> {
    if (!test(this.#text) && !this.#ended) {
      await new Promise<void>((resolve) => this.#waiting.push({ test, resolve }))
    }
    if (!test(this.#text)) throw new Error(`the server ended after ${JSON.stringify(this.#text)}`)
    return this.#text
  }

  /** The server's text once it sends no more. */
  async all(): Promise<string> {
    if (!this.#ended) await new Promise<void>((resolve) => this.#waiting.push({ test: () => false, resolve }))
    return this.#text
  }

  /** The next answer with a content-length, taken off the text. */
  async answer(): Promise<RawAnswer> {
    await this.until((text) => wholeAnswerLength(text) !== null)
    const length = wholeAnswerLength(this.#text) ?? 0
    const answer = parseAnswer(this.#text.slice(0, length))
    this.#text = this.#text.slice(length)
    return answer
  }

  /** Says that no more is sent, and still listens. */
  halfClose(): this {
    this.socket.end()
    return this
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Leaves without a word, in the next turn: one that comes within the read of what was sent last is lost in Node's TLS. */
  reset(): void {
    setImmediate(() => this.#wire.resetAndDestroy())
  }

  #look(): void {
    for (const { test, resolve } of this.#waiting) if (this.#ended || test(this.#text)) resolve()
  }
}

function wholeAnswerLength(text: string): number | null {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return null
  if (/^HTTP\/1\.1 1\d\d/.test(text)) return head + 4
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, head))
  const end = head + 4 + Number(length?.[1] ?? 0)
  return text.length >= end ? end : null
}

export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const fields = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(fields),
    body: text.slice(end + 4),
  }
}

/** A POST of a JSON text, ready to send. */
export function postOf(path: string, body: string | Buffer, headers = ''): Buffer {
  const bytes = Buffer.from(body)
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${bytes.length}\r\n${headers}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes])
}

export function getOf(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`
}

/** The payload of a chunked body, as far as it came. */
export function dechunk(body: string): string {
  const pieces: string[] = []
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.slice(at, end), 16)
    if (!(size > 0)) break
    pieces.push(body.slice(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return pieces.join('')
}
