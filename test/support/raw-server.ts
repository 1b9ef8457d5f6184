import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What a script does with one request; `count` says how many came before it, over all connections. */
export type Script = (socket: Socket, request: string, count: number) => void

export interface RawServer {
  readonly origin: string
  readonly port: number
  /** Requests as they came, head and body, as latin1. */
  readonly requests: readonly string[]
  readonly sockets: readonly Socket[]
  /** Resolves when the client's side of the connection with this number is gone. */
  closed(connection: number): Promise<void>
  /** Resolves once that many requests arrived. */
  received(count: number): Promise<void>
  close(): Promise<void>
}

/** A server that speaks HTTP only as far as its script does: it can stop, lie and hang up at any byte. */
export async function rawServer(script: Script): Promise<RawServer> {
  const requests: string[] = []
  const sockets: Socket[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (let length = requestLength(text); length !== null; length = requestLength(text)) {
        const request = text.slice(0, length)
        text = text.slice(length)
        requests.push(request)
        for (const { count, resolve } of waiting) if (requests.length >= count) resolve()
        script(socket, request, requests.length - 1)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    sockets,
    closed: async (connection) => {
      const socket = sockets[connection]
      if (socket === undefined) throw new Error(`there is no connection ${connection}`)
      if (!socket.closed) await once(socket, 'close')
    },
    received: (count) =>
      requests.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Characters of the first whole request in `text`; null while it is not whole. */
function requestLength(text: string): number | null {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return null
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, head))
  const end = head + 4 + Number(length?.[1] ?? 0)
  return text.length >= end ? end : null
}

/** One piece of a chunked body. */
export function chunk(bytes: string | Buffer): Buffer {
  const body = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
}

export const LAST_CHUNK = '0\r\n\r\n'

export const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'

export function wholeAnswer(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`
}
