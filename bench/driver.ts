import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

export interface Load {
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The body of request number `n`: each differs, so that no cache and no coalescing can hit. */
  readonly body: (n: number) => string
  readonly connections: number
  /** Milliseconds. */
  readonly duration: number
}

export interface LoadResult {
  readonly requests: number
  readonly failures: number
  /** Milliseconds from the request's last byte to the answer's first and last one, sorted. */
  readonly firstByte: readonly number[]
  readonly latency: readonly number[]
  readonly seconds: number
}

/** Keeps `connections` requests under way over keep-alive connections, for so long. */
export async function drive(load: Load): Promise<LoadResult> {
  const started = performance.now()
  const until = started + load.duration
  const run = new Run(load, until)
  await Promise.all(Array.from({ length: load.connections }, () => run.connection()))
  return {
    requests: run.latency.length,
    failures: run.failures,
    firstByte: run.firstByte.toSorted((a, b) => a - b),
    latency: run.latency.toSorted((a, b) => a - b),
    seconds: (performance.now() - started) / 1000,
  }
}

/** One request and its answer, for checks. */
export async function once(load: Omit<Load, 'connections' | 'duration'>): Promise<{ status: number; text: string }> {
  const run = new Run({ ...load, connections: 1, duration: 0 }, 0)
  return run.single()
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

class Run {
  readonly firstByte: number[] = []
  readonly latency: number[] = []
  failures = 0
  readonly #load: Load
  readonly #until: number
  #count = 0

  constructor(load: Load, until: number) {
    this.#load = load
    this.#until = until
  }

  async connection(): Promise<void> {
    let socket = await this.#connect()
    while (performance.now() < this.#until) {
      const started = performance.now()
      const answer = await exchange(socket, this.#request())
      if (answer === null || answer.status !== 200) {
        this.failures++
        socket.destroy()
        // A gateway that refuses everything must not turn the driver into a busy loop.
        if (this.failures > 100) return
        socket = await this.#connect()
        continue
      }
      this.firstByte.push(answer.firstByte - started)
      this.latency.push(performance.now() - started)
      if (answer.close) {
        socket.destroy()
        socket = await this.#connect()
      }
    }
    socket.destroy()
  }

  async single(): Promise<{ status: number; text: string }> {
    const socket = await this.#connect()
    const answer = await exchange(socket, this.#request())
    socket.destroy()
    return { status: answer?.status ?? 0, text: answer?.text() ?? '' }
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#load.port, host: '127.0.0.1', noDelay: true })
      socket.once('connect', () => resolve(socket))
      socket.once('error', reject)
    })
  }

  #request(): string {
    const body = this.#load.body(this.#count++)
    const fields = Object.entries({
      host: `127.0.0.1:${this.#load.port}`,
      'content-type': 'application/json',
      ...this.#load.headers,
      'content-length': String(Buffer.byteLength(body)),
    })
    return `POST ${this.#load.path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
  }
}

interface Answered {
  readonly status: number
  readonly firstByte: number
  readonly close: boolean
  text(): string
}

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')

/** Sends a request and waits for the whole answer; null when the connection broke. */
function exchange(socket: Socket, request: string): Promise<Answered | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    let firstByte = 0
    let head: { status: number; bodyStart: number; length: number | null; close: boolean } | null = null
    const finish = (answered: Answered | null): void => {
      socket.off('data', onData).off('close', onClose).off('error', onClose)
      resolve(answered)
    }
    const onClose = (): void => finish(null)
    const onData = (chunk: Buffer): void => {
      if (firstByte === 0) firstByte = performance.now()
      chunks.push(chunk)
      bytes += chunk.length
      head ??= readHead(Buffer.concat(chunks))
      if (head === null) return
      const complete = head.length === null ? endsWith(chunks, LAST_CHUNK) : bytes >= head.bodyStart + head.length
      if (!complete) return
      const { status, close, bodyStart } = head
      finish({ status, close, firstByte, text: () => Buffer.concat(chunks).toString('utf8', bodyStart) })
    }
    socket.on('data', onData).on('close', onClose).on('error', onClose)
    socket.write(request)
  })
}

function readHead(buffer: Buffer): { status: number; bodyStart: number; length: number | null; close: boolean } | null {
  const end = buffer.indexOf('\r\n\r\n')
  if (end === -1) return null
  const text = buffer.toString('latin1', 0, end)
  const length = /\r\ncontent-length:\s*(\d+)/i.exec(text)?.[1]
  return {
    status: Number(text.slice(9, 12)),
    bodyStart: end + 4,
    length: length === undefined ? null : Number(length),
    close: /\r\nconnection:\s*close/i.test(text),
  }
}

function endsWith(chunks: readonly Buffer[], tail: Buffer): boolean {
  const last = chunks.at(-1)
  if (last === undefined) return false
  const end = last.length >= tail.length ? last : Buffer.concat(chunks.slice(-4))
  return end.subarray(-tail.length).equals(tail)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await commandLine()

/** The command line of `native/driver.c` and its line of JSON, for where there is no C compiler; without what it adds for streams. */
async function commandLine(): Promise<void> {
  const option = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      port: option,
      request: option,
      connections: { ...option, default: '8' },
      duration: { ...option, default: '1500' },
      first: { ...option, default: '1000000000' },
      expect: { ...option, default: '' },
      stagger: option,
      events: option,
      late: option,
      abort: option,
    },
  })
  if (Number(values.events ?? 0) > 0) throw new Error('streams event by event need the driver in C')
  const [head = '', ...rest] = readFileSync(values.request ?? '', 'utf8').split('\r\n\r\n')
  const pieces = rest.join('\r\n\r\n').split('@'.repeat(10))
  const [line = '', ...fields] = head.split('\r\n')
  const [, path = '/'] = line.split(' ')
  const result = await drive({
    port: Number(values.port),
    path,
    headers: Object.fromEntries(
      fields.map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 2)]),
    ),
    body: (n) => pieces.join(String(Number(values.first) + n)),
    connections: Number(values.connections),
    duration: Number(values.duration),
  })
  const times = (sorted: readonly number[]): (number | null)[] =>
    sorted.length === 0 ? [null, null, null] : [0.5, 0.99, 1].map((share) => percentile(sorted, share))
  const { user, system } = process.cpuUsage()
  const nothing = { wrong: 0, aborted: 0, lastStatus: 0, bytes: 0, events: 0, lost: 0, merged: 0, late: 0 }
  const { requests, failures, seconds, firstByte, latency } = result
  const none = times([])
  process.stdout.write(
    `${JSON.stringify({ ...nothing, requests, failures, seconds, cpu: (user + system) / 1e6, firstByte: times(firstByte), firstToken: none, latency: times(latency), delay: none })}\n`,
  )
}
