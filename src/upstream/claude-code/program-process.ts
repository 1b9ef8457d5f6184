import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { parseJson } from '../../lib/json.ts'
import type { Guard } from './guard.ts'
import type { Launch } from './launch.ts'
import type { JsonObject } from './values.ts'
import { asObject } from './values.ts'
import type { Workplace } from './workplace.ts'

export interface ProgramListener {
  line(line: JsonObject): void
  /** The process is gone. `how` is for the operator: no secrets. */
  ended(how: string): void
}

/** Milliseconds that a process gets to end by itself. */
const GRACE = 2000
/** Characters of one line of output: the largest answer that a gateway takes, and something around it. */
const MAX_LINE = 256 * 1024 * 1024
/** Characters of error output that are kept. */
const MAX_COMPLAINT = 2000

/** One running Claude Code, in a process group and a folder of its own: lines in, lines out. */
export class ProgramProcess {
  readonly launchKey: string
  /** When the process, and what it started, is gone, and so are its files. */
  readonly gone: Promise<void>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #listener: ProgramListener | null = null
  #rest: string[] = []
  #restLength = 0
  #complaint = ''
  #ended: string | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(program: string, launch: Launch, workplace: Workplace, guard: Guard) {
    this.launchKey = launch.key
    this.#child = spawn(program, launch.arguments, {
      cwd: workplace.folder,
      env: { ...launch.environment, ...workplace.variables },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that all that it starts can be ended with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-MAX_COMPLAINT)
    })
    // A process that ends does not read what is still written to it.
    this.#child.stdin.on('error', () => {})
    const { pid } = this.#child
    if (pid !== undefined) guard.watch(pid, workplace.root)
    // What it started is not to outlive it.
    this.#child.once('exit', () => this.#signal('SIGKILL'))
    this.gone = new Promise((resolve) => {
      const over = (how: string): void => {
        if (!this.#over(how)) return
        if (pid !== undefined) guard.forget(pid)
        void workplace.clear().then(resolve)
      }
      this.#child.once('error', (error) => over(error.message))
      this.#child.once('close', (code, signal) => over(`ended with ${signal ?? `code ${code}`}`))
    })
  }

  get alive(): boolean {
    return this.#ended === null
  }

  /** It was told to end, and is not gone yet. */
  get ending(): boolean {
    return this.wasEnded && this.alive
  }

  get wasEnded(): boolean {
    return this.#timer !== undefined
  }

  /** Only one listens, and hears what comes from now on; at once, where the process is gone already. */
  listen(listener: ProgramListener): void {
    this.#listener = listener
    if (this.#ended !== null) listener.ended(this.#ended)
  }

  send(line: JsonObject): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(`${JSON.stringify(line)}\n`)
  }

  pause(): void {
    this.#child.stdout.pause()
  }

  resume(): void {
    this.#child.stdout.resume()
  }

  /** Ends it while it has nothing to do. */
  end(): void {
    this.#forget()
    if (!this.alive || this.ending) return
    this.#signal('SIGTERM')
    this.#timer = setTimeout(() => this.#signal('SIGKILL'), GRACE)
  }

  /** Ends it in the middle of its work, before it asks the model for more. */
  kill(): void {
    this.#forget()
    if (!this.alive) return
    this.#signal('SIGKILL')
    this.#timer ??= setTimeout(() => this.#signal('SIGKILL'), GRACE)
  }

  /** Its listener hears no more, and what it still says is read and thrown away. */
  #forget(): void {
    this.#listener = null
    this.resume()
  }

  /** To the whole group, of which its first process may be gone already. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      if (process.platform === 'win32') this.#child.kill(signal)
      else process.kill(-pid, signal)
    } catch {
      // Nothing of the group is left.
    }
  }

  #read(text: string): void {
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#rest.push(text.slice(start, end))
      start = end + 1
      const line = this.#rest.join('')
      this.#rest = []
      this.#restLength = 0
      this.#hear(line)
    }
    if (start === text.length) return
    this.#rest.push(text.slice(start))
    this.#restLength += text.length - start
    if (this.#restLength > MAX_LINE) this.kill()
  }

  #hear(text: string): void {
    const line = objectIn(text)
    if (line !== null) this.#listener?.line(line)
  }

  #over(how: string): boolean {
    if (this.#ended !== null) return false
    clearTimeout(this.#timer)
    const said = this.#complaint.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
    this.#ended = said === '' ? how : `${how}: ${said}`
    this.#listener?.ended(this.#ended)
    return true
  }
}

/** Anything else on its output is not meant for us. */
function objectIn(text: string): JsonObject | null {
  if (!text.startsWith('{')) return null
  try {
    return asObject(parseJson(text))
  } catch {
    return null
  }
}
