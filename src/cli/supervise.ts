import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { setTimeout as elapsed } from 'node:timers/promises'
import { joinKept } from '../composition/share-metrics.ts'
import type { ServerSettings } from '../config/config.ts'
import { watchedFiles } from '../composition/watched-files.ts'
import { openGatewaySecret } from '../config/gateway-secret.ts'
import { watchConfig, type ConfigWatcher } from '../config/watch.ts'
import type { JsonValue } from '../lib/json.ts'
import { listenOn } from '../server/listen.ts'
import { Supervisor, WorkersFailed } from '../workers/supervisor.ts'
import { reportListening } from './background.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { Failure, reasonOf } from './failure.ts'
import { removeRunRecord, writeRunRecord } from './run-record.ts'
import {
  bannerOf,
  failureToListen,
  peopleChannel,
  recordOf,
  STOPPING,
  stoppedLine,
  type Start,
  type Summary,
} from './start-gateway.ts'
import { openStateFolder } from './state-folder.ts'
import { listenForStop, reloadOnHangUp, type StopSignal } from './stop-signal.ts'
import { forkWorker } from './worker-process.ts'

/** The part of the grace in which connections are still taken: the workers' own grace must not end before. */
const GRACE_USED = 0.9

/**
 * Runs a gateway as several processes below this one, which takes the connections, hands them on, and loads nothing that
 * answers a request. Throws `Failure`, ListenError.
 */
export async function supervise(start: Start, surroundings: Surroundings): Promise<ExitCode> {
  const { loaded, values } = start
  const { server } = loaded.config
  const listeners = await openListeners(server, surroundings)
  const urls = listeners.map(({ url }) => url)
  const supervisor = new Supervisor({
    count: server.workers,
    silenceLimit: server.workerTimeout,
    fork: () => forkWorker(values, surroundings),
    begin: { kind: 'begin', urls, secret: await secretOf(server, surroundings), key: values.key },
    joinKept,
    say: (text) => surroundings.terminal.error.line(text),
  })
  for (const [index, { server: listener }] of listeners.entries()) {
    listener.on('connection', (socket) =>
      supervisor.give(
        socket.on('error', () => {}),
        index,
      ),
    )
  }
  const signal = listenForStop()
  // A second signal ends this process where it stands: its workers must not outlive it then.
  const end = (): void => supervisor.kill()
  process.once('exit', end)
  try {
    const ready = await Promise.race([supervisor.start(), signal.received.then(() => null)])
    if (ready !== null) await whileServing(ready, { start, listeners, supervisor, signal, surroundings })
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof WorkersFailed)) throw error
    throw new Failure(error.message, { exitCode: error.exitCode, cause: error })
  } finally {
    signal.release()
    process.off('exit', end)
    supervisor.kill()
    closeAll(listeners)
  }
}

interface Parts {
  readonly start: Start
  readonly listeners: readonly Listener[]
  readonly supervisor: Supervisor
  readonly signal: StopSignal
  readonly surroundings: Surroundings
}

/** From the moment when all workers serve until none does. Rejects with WorkersFailed when they do not stay. */
async function whileServing(
  ready: JsonValue,
  { start, listeners, supervisor, signal, surroundings }: Parts,
): Promise<void> {
  const { order, loaded } = start
  const urls = listeners.map(({ url }) => url)
  const people = order === null ? peopleChannel(loaded, surroundings) : null
  const record = await recordOf(start, urls, surroundings)
  await writeRunRecord(surroundings, record)
  reloadOnHangUp(() => supervisor.reload(), signal, order !== null)
  const watcher = await watch(start, supervisor, surroundings)
  try {
    if (people !== null) {
      people.line(await bannerOf({ start, urls, summary: summaryFrom(ready), channel: people, surroundings }))
    }
    if (order !== null) reportListening(urls)
    await Promise.race([signal.received, supervisor.failed()])
    people?.line(STOPPING)
    const counts = await drain(supervisor, listeners, loaded.config.server.drainGrace)
    people?.line(stoppedLine(counts))
  } finally {
    await watcher?.close()
    await removeRunRecord(surroundings, record)
  }
}

interface Listener {
  readonly server: Server
  readonly url: string
}

/** Throws `Failure` and ListenError, and then listens nowhere. */
async function openListeners(
  { host, ports, tls }: ServerSettings,
  surroundings: Surroundings,
): Promise<readonly Listener[]> {
  const listeners: Listener[] = []
  try {
    for (const port of ports) {
      // Nothing may be read here of what a worker is to read.
      const server = createServer({ pauseOnConnect: true })
      listeners.push({ server, url: await listenOn(server, host, port, tls === null ? 'http' : 'https') })
    }
    return listeners
  } catch (error) {
    closeAll(listeners)
    throw await failureToListen(error, surroundings)
  }
}

function closeAll(listeners: readonly Listener[]): void {
  for (const { server } of listeners) server.close()
}

/** The same for all workers, so that what one sealed another can open. */
async function secretOf({ secret }: ServerSettings, surroundings: Surroundings): Promise<string> {
  if (secret !== null) return Buffer.from(secret).toString('base64')
  const folder = await openStateFolder(surroundings)
  try {
    return (await openGatewaySecret(folder)).toString('base64')
  } catch (error) {
    const loss = 'conversations lose their sealed reasoning at a restart'
    surroundings.terminal.error.line(`The secret of this installation cannot be kept, so ${loss}: ${reasonOf(error)}`)
    return randomBytes(32).toString('base64')
  }
}

async function watch(
  { values, loaded }: Start,
  supervisor: Supervisor,
  { terminal }: Surroundings,
): Promise<ConfigWatcher | null> {
  const paths = watchedFiles(loaded)
  if (!values.watch || paths.length === 0) return null
  return watchConfig({
    paths,
    onChange: () => supervisor.reload(),
    onError: (error) => {
      terminal.error.line(`Watching the config failed; restart to see later changes: ${reasonOf(error)}`)
    },
  })
}

async function drain(supervisor: Supervisor, listeners: readonly Listener[], grace: number) {
  if (grace > 0) {
    supervisor.beginDrain()
    await elapsed(grace * GRACE_USED)
  }
  closeAll(listeners)
  return supervisor.drain()
}

/** What a worker of this same version made with `summaryOf`. */
function summaryFrom(ready: JsonValue): Summary {
  const { providers, model } = fieldsOf(ready)
  return {
    model: textOf(model),
    providers: (Array.isArray(providers) ? providers : []).map(fieldsOf).map((provider) => ({
      id: textOf(provider['id']),
      name: textOf(provider['name']),
      source: textOf(provider['source']),
      models: Number(provider['models']),
      simulator: provider['simulator'] === true,
    })),
  }
}

function fieldsOf(value: JsonValue): { readonly [key: string]: JsonValue } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
