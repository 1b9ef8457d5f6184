import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import type { Kind } from '../scenarios.ts'

/** A gateway under test: how to start it, and how clients talk to it. */
export interface Contestant {
  readonly name: string
  /** Shown in the table; read from the installed package where there is one. */
  readonly version: string
  /** For the table: how it was set up, in a sentence. */
  readonly setup: string
  /** `npm`: our users' other choices, which the translation goals are measured against. */
  readonly origin: 'reference' | 'ours' | 'npm' | 'other'
  /** The kinds of work it can do at all. */
  readonly kinds: readonly Kind[]
  start(place: Place): Promise<Running>
}

export interface Place {
  readonly port: number
  readonly farEnd: number
  /** As `taskset -c` takes them; null: wherever the machine puts it. */
  readonly cores: string | null
}

export interface Running {
  readonly pid: number
  /** What a client asks for in this kind of work. */
  target(kind: Kind): Target
  stop(): Promise<void>
}

export interface Target {
  readonly method?: 'GET'
  readonly path: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Starts a program on its cores and waits until it listens, at most 60 s. */
export async function startPinned({ command, args, environment }: Command, place: Place): Promise<ChildProcess> {
  const pinned = place.cores === null ? [] : ['taskset', '-c', place.cores]
  const [program = command, ...words] = [...pinned, command, ...args]
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it starts ends with it.
    detached: true,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  // Nothing may stay behind when the bench itself is ended.
  const end = (): void => signalGroup(child, 'SIGKILL')
  process.once('exit', end)
  let said = ''
  const hear = (chunk: Buffer): void => {
    said = `${said}${chunk.toString('utf8')}`.slice(-1000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.once('exit', (code, signal) => {
    process.off('exit', end)
    // One that is stopped in order ends by our signal or with 0: anything else is worth a word.
    const crashed = signal !== null && signal !== 'SIGTERM' && signal !== 'SIGKILL'
    if (crashed || (code !== null && code !== 0))
      process.stdout.write(`${command} ended with ${code ?? signal}: ${said}\n`)
  })
  const until = performance.now() + 60_000
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${command} ended at once: ${said}`)
    if (await listens(place.port)) return child
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await stopped(child)
  throw new Error(`${command} does not listen on ${place.port}: ${said}`)
}

export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    signalGroup(child, 'SIGTERM')
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), 3000)
    await gone
    clearTimeout(timer)
  }
  // What it started and left behind.
  signalGroup(child, 'SIGKILL')
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name)
  } catch {
    // The whole group is gone.
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
