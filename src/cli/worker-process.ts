import { fork, type ChildProcess } from 'node:child_process'
import type { Surroundings } from './command.ts'
import { WORKER_VARIABLE } from './process-variables.ts'
import { programFile } from './program-file.ts'
import { wordsOf, type StartValues } from './start-options.ts'

/** Starts this program again as one of the workers of a gateway. */
export function forkWorker(values: StartValues, { directory, environment }: Surroundings): ChildProcess {
  return fork(programFile(), ['start', ...wordsOf(values)], {
    cwd: directory,
    env: { ...environment, [WORKER_VARIABLE]: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

/**
 * Is this process one of them? Also where the gateway that started it is gone by now, and its channel with it. What it
 * starts later is none.
 */
export function isWorker(environment: NodeJS.ProcessEnv): boolean {
  if (environment[WORKER_VARIABLE] !== '1') return false
  delete environment[WORKER_VARIABLE]
  return true
}
