import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const PROJECT = join(import.meta.dirname, '..', '..')

/** What `npm start` runs, for a user who has configured nothing. */
class Start {
  output = ''
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #ended: Promise<readonly unknown[]>

  constructor(home: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [join(PROJECT, 'scripts', 'start.mjs'), ...args], {
      cwd: home,
      env: { HOME: home, PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#ended = once(this.#child, 'close')
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString()
        this.#child.emit('printed')
      })
    }
  }

  /** The URL of the banner. */
  async url(): Promise<string> {
    for (;;) {
      const [, url] = /listening on (http:\S+)\s/.exec(this.output) ?? []
      if (url !== undefined) return url
      const [event] = await Promise.race([
        once(this.#child, 'printed').then(() => ['printed']),
        this.#ended.then(() => ['ended']),
      ])
      if (event === 'ended') throw new Error(`it ended before it listened: ${this.output}`)
    }
  }

  /** Exit code after a signal, or after it ended by itself. */
  async end(signal: NodeJS.Signals | null): Promise<unknown> {
    if (signal !== null) this.#child.kill(signal)
    const [code] = await this.#ended
    return code
  }
}

let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ucr-npm-start-'))
})

afterEach(() => rm(home, { recursive: true }))

describe('npm start', () => {
  it('builds what is missing and starts the gateway, and builds nothing the next time', async () => {
    const first = new Start(home, ['--port', '0'])
    expect((await request(`${await first.url()}/health`)).statusCode).toBe(200)
    expect(await first.end('SIGTERM')).toBe(0)

    const second = new Start(home, ['--port', '0'])
    await second.url()
    expect(await second.end('SIGINT')).toBe(0)
    expect(second.output).not.toContain('building')
  })

  it('passes flags on, and the exit code back', async () => {
    const help = new Start(home, ['--help'])
    expect(await help.end(null)).toBe(0)
    expect(help.output).toContain('--config')

    const wrong = new Start(home, ['--port', 'nonsense'])
    expect(await wrong.end(null)).toBe(2)
  })
})
