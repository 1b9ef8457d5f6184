import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from './gateways/contestant.ts'
import type { Scenario } from './scenarios.ts'
import { DRIVER_CORE } from './tools.ts'
import type { Tools } from './tools.ts'

export interface Load {
  readonly port: number
  readonly target: Target
  readonly scenario: Pick<Scenario, 'body' | 'last' | 'events' | 'connections'>
  /** Milliseconds; requests under way then are finished. */
  readonly duration: number
  /** Milliseconds over which the connections start. */
  readonly stagger?: number
  /** Each so many requests one is given up at its first byte. */
  readonly abort?: number
}

/** p50, p99 and the greatest, in milliseconds; null where nothing was measured. */
type Times = readonly [number | null, number | null, number | null]

/** What the driver prints: see `native/driver.c`. */
export interface LoadResult {
  readonly requests: number
  readonly failures: number
  readonly wrong: number
  readonly aborted: number
  readonly lastStatus: number
  readonly seconds: number
  readonly cpu: number
  readonly bytes: number
  readonly events: number
  readonly lost: number
  readonly merged: number
  readonly late: number
  readonly firstByte: Times
  readonly firstToken: Times
  readonly latency: Times
  readonly delay: Times
}

/** Ten digits, so that all requests of a run are of one length. */
const NUMBER = 7_777_777_777
const MARK = '@'.repeat(10)
let runs = 0

/** One run of the load driver on its core. */
export async function runLoad(tools: Tools, load: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-load-'))
  const file = join(folder, 'request')
  writeFileSync(file, requestText(load))
  const first = 1_000_000_000 + (runs++ % 800) * 10_000_000
  const options = {
    port: load.port,
    request: file,
    connections: load.scenario.connections,
    duration: load.duration,
    first,
    expect: load.scenario.last,
    stagger: load.stagger ?? 0,
    events: load.scenario.events ?? 0,
    abort: load.abort ?? 0,
  }
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn('taskset', ['-c', DRIVER_CORE, ...tools.driver, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  rmSync(folder, { recursive: true })
  if (code !== 0) throw new Error(`the driver ended with ${code}`)
  return JSON.parse(output) as LoadResult
}

function requestText({ port, target, scenario }: Load): string {
  const body = target.method === 'GET' ? '' : scenario.body(target.model, NUMBER).replaceAll(String(NUMBER), MARK)
  const fields = {
    host: `127.0.0.1:${port}`,
    'content-type': 'application/json',
    ...target.headers,
    'content-length': String(Buffer.byteLength(body)),
  }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${target.method ?? 'POST'} ${target.path} HTTP/1.1\r\n${head.join('')}\r\n${body}`
}

export interface Asked {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

/** One request and its whole answer; status 0 when there is none within `timeout` milliseconds. */
export function ask(port: number, target: Target, body: string, timeout = 10_000): Promise<Asked> {
  return new Promise((resolve) => {
    const nothing = (error: Error): void => resolve({ status: 0, headers: {}, text: error.message })
    const { method = 'POST', path, headers } = target
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(timeout),
    })
    sent.once('error', nothing)
    sent.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', nothing)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
    })
    sent.end(method === 'GET' ? undefined : body)
  })
}
