import type { LoadedConfig } from '../config/load.ts'
import { ListenError } from '../server/listen.ts'
import { receiveOrder, type BackgroundOrder } from './background.ts'
import { bannerText, type BannerProvider } from './banner.ts'
import { findClaude } from '../upstream/claude-code/find-program.ts'
import { refuseShellLine } from './claude-command.ts'
import type { Surroundings } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { clientKey, clientUrl } from './find-gateway.ts'
import { firstModel, type OfferedModel } from './first-model.ts'
import { loadForCommand } from './load.ts'
import { processIdentity } from './process-identity.ts'
import { ownCertificate } from './own-certificate.ts'
import { runningGateways, type RunRecord } from './run-record.ts'
import { storedClientKeys } from './stored-client-keys.ts'
import { overridesOf, wordsOf, type StartValues } from './start-options.ts'
import type { Channel } from './terminal.ts'
import { VERSION } from './version.ts'
import { isWorker } from './worker-process.ts'

/** A gateway that is about to be started. */
export interface Start {
  /** The key is among them, however it came. */
  readonly values: StartValues
  /** Null: in the foreground. */
  readonly order: BackgroundOrder | null
  readonly loaded: LoadedConfig
}

/** Runs a gateway until it is told to stop: in this process, or in several below it. Throws ConfigError, `Failure`, ListenError. */
export async function startGateway(given: StartValues, surroundings: Surroundings): Promise<ExitCode> {
  const { environment } = surroundings
  if (isWorker(environment)) {
    const { serveAsWorker } = await import('./serve-as-worker.ts')
    return serveAsWorker(given, surroundings)
  }
  const order = await receiveOrder(environment)
  const values = order === null ? given : { ...given, key: order.key }
  await refuseShellLine(surroundings)
  const loaded = await loadForCommand(surroundings, values.config, overridesOf(values))
  if (loaded.config.server.workers > 1) {
    const { supervise } = await import('./supervise.ts')
    return supervise({ values, order, loaded }, surroundings)
  }
  const { serve } = await import('./serve.ts')
  return serve({ values, order, loaded }, surroundings)
}

/** What went wrong while listening, in words about this user's gateways where one of them is in the way. */
export async function failureToListen(error: unknown, surroundings: Surroundings): Promise<unknown> {
  if (!(error instanceof ListenError)) return error
  const own = (await runningGateways(surroundings)).find(({ port }) => port === error.port)
  if (own === undefined) return error
  return new Failure(`The gateway is running already on ${own.urls[0] ?? ''} (process ${own.pid}).`, {
    fix: `End it with "ucr stop", or start another one with --port ${error.port + 1}`,
    cause: error,
  })
}

export function isPretty({ config }: LoadedConfig): boolean {
  return config.logging.pretty ?? (config.logging.file === null && process.stdout.isTTY)
}

/** Where text for people goes in the foreground: beside a log for people, but not into one for programs. */
export function peopleChannel(loaded: LoadedConfig, { terminal }: Surroundings): Channel {
  return isPretty(loaded) || loaded.config.logging.file !== null ? terminal.out : terminal.error
}

export async function recordOf(
  { values, order, loaded }: Start,
  urls: readonly string[],
  { directory }: Surroundings,
): Promise<RunRecord> {
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
    certificate: ownCertificate(loaded.config.server),
  }
}

/** What people are told of a gateway that is up. */
export interface Summary {
  readonly providers: readonly BannerProvider[]
  readonly model: string
}

export function summaryOf(
  gateway: { providers(): readonly BannerProvider[]; models(): readonly OfferedModel[] },
  { config }: LoadedConfig,
): Summary {
  const providers = gateway.providers().map(({ id, name, source, models, simulator }) => {
    return { id, name, source, models, simulator }
  })
  return { providers, model: firstModel(gateway.models(), config) }
}

interface BannerParts {
  readonly start: Start
  readonly urls: readonly string[]
  readonly summary: Summary
  readonly channel: Channel
  readonly surroundings: Surroundings
}

export async function bannerOf({ start, urls, summary, channel, surroundings }: BannerParts): Promise<string> {
  const { config, path } = start.loaded
  const text = bannerText(
    {
      version: VERSION,
      urls: urls.map((url) => clientUrl(url, ownCertificate(config.server))),
      config: path,
      providers: summary.providers,
      claude: await findClaude(surroundings),
      keyNeeded:
        clientKey(config, await storedClientKeys(config, surroundings), surroundings.environment).kind !== 'open',
      model: summary.model,
    },
    channel,
  )
  return `${text}\n`
}

export const STOPPING = '\nStopping when the requests under way are finished; once more to stop at once.'

export function stoppedLine({ finished, cut }: { readonly finished: number; readonly cut: number }): string {
  return `Stopped: ${finished} finished, ${cut} cut`
}
