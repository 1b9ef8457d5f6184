import type { FlagOverrides } from '../config/environment.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { formatProblems } from '../config/problem.ts'
import { OPEN_KEY } from './client-lines.ts'
import type { Surroundings } from './command.ts'
import { EXIT } from './exit-code.ts'
import { Failure } from './failure.ts'

type Place = Pick<Surroundings, 'environment' | 'directory' | 'home'>

/** Reads the config as the gateway does. Throws ConfigError. `path` is what `--config` names. */
export function readConfig(
  place: Place,
  path: string | null,
  flags: FlagOverrides = {},
  defaultPort?: number,
): Promise<LoadedConfig> {
  return loadConfig({ ...placeOf(place), path, flags, ...(defaultPort !== undefined && { defaultPort }) })
}

/** For commands that mend a config: throws ConfigError only when it cannot be understood at all. */
export function readToMend(place: Place, path: string | null): Promise<LoadedConfig> {
  return loadConfig({ ...placeOf(place), path, flags: {}, lenient: true })
}

/** `readConfig`, with its warnings told to the user. */
export async function loadForCommand(
  surroundings: Surroundings,
  path: string | null,
  flags: FlagOverrides = {},
): Promise<LoadedConfig> {
  const loaded = await readConfig(surroundings, path, flags)
  const { error } = surroundings.terminal
  if (loaded.problems.length > 0) error.line(`${formatProblems(loaded.problems, { colors: error.colours })}\n`)
  return loaded
}

function placeOf({ environment, directory, home }: Place) {
  return { environment: vendorEnvironment(environment), cwd: directory, home }
}

/** The file to change. Throws `Failure` where there is none yet. */
export function fileToChange({ path }: LoadedConfig): string {
  if (path !== null) return path
  throw new Failure('There is no config file yet.', {
    fix: 'Make one with "ucr config init", or answer the questions of "ucr setup".',
    exitCode: EXIT.config,
  })
}

/**
 * What `ucr env` put in place of a key is none: a gateway that starts in the same shell must not take it for the key of a
 * vendor's.
 */
export function vendorEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== OPEN_KEY))
}
