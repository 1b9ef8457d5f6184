import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { answers } from './answers.ts'

/** The core that gateways run on; the driver and the far end have the other. */
export const GATEWAY_CORE = '0'
export const DRIVER_CORE = '1'

export interface Tools {
  /** Whether driver and far end are those written in C: without a compiler they are several times as expensive. */
  readonly native: boolean
  readonly driver: readonly string[]
  readonly farEnd: readonly string[]
}

/** Compiles the driver and the far end, or names the ones in TypeScript where there is no compiler. */
export function prepareTools(): Tools {
  const folder = join(import.meta.dirname, '.cache')
  mkdirSync(folder, { recursive: true })
  const compiled = ['driver', 'far-end', 'isolate'].every((name) => {
    const source = join(import.meta.dirname, 'native', `${name}.c`)
    return spawnSync('gcc', ['-O2', '-Wall', '-o', join(folder, name), source], { stdio: 'inherit' }).status === 0
  })
  if (compiled) return { native: true, driver: [join(folder, 'driver')], farEnd: [join(folder, 'far-end')] }
  const script = (name: string): string[] => [process.execPath, join(import.meta.dirname, `${name}.ts`)]
  return { native: false, driver: script('driver'), farEnd: script('far-end') }
}

/** Starts the model vendor of the benchmarks on the driver's core, and waits until it listens. */
export async function startFarEnd(tools: Tools, port: number): Promise<ChildProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-answers-'))
  for (const [name, bytes] of answers.files()) writeFileSync(join(folder, name), bytes)
  const child = spawn('taskset', ['-c', DRIVER_CORE, ...tools.farEnd, String(port), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill())
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== '') return child
  }
  throw new Error('the far end did not start')
}

/** Keeps this process off the gateways' core, and lets it end in order, with all that it started, when it is told to. */
export function stayOnDriverCore(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  execFileSync('taskset', ['-cp', DRIVER_CORE, String(process.pid)], { stdio: 'ignore' })
}
