import { confirm, note } from '@clack/prompts'
import type { LoadedConfig } from '../../config/load.ts'
import { findClaude } from '../../upstream/claude-code/find-program.ts'
import { refuseShellLine } from '../claude-command.ts'
import type { Surroundings } from '../command.ts'
import type { ExitCode } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { foundProviders } from '../first-config.ts'
import { readConfig, vendorEnvironment } from '../load.ts'
import { answered } from '../prompts.ts'
import { runningGateways } from '../run-record.ts'
import { startDaemon } from '../start-daemon.ts'
import { overridesOf, type StartValues } from '../start-options.ts'
import { newApiKey } from './api-key.ts'
import { wrapperEnvironment } from './environment.ts'

export const DEFAULT_PORT = 8000

/** What the command line of `claude-wrapper` says about a start. */
export interface WrapperValues extends Pick<
  StartValues,
  | 'port'
  | 'host'
  | 'config'
  | 'key'
  | 'production'
  | 'healthMonitoring'
  | 'workers'
  | 'healthCheckInterval'
  | 'drainTimeout'
> {
  readonly interactive: boolean
  readonly debug: boolean
  readonly mock: boolean
}

/** Starts a gateway as `ucr start` does, with the defaults of `claude-wrapper`. Throws `Failure`, ConfigError. */
export async function startWrapper(given: WrapperValues, person: Surroundings): Promise<ExitCode> {
  const surroundings = { ...person, environment: wrapperEnvironment(person.environment) }
  await refuseShellLine(surroundings)
  const wanted = startValues(given)
  const loaded = await readConfig(surroundings, wanted.config, overridesOf(wanted), DEFAULT_PORT)
  const values: StartValues = {
    ...wanted,
    port: given.port ?? portOf(loaded, surroundings.environment),
    provider: wanted.provider ?? (loaded.config.discover ? await providerOf(surroundings) : null),
  }
  const running = (await runningGateways(surroundings)).find(({ port }) => loaded.config.server.ports.includes(port))
  const asks = given.interactive && surroundings.terminal.interactive && running === undefined && isOpen(loaded)
  const key = asks ? await askForKey() : values.key
  if (!given.debug) return startDaemon({ ...values, key }, surroundings, 'claude-wrapper')
  const { startGateway } = await import('../start-gateway.ts')
  return startGateway({ ...values, key }, surroundings)
}

function startValues({ debug, mock, interactive: _interactive, ...given }: WrapperValues): StartValues {
  return {
    ...given,
    daemon: !debug,
    tlsCert: null,
    tlsKey: null,
    logLevel: debug ? 'debug' : null,
    plan: null,
    strict: false,
    provider: mock ? 'simulator' : null,
    watch: true,
  }
}

const PORT_VARIABLES = ['UCR_PORT', 'CLAUDE_WRAPPER_PORT', 'PORT']

/**
 * Said, so that whoever starts it again, by whichever name and in whichever shell, gets the same port. Null: the config has its
 * own, and may change it.
 */
function portOf({ config }: LoadedConfig, environment: NodeJS.ProcessEnv): number | null {
  const [port, ...others] = config.server.ports
  if (port === undefined || others.length > 0) return null
  return port === DEFAULT_PORT || PORT_VARIABLES.some((name) => environment[name]?.trim()) ? port : null
}

/** Claude Code where it is installed. Null: what else is found. Throws `Failure` where there is nothing at all. */
async function providerOf(surroundings: Surroundings): Promise<string | null> {
  const environment = vendorEnvironment(surroundings.environment)
  if ((await findClaude({ environment, home: surroundings.home })) !== null) return 'claude-code'
  if ((await foundProviders(environment)).length > 0) return null
  throw new Failure('Nobody is there who could answer: no "claude" command, no key of a vendor, no local server.', {
    fix:
      'Install Claude Code with "npm install -g @anthropic-ai/claude-code" and log in, or name it with CLAUDE_COMMAND,\n' +
      'or set ANTHROPIC_API_KEY or OPENAI_API_KEY, or try it out with made-up answers: claude-wrapper --mock',
  })
}

function isOpen({ config }: LoadedConfig): boolean {
  return config.keys.length === 0 && config.auth.issuers.length === 0 && !config.auth.required
}

/** The key that clients need from now on; null where none is wanted. */
async function askForKey(): Promise<string | null> {
  const wanted = answered(await confirm({ message: 'Enable API key protection?', initialValue: false }))
  if (!wanted) return null
  const key = newApiKey()
  note(key, 'The key for clients, which is not shown again')
  return key
}
