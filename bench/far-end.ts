import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { answers } from './answers.ts'
import type { Answer } from './answers.ts'

/**
 * The model vendor of the benchmarks: fixed bytes over `node:net`, far cheaper than any gateway under test. The model's
 * name chooses the answer, the path the protocol; `GET /requests` says how many requests were answered.
 */
export function startFarEnd(port: number): Promise<{ readonly port: number; close(): void }> {
  let requests = 0
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket, (path) => {
      if (path === '/requests') return { kind: 'whole', bytes: plain(String(requests)) }
      requests++
      return null
    })
    socket.on('data', (chunk) => connection.read(chunk))
    socket.on('error', () => socket.destroy())
  })
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () => server.close(),
      })
    })
  })
}

type Intercept = (path: string) => Answer | null

class Connection {
  readonly #socket: Socket
  readonly #intercept: Intercept
  #pending: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, intercept: Intercept) {
    this.#socket = socket
    this.#intercept = intercept
  }

  read(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    for (;;) {
      const headEnd = this.#pending.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const head = this.#pending.toString('latin1', 0, headEnd)
      const body = this.#body(head, headEnd + 4)
      if (body === null) return
      const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' ', head.indexOf(' ') + 1))
      this.#send(this.#intercept(path) ?? answers.choose(path, body))
    }
  }

  /** The body's bytes, taken off what is pending; null while they are not all there. */
  #body(head: string, from: number): Buffer | null {
    if (/transfer-encoding:\s*chunked/i.test(head)) {
      const end = this.#pending.indexOf('0\r\n\r\n', from)
      if (end === -1) return null
      const body = this.#pending.subarray(from, end)
      this.#pending = this.#pending.subarray(end + 5)
      return body
    }
    const length = Number(/content-length:\s*(\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#pending.length < from + length) return null
    const body = this.#pending.subarray(from, from + length)
    this.#pending = this.#pending.subarray(from + length)
    return body
  }

  #send(answer: Answer): void {
    if (answer.kind === 'whole') {
      this.#socket.write(answer.bytes)
      return
    }
    this.#socket.write(answer.head)
    let at = 0
    const timer = setInterval(() => {
      const event = answer.events[at++]
      if (event === undefined || this.#socket.destroyed) {
        clearInterval(timer)
        this.#socket.write('0\r\n\r\n')
        return
      }
      this.#socket.write(event)
    }, answer.gap)
  }
}

function plain(text: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { port } = await startFarEnd(Number(process.argv[2] ?? 0))
  process.stdout.write(`${port}\n`)
}
