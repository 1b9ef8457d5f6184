import { usageFailure } from './failure.ts'
import { runningGateways, type RunRecord } from './run-record.ts'
import type { Person } from './state-folder.ts'

/**
 * The running gateway that a command is about: the one on `port`, or the only one. Null when there is none.
 * Throws a usage failure when several run and no port says which.
 */
export async function chooseGateway(person: Person, port: number | null): Promise<RunRecord | null> {
  const running = await runningGateways(person)
  if (port !== null) return running.find((record) => record.port === port) ?? null
  if (running.length > 1) {
    const ports = running.map((record) => record.port)
    throw usageFailure(`Gateways run on the ports ${ports.join(' and ')}.`, `Say which: --port ${ports[0]}`)
  }
  return running[0] ?? null
}
