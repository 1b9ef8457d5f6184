import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run } from './run.mjs'

const RUN_MODULE = pathToFileURL(join(import.meta.dirname, 'run.mjs')).href

/** Says that it runs, then each signal it gets; ends half a second after the first. */
const GRANDCHILD = `
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => { process.stdout.write(signal + ' '); setTimeout(() => process.exit(7), 500) })
  }
  setInterval(() => {}, 1000)
  process.stdout.write('ready ')
`

/** A process that runs GRANDCHILD by `run()`, as `npm start` runs the gateway, without a terminal. */
function parent({ underNpm }: { readonly underNpm: boolean }): ChildProcess {
  const program = `
    import { run } from ${JSON.stringify(RUN_MODULE)}
    process.exitCode = await run(process.execPath, ['-e', ${JSON.stringify(GRANDCHILD)}])
  `
  const { npm_lifecycle_event: _, ...env } = process.env
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
  const args = ['--input-type=module', '-e', program]
  if (!underNpm) return spawn(process.execPath, args, { env, stdio })
  // npm runs scripts by a shell; with something left to do, no shell makes way for the program.
  const shell = ['-c', '"$0" "$@"; exit $?', process.execPath, ...args]
  return spawn('sh', shell, { env: { ...env, npm_lifecycle_event: 'start' }, stdio })
}

/** Everything that a process writes, and a way to wait for a word in it. */
class Output {
  text = ''
  readonly #stream: Readable

  constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('the process has no output')
    this.#stream = child.stdout
    this.#stream.on('data', (chunk: Buffer) => {
      this.text += chunk.toString()
    })
  }

  async until(word: string): Promise<void> {
    while (!this.text.includes(word)) await once(this.#stream, 'data')
  }

  async end(): Promise<string> {
    await once(this.#stream, 'close')
    return this.text
  }
}

describe('run()', () => {
  it("gives the program's exit code", async () => {
    await expect(run(process.execPath, ['-e', 'process.exit(3)'])).resolves.toBe(3)
  })

  it('gives 128 + n for a program that died of signal n', async () => {
    await expect(run(process.execPath, ['-e', "process.kill(process.pid, 'SIGKILL')"])).resolves.toBe(137)
  })

  it('fails when there is no such program', async () => {
    await expect(run('no-such-program', [])).rejects.toThrow('ENOENT')
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('sends %s on, once, and waits for the end', async (signal) => {
    const child = parent({ underNpm: false })
    const exit = once(child, 'exit')
    const output = new Output(child)
    await output.until('ready')
    child.kill(signal)
    child.kill(signal)
    await expect(exit).resolves.toEqual([7, null])
    expect(output.text).toBe(`ready ${signal} `)
  })

  it('ends the program when the shell that npm put in between is gone', async () => {
    const shell = parent({ underNpm: true })
    const output = new Output(shell)
    await output.until('ready')
    shell.kill('SIGTERM')
    await expect(output.end()).resolves.toBe('ready SIGTERM ')
  })
})
