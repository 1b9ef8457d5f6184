import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, rename, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { BACKGROUND_VARIABLE } from './process-variables.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { programFile } from './program-file.ts'
import { openStateFolder } from './state-folder.ts'

/** A log larger than this is put aside when a gateway starts. */
const MAX_LOG_BYTES = 10 * 1024 * 1024

/** The first message from whoever starts a background gateway. */
export interface BackgroundOrder {
  /** Passed here so that it appears neither in the list of processes nor in the environment. */
  readonly key: string | null
  readonly log: string
}

export interface BackgroundStart {
  /** Of `ucr start`, without `--daemon` and `--key`. */
  readonly options: readonly string[]
  readonly key: string | null
  /** The working folder. */
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  readonly home: string
  /** Milliseconds until it must be listening. */
  readonly timeout: number
}

export interface StartedGateway {
  readonly pid: number
  readonly urls: readonly string[]
  readonly log: string
}

/**
 * Starts `ucr start` in a session of its own, and resolves when it listens. Throws `Failure` with what it said when it
 * ends before that, and with its exit code.
 */
export async function startInBackground(start: BackgroundStart): Promise<StartedGateway> {
  const log = join(await openStateFolder(start), 'gateway.log')
  await putAside(log)
  const output = await open(log, 'a', 0o600)
  const from = (await output.stat()).size
  try {
    const child = spawn(process.execPath, [...process.execArgv, programFile(), 'start', ...start.options], {
      cwd: start.directory,
      env: { ...start.environment, [BACKGROUND_VARIABLE]: '1' },
      stdio: ['ignore', output.fd, output.fd, 'ipc'],
      detached: true,
      windowsHide: true,
    })
    return await untilListening(child, { key: start.key, log }, start.timeout, () => textFrom(log, from))
  } finally {
    await output.close()
  }
}

async function untilListening(
  child: ChildProcess,
  order: BackgroundOrder,
  timeout: number,
  said: () => Promise<string>,
): Promise<StartedGateway> {
  const ended = once(child, 'exit').then(async ([code]): Promise<never> => {
    throw startFailure('The gateway did not start.', await said(), typeof code === 'number' ? code : EXIT.failure)
  })
  const late = AbortSignal.timeout(timeout)
  try {
    await once(child, 'spawn')
    child.send(order)
    const [message] = await Promise.race([once(child, 'message', { signal: late }), ended])
    const urls = urlsOf(message)
    if (urls === null || child.pid === undefined) throw new TypeError('The gateway answered something else.')
    child.disconnect()
    child.unref()
    return { pid: child.pid, urls, log: order.log }
  } catch (error) {
    ended.catch(() => {})
    if (!late.aborted) throw error
    child.kill('SIGKILL')
    const seconds = Math.round(timeout / 1000)
    throw startFailure(`The gateway was not ready within ${seconds} s.`, await said(), EXIT.failure)
  }
}

function startFailure(message: string, said: string, exitCode: ExitCode): Failure {
  return new Failure(message, said === '' ? { exitCode } : { exitCode, fix: said })
}

function urlsOf(message: unknown): readonly string[] | null {
  if (message === null || typeof message !== 'object' || !('urls' in message)) return null
  return Array.isArray(message.urls) ? message.urls.filter((url) => typeof url === 'string') : null
}

async function putAside(log: string): Promise<void> {
  const status = await stat(log).catch(() => null)
  if (status !== null && status.size > MAX_LOG_BYTES) await rename(log, `${log}.1`)
}

/** What was written behind `from`, without leading and trailing blank lines, at most the last 8 KiB. */
async function textFrom(file: string, from: number): Promise<string> {
  let handle: FileHandle | null = null
  try {
    handle = await open(file)
    const { size } = await handle.stat()
    const start = Math.max(from, size - 8192)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    return buffer.toString('utf8', 0, bytesRead).trim()
  } catch {
    return ''
  } finally {
    await handle?.close()
  }
}

/** The background gateway's own side of it. Null: this process was started in the foreground. */
export async function receiveOrder(environment: NodeJS.ProcessEnv): Promise<BackgroundOrder | null> {
  if (environment[BACKGROUND_VARIABLE] !== '1' || process.send === undefined) return null
  // What it starts later is not a background gateway.
  delete environment[BACKGROUND_VARIABLE]
  const message = await Promise.race([
    once(process, 'message').then(([first]: unknown[]) => first),
    once(process, 'disconnect').then(() => null),
  ])
  // From here on whoever waits is told by a message or by the end of this process, which the channel must not put off.
  process.channel?.unref()
  if (message === null || typeof message !== 'object') return null
  return {
    key: 'key' in message && typeof message.key === 'string' ? message.key : null,
    log: 'log' in message && typeof message.log === 'string' ? message.log : '',
  }
}

/** Tells whoever started this process that it listens, and lets go of them. */
export function reportListening(urls: readonly string[]): void {
  process.send?.({ urls }, () => {
    if (process.connected) process.disconnect()
  })
}
