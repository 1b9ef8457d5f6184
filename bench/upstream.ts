import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { createHttpTransport } from '../src/upstream/http.ts'
import type { HttpTransport } from '../src/upstream/http.ts'

/**
 * What a call to a vendor costs, by the engine that makes it: a far end of fixed bytes in a process of its own, this
 * process's CPU microseconds per call, the engines in turns. Writes `results/upstream.json`.
 */
const ENGINES = ['lean', 'undici'] as const
type Engine = (typeof ENGINES)[number]

const ROUNDS = 9
/** Milliseconds. */
const ROUND = 500
const AT_ONCE = 16
const FAR_END = '--far-end'

const json = JSON.stringify({ answer: 'x'.repeat(286) })
const whole = answer(`content-type: application/json\r\ncontent-length: ${json.length}\r\n`, json)
const event = `data: ${'x'.repeat(120)}\n\n`
const chunks = Array.from({ length: 60 }, () => `${event.length.toString(16)}\r\n${event}\r\n`)
const streamHead = answer('content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n', '')

const WORK = [
  { name: 'JSON, 300 B', path: '/whole', body: Buffer.from('{"a":1}') },
  { name: 'JSON, request of 150 KB', path: '/whole', body: Buffer.alloc(150 * 1024, 'x') },
  { name: 'stream, 60 chunks at once', path: '/burst', body: Buffer.from('{"a":1}') },
  { name: 'stream, 60 chunks one by one', path: '/paced', body: Buffer.from('{"a":1}') },
]

if (process.argv.includes(FAR_END)) await farEnd()
else await compare()

function answer(fields: string, body: string): string {
  return `HTTP/1.1 200 OK\r\ndate: Sun, 29 Nov 2026 09:00:00 GMT\r\nrequest-id: req_0123456789\r\n${fields}\r\n${body}`
}

/** Tells its port to the process that started it. */
async function farEnd(): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    let left = 0
    let path = ''
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      if (left === 0) {
        const end = bytes.indexOf('\r\n\r\n')
        const head = bytes.toString('latin1', 0, end)
        left = end + 4 + Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0)
        path = head.split(' ', 2)[1] ?? ''
      }
      left -= bytes.length
      if (left === 0) reply(socket, path)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send?.((server.address() as AddressInfo).port)
}

function reply(socket: Socket, path: string): void {
  if (path === '/whole') socket.write(whole)
  else if (path === '/burst') socket.write(`${streamHead}${chunks.join('')}0\r\n\r\n`)
  else {
    socket.write(streamHead)
    sendOn(socket, 0)
  }
}

function sendOn(socket: Socket, index: number): void {
  socket.write(chunks[index] ?? '0\r\n\r\n')
  if (index < chunks.length) setTimeout(() => sendOn(socket, index + 1), 1)
}

async function compare(): Promise<void> {
  const child = fork(import.meta.filename, [FAR_END])
  const [port] = (await once(child, 'message')) as [number]
  const origin = `http://127.0.0.1:${port}`
  const transports: Record<Engine, HttpTransport> = {
    lean: await createHttpTransport({ engine: 'lean' }),
    undici: await createHttpTransport({ engine: 'undici' }),
  }
  const rows = []
  for (const { name, path, body } of WORK) {
    const figures: Record<Engine, number[]> = { lean: [], undici: [] }
    for (let round = 0; round < ROUNDS; round++) {
      for (const engine of round % 2 === 0 ? ENGINES : ENGINES.toReversed()) {
        const figure = await measureRound(() => ask(transports[engine], origin, path, body))
        // The first rounds run code that is not compiled yet.
        if (round >= 2) figures[engine].push(figure)
      }
    }
    const [lean, undici] = [median(figures.lean), median(figures.undici)]
    rows.push({ name, lean, undici })
    const ratio = (lean / undici).toFixed(2)
    process.stdout.write(`${name}: lean ${lean.toFixed(1)} us, undici ${undici.toFixed(1)} us, ratio ${ratio}\n`)
  }
  await Promise.all(ENGINES.map((engine) => transports[engine].close()))
  child.kill()
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'upstream.json'), `${JSON.stringify({ node: process.version, rows }, null, 1)}\n`)
}

/** CPU microseconds of this process per call, many calls at once. */
async function measureRound(step: () => Promise<void>): Promise<number> {
  let calls = 0
  const before = process.cpuUsage()
  const until = performance.now() + ROUND
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      await step()
      calls++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

function ask(transport: HttpTransport, origin: string, path: string, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-api-key': 'sk-bench', accept: 'application/json' }
  const timeouts = { connect: 10_000, firstByte: 10_000, idle: 10_000, total: 0 }
  return new Promise((resolve, reject) => {
    let bytes = 0
    transport.send(
      { origin, method: 'POST', path, headers, body, timeouts },
      {
        head: () => {},
        data: (chunk) => (bytes += chunk.length),
        end: () => (bytes === 0 ? reject(new Error('an empty answer')) : resolve()),
        error: ({ detail }) => reject(new Error(detail)),
      },
    )
  })
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN
}
