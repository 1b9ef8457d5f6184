import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Writable } from 'node:stream'

/** Runs in a process of its own: ends the process groups that are left when its input closes, and removes their folder. */
const SCRIPT = `
const { rmSync } = require('node:fs')
const groups = new Set()
let folder = null
let rest = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\\n')
  rest = lines.pop()
  for (const line of lines) {
    const said = line.slice(1)
    if (line[0] === '=') folder = said
    else if (line[0] === '+') groups.add(Number(said))
    else groups.delete(Number(said))
  }
})
process.stdin.on('close', () => {
  for (const pid of groups) {
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
    } catch {}
  }
  if (groups.size > 0 && folder !== null) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit()
})
`

/**
 * Ends programs whose gateway was killed and could not do so itself. They would end by themselves only when the model has
 * answered. The guard runs as long as there is something to guard.
 */
export class Guard {
  readonly #pids = new Set<number>()
  #child: ChildProcessByStdio<Writable, null, null> | null = null

  /** `pid` leads a process group, which leaves files in `folder`, the same for all. */
  watch(pid: number, folder: string): void {
    this.#pids.add(pid)
    if (this.#child === null) this.#start(folder)
    else this.#child.stdin.write(`+${pid}\n`)
  }

  /** The group is gone. */
  forget(pid: number): void {
    this.#pids.delete(pid)
    this.#child?.stdin.write(`-${pid}\n`)
    if (this.#pids.size > 0) return
    this.#child?.stdin.end()
    this.#child = null
  }

  #start(folder: string): void {
    const child = spawn(process.execPath, ['--eval', SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      // What a terminal signals to the gateway is not meant for it.
      detached: true,
      windowsHide: true,
    })
    child.stdin.on('error', () => {})
    const lost = (): void => {
      if (this.#child === child) this.#child = null
    }
    child.on('error', lost).on('exit', lost)
    this.#child = child
    child.stdin.write(`=${folder}\n`)
    for (const pid of this.#pids) child.stdin.write(`+${pid}\n`)
  }
}
