import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { programEnvironment, programOf } from './server-program.ts'

/** The program of a real server; null where this machine has none. */
const PROGRAM = programOf('redis-server', '--version') ?? programOf('valkey-server', '--version')

/** Why tests against a real server cannot run; null where they can. */
export const NO_REDIS = PROGRAM === null ? 'there is no redis-server here: run test/system/install.mjs' : null

/** A real server with a folder of its own. A durable one writes every command down before it answers it. */
export class RedisServer {
  readonly url: string
  readonly #port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'ucr-redis-'))
  #process: ChildProcess | null = null

  readonly #durable: boolean

  private constructor(port: number, durable: boolean) {
    this.#port = port
    this.#durable = durable
    this.url = `redis://127.0.0.1:${port}`
  }

  static async start({ durable = true } = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), durable)
    await server.start()
    return server
  }

  /** Resolves when it takes commands. `loadDelay`: microseconds that reading each command takes which it has written down. */
  async start({ loadDelay = 0 } = {}): Promise<void> {
    const appends = this.#durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []
    const loads = ['--key-load-delay', String(loadDelay)]
    const settings = ['--save', '', ...appends, ...loads, '--dir', this.#folder]
    const child = spawn(PROGRAM ?? '', ['--port', String(this.#port), '--bind', '127.0.0.1', ...settings], {
      env: programEnvironment(),
    })
    this.#process = child
    let said = ''
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      said += String(chunk)
      if (said.includes('Ready to accept connections')) break
    }
    if (!said.includes('Ready to accept connections')) throw new Error(said)
    child.stdout.resume()
  }

  /** What the server itself says. */
  async ask<T>(step: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url)
    try {
      return await step(client)
    } finally {
      client.disconnect()
    }
  }

  /** As if the machine had lost its power. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
