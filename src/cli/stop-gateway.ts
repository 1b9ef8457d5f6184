import { setTimeout as delay } from 'node:timers/promises'
import { systemCode } from './failure.ts'
import { isRunning, type RunRecord } from './run-record.ts'

/** How often to look whether a process, which is not a child of this one, has gone. */
const INTERVAL = 50

/**
 * Asks a gateway to finish its requests and end; false when it has not within `milliseconds`. With `force` it is then
 * killed. The process is known by more than its number, so nothing else is ever signalled.
 */
export async function stopGateway(record: RunRecord, milliseconds: number, force: boolean): Promise<boolean> {
  if (!(await signal(record, 'SIGTERM'))) return true
  if (await gone(record, milliseconds)) return true
  if (!force) return false
  await signal(record, 'SIGKILL')
  return gone(record, 5000)
}

/** False: there was nobody to signal. */
async function signal(record: RunRecord, name: NodeJS.Signals): Promise<boolean> {
  if (!(await isRunning(record))) return false
  try {
    process.kill(record.pid, name)
    return true
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false
    throw error
  }
}

async function gone(record: RunRecord, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (await isRunning(record)) {
    if (performance.now() > deadline) return false
    await delay(INTERVAL)
  }
  return true
}
