import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { answers, STAMP } from './answers.ts'
import type { Answer } from './answers.ts'

/**
 * The model vendor of the benchmarks where there is no C compiler: fixed bytes over `node:net`, with the same words in the
 * body as `native/far-end.c`. `GET /requests` says how many requests were answered.
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
    server.listen(port, '127.0.0.1', 4096, () => {
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
      this.#send(this.#intercept(path) ?? answers.choose(path, body), body)
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

  #send(answer: Answer, body: Buffer): void {
    if (answer.kind === 'paced') this.#pace(answer, body)
    else if (body.includes('bench-cut')) this.#socket.end(answer.bytes.subarray(0, answer.bytes.length / 2))
    else this.#socket.write(answer.bytes)
  }

  #pace({ head, event, tail }: Extract<Answer, { kind: 'paced' }>, body: Buffer): void {
    const [, gap = '10', events = '60'] = /bench-paced-(\d+)x(\d+)/.exec(body.toString('latin1')) ?? []
    const stampAt = event.indexOf('t=@')
    let place = 0
    this.#socket.write(head)
    const timer = setInterval(() => {
      if (this.#socket.destroyed || place++ === Number(events)) {
        clearInterval(timer)
        this.#socket.write(tail)
        return
      }
      const stamped = Buffer.from(event)
      const clock = String(process.hrtime.bigint()).padStart(STAMP.clock, '0')
      stamped.write(`t=${clock}#${String(place).padStart(STAMP.place, '0')}`, stampAt, 'latin1')
      this.#socket.write(stamped)
    }, Number(gap))
  }
}

function plain(text: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { port } = await startFarEnd(Number(process.argv[2] ?? 0))
  process.stdout.write(`${port}\n`)
}
