import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { command as statusCommand } from '../commands/status.ts'
import { command as stopCommand } from '../commands/stop.ts'
import type { CommandNode, Surroundings } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { runningGateways } from '../run-record.ts'
import { stateFolder } from '../state-folder.ts'
import { DEFAULT_PORT } from './start.ts'

/** Bytes of the log that are shown. */
const END_OF_LOG = 16 * 1024

/** What `claude-wrapper` does about a gateway that runs, or does not. Throws `Failure`. */
export async function lookAfter(
  what: 'stop' | 'status' | 'logs' | 'cleanup',
  port: number | null,
  surroundings: Surroundings,
): Promise<ExitCode> {
  switch (what) {
    case 'stop':
      return run(stopCommand, surroundings, await portToStop(port, surroundings))
    case 'status':
      await run(statusCommand, surroundings, null)
      return EXIT.ok
    case 'logs':
      return printLog(port, surroundings)
    case 'cleanup':
      return cleanUp(surroundings)
    default:
      return what satisfies never
  }
}

async function run(command: CommandNode, surroundings: Surroundings, port: number | null): Promise<ExitCode> {
  const options = port === null ? {} : { port: String(port) }
  return (await command.execute?.({ ...surroundings, options, arguments: [] })) ?? EXIT.ok
}

/** Where several run, the one on the usual port is meant. */
async function portToStop(port: number | null, surroundings: Surroundings): Promise<number | null> {
  if (port !== null) return port
  const running = await runningGateways(surroundings)
  return running.length > 1 && running.some((record) => record.port === DEFAULT_PORT) ? DEFAULT_PORT : null
}

async function printLog(port: number | null, { terminal, ...person }: Surroundings): Promise<ExitCode> {
  const running = await runningGateways(person)
  const record = running.find((candidate) => candidate.port === (port ?? DEFAULT_PORT)) ?? running[0]
  const file = record?.log ?? join(stateFolder(person), 'gateway.log')
  terminal.error.line(`The end of ${file}:`)
  terminal.out.write(await endOf(file))
  return EXIT.ok
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file).catch(() => null)
  if (handle === null) return ''
  try {
    const { size } = await handle.stat()
    const from = Math.max(0, size - END_OF_LOG)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
    const text = buffer.toString('utf8', 0, bytesRead)
    // Whole lines only.
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    await handle.close()
  }
}

/** Looking for gateways that run removes the records of those that do not. */
async function cleanUp({ terminal, ...person }: Surroundings): Promise<ExitCode> {
  const running = await runningGateways(person)
  const still =
    running.length === 0 ? 'None runs' : `Still running on port ${running.map(({ port }) => port).join(', ')}`
  terminal.out.line(`What killed gateways left behind is removed. ${still}.`)
  return EXIT.ok
}
