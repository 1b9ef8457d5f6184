import type { LoadedConfig } from '../config/load.ts'
import { createGateway, type Gateway } from '../gateway.ts'
import { createLog, type Log } from '../observe/log.ts'
import { ListenError } from '../server/listen.ts'
import { receiveOrder, reportListening, type BackgroundOrder } from './background.ts'
import { bannerText } from './banner.ts'
import { findClaude } from './claude-command.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { clientKey, reachable } from './find-gateway.ts'
import { firstModel } from './first-model.ts'
import { loadForCommand, readConfig, vendorEnvironment } from './load.ts'
import { processIdentity } from './process-identity.ts'
import { removeRunRecord, runningGateways, writeRunRecord, type RunRecord } from './run-record.ts'
import { overridesOf, wordsOf, type StartValues } from './start-options.ts'
import { openStateFolder } from './state-folder.ts'
import { listenForStop, type StopSignal } from './stop-signal.ts'
import type { Channel } from './terminal.ts'
import { VERSION } from './version.ts'

/** Runs a gateway in this process until it is told to stop. Throws ConfigError, ListenError. */
export async function serve(given: StartValues, surroundings: Surroundings): Promise<ExitCode> {
  const { environment, directory, terminal } = surroundings
  const order = await receiveOrder(environment)
  const values = order === null ? given : { ...given, key: order.key }
  const loaded = await loadForCommand(surroundings, values.config, overridesOf(values))
  const log = openLog(loaded, terminal.out.colours)
  const gateway = await createGateway({
    loaded,
    reload: async () => hidingKeys(await readConfig(surroundings, values.config, overridesOf(values)), log),
    watch: values.watch,
    environment: vendorEnvironment(environment),
    log,
    stateFolder: await openStateFolder(surroundings),
  })
  const signal = listenForStop()
  surviveStrayErrors(log)
  try {
    const urls = await listen(gateway, surroundings)
    const record = await recordOf({ urls, values, loaded, order, directory })
    await writeRunRecord(surroundings, record)
    reloadOnHangUp(gateway, signal, order !== null)
    const people = order === null ? peopleChannel(loaded, surroundings) : null
    if (people !== null)
      people.line(`${bannerOf(urls, gateway, loaded, people, environment, await findClaude(surroundings))}\n`)
    if (order !== null) reportListening(urls)
    await signal.received
    await drain(gateway, loaded, log, people)
    await removeRunRecord(surroundings, record)
    return EXIT.ok
  } finally {
    signal.release()
    await gateway.close()
    log.close()
  }
}

/** Throws `Failure` when a gateway of this user has the port, ListenError when something else is in the way. */
async function listen(gateway: Gateway, surroundings: Surroundings): Promise<readonly string[]> {
  try {
    return await gateway.listen()
  } catch (error) {
    if (!(error instanceof ListenError)) throw error
    const own = (await runningGateways(surroundings)).find(({ port }) => port === error.port)
    if (own === undefined) throw error
    throw new Failure(`The gateway is running already on ${own.urls[0] ?? ''} (process ${own.pid}).`, {
      fix: `End it with "ucr stop", or start another one with --port ${error.port + 1}`,
      cause: error,
    })
  }
}

function openLog(loaded: LoadedConfig, colors: boolean): Log {
  const { level, file } = loaded.config.logging
  const log = createLog({ level, file, pretty: isPretty(loaded), colors: colors && file === null })
  hidingKeys(loaded, log)
  return log
}

function isPretty({ config }: LoadedConfig): boolean {
  return config.logging.pretty ?? (config.logging.file === null && process.stdout.isTTY)
}

/** Whatever a vendor's key looks like, it never appears in the log. */
function hidingKeys(loaded: LoadedConfig, log: Log): LoadedConfig {
  log.hide(loaded.config.providers.flatMap(({ apiKey, headers }) => [apiKey ?? '', ...Object.values(headers)]))
  return loaded
}

/** Where text for people goes in the foreground: beside a log for people, but not into one for programs. */
function peopleChannel(loaded: LoadedConfig, { terminal }: Surroundings): Channel {
  return isPretty(loaded) || loaded.config.logging.file !== null ? terminal.out : terminal.error
}

/**
 * A custom router that throws in a callback of its own, or a bug outside of every request, must not end the answers that
 * are under way.
 */
function surviveStrayErrors(log: Log): void {
  process.on('uncaughtException', (error) => log.error(null, 'an error reached no request', error))
  process.on('unhandledRejection', (reason) => log.error(null, 'a rejection reached no request', reason))
}

interface RecordParts {
  readonly urls: readonly string[]
  readonly values: StartValues
  readonly loaded: LoadedConfig
  readonly order: BackgroundOrder | null
  readonly directory: string
}

async function recordOf({ urls, values, loaded, order, directory }: RecordParts): Promise<RunRecord> {
  return {
    pid: process.pid,
    identity: (await processIdentity(process.pid)) ?? '',
    port: Number(URL.parse(urls[0] ?? '')?.port ?? 0),
    urls,
    version: VERSION,
    since: new Date().toISOString(),
    config: loaded.path,
    log: loaded.config.logging.file ?? order?.log ?? null,
    directory,
    options: wordsOf(values),
    keyGiven: values.key !== null,
  }
}

/** SIGHUP asks a service to read its config again, and tells a foreground program that its terminal is gone. */
function reloadOnHangUp(gateway: Gateway, signal: StopSignal, background: boolean): void {
  const hasTerminal = !background && process.stdin.isTTY
  process.on('SIGHUP', () => (hasTerminal ? signal.stop() : void gateway.reload()))
}

function bannerOf(
  urls: readonly string[],
  gateway: Gateway,
  loaded: LoadedConfig,
  channel: Channel,
  environment: NodeJS.ProcessEnv,
  claude: string | null,
): string {
  const providers = gateway.providers()
  return bannerText(
    {
      version: VERSION,
      urls: urls.map(reachable),
      config: loaded.path,
      providers,
      claude,
      keyNeeded: clientKey(loaded.config.keys, environment).kind !== 'open',
      model: firstModel(gateway.models(), loaded.config),
    },
    channel,
  )
}

/** Lets requests under way finish, and says how many did. */
async function drain(gateway: Gateway, { config }: LoadedConfig, log: Log, people: Channel | null): Promise<void> {
  people?.line('\nStopping when the requests under way are finished; once more to stop at once.')
  const { finished, cut } = await gateway.drain(config.server.drainTimeout)
  log.info('stopped', { finished, cut })
  people?.line(`Stopped: ${finished} finished, ${cut} cut`)
}
