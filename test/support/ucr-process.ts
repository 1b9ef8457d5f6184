import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareProgram, ROOT } from '../../scripts/bootstrap.mjs'

/** As they are published: from the source each command would take half as long again. */
export const PROGRAMS = {
  ucr: join(ROOT, 'dist', 'ucr.js'),
  'claude-wrapper': join(ROOT, 'dist', 'claude-wrapper.js'),
} as const

/** Each command is a process of its own, most of whose time would go into reading the same files. */
const COMPILE_CACHE = fileURLToPath(new URL('../../.cache/compile', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** `ucr` when left out. */
  readonly program?: keyof typeof PROGRAMS
  readonly environment?: Readonly<Record<string, string>>
  /** Given to standard input, which is then closed. */
  readonly input?: string
  /** A command that becomes the program, whose words stand behind its own. */
  readonly through?: readonly string[]
}

/**
 * A user's machine for `ucr` as a process: a home folder of its own, which is also the working folder, and an environment
 * with nothing of the developer's in it.
 */
export class UserMachine {
  readonly home: string
  readonly #running = new Set<RunningUcr>()

  private constructor(home: string) {
    this.home = home
  }

  /** Builds the programs where that is still to be done. */
  static async create(): Promise<UserMachine> {
    await prepareProgram()
    return new UserMachine(await mkdtemp(join(await realpath(tmpdir()), 'ucr-user-')))
  }

  /** Where a config file is found without being named. */
  get configPath(): string {
    return join(this.home, 'ucr.config.json')
  }

  async writeConfig(config: object | string): Promise<string> {
    const text = typeof config === 'string' ? config : JSON.stringify(config, null, 2)
    await writeFile(this.configPath, text, { mode: 0o600 })
    return this.configPath
  }

  readConfig(): Promise<string> {
    return readFile(this.configPath, 'utf8')
  }

  /** Runs a command to its end. */
  run(words: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.start(words, options).ended
  }

  /** Runs a command that prints JSON. */
  async json(words: readonly string[], options: RunOptions = {}): Promise<unknown> {
    const { stdout, stderr } = await this.run([...words, '--json'], options)
    try {
      return JSON.parse(stdout)
    } catch {
      throw new Error(`${words.join(' ')} printed no JSON: ${stdout}${stderr}`)
    }
  }

  start(
    words: readonly string[],
    { environment = {}, input = '', program = 'ucr', through = [] }: RunOptions = {},
  ): RunningUcr {
    const [command, ...rest] = [...through, process.execPath, PROGRAMS[program], ...words]
    const child = spawn(command ?? process.execPath, rest, {
      cwd: this.home,
      env: { PATH: '/usr/bin:/bin', HOME: this.home, NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment },
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const running = new RunningUcr(child)
    this.#running.add(running)
    return running
  }

  /** Ends everything that was started here, background gateways too, and removes the home. */
  async close(): Promise<void> {
    for (const running of this.#running) running.kill('SIGKILL')
    for (const port of await this.#recordedPorts()) {
      await this.run(['stop', '--wait', '0', '--force', '--port', port])
    }
    await rm(this.home, { recursive: true, force: true })
  }

  /** Of gateways that may still run. */
  async #recordedPorts(): Promise<string[]> {
    const names = await readdir(join(this.home, '.local', 'state', 'ucr')).catch(() => [])
    return names.flatMap((name) => /^gateway-(\d+)\.json$/.exec(name)?.[1] ?? [])
  }
}

/** A command under way. */
export class RunningUcr {
  readonly ended: Promise<Finished>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #watchers = new Set<() => void>()
  #stdout = ''
  #stderr = ''

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#add(() => (this.#stdout += text)))
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#add(() => (this.#stderr += text)))
    this.ended = once(child, 'close').then(([code]) => {
      this.#add(() => {})
      return { code, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** The first match in what was printed, on either channel, now or later. Rejects when the command ends without it. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(`${this.#stdout}\n${this.#stderr}`)
      if (found !== null) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`It never printed ${pattern}: ${this.#stdout}${this.#stderr}`)
      }
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
  }

  #add(change: () => void): void {
    change()
    for (const watcher of this.#watchers) watcher()
    this.#watchers.clear()
  }
}
