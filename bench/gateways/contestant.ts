import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { Scenario } from '../scenarios.ts'

/** A gateway under test: how to start it on a core, and how clients talk to it. */
export interface Contestant {
  readonly name: string
  /** Shown in the table; read from the installed package where there is one. */
  readonly version: string
  /** The kinds of work it can do at all. */
  readonly kinds: readonly Scenario['kind'][]
  start(ports: Ports): Promise<Running>
}

export interface Ports {
  readonly gateway: number
  readonly farEnd: number
}

export interface Running {
  readonly pid: number
  /** What a client asks for in this kind of scenario. */
  target(kind: Scenario['kind']): Target
  stop(): Promise<void>
}

export interface Target {
  readonly path: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
}

/** The core that gateways run on; the driver and the far end have the other. */
export const GATEWAY_CORE = '0'
export const DRIVER_CORE = '1'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Starts a program pinned to the gateways' core and waits until it listens. */
export async function startPinned({ command, args, environment }: Command, port: number): Promise<ChildProcess> {
  const child = spawn('taskset', ['-c', GATEWAY_CORE, command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk.toString('utf8')}`.slice(-2000)
  })
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`${command} ended at once: ${errors}`)
    if (!(await isFree(port))) return child
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`${command} does not listen on ${port}: ${errors}`)
}

export function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 3000).unref()
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
