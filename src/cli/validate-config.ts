import { ConfigError, formatProblems } from '../config/problem.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { readConfig } from './load.ts'

/** Says whether a config can be used; as JSON, with every problem as an object. */
export async function validateConfig(
  file: string | null,
  json: boolean,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { terminal } = surroundings
  try {
    const { path, problems, config } = await readConfig(surroundings, file)
    if (json) terminal.json({ valid: true, path, problems })
    else {
      if (problems.length > 0) terminal.error.line(`${formatProblems(problems, { colors: terminal.error.colours })}\n`)
      terminal.out.line(`${path ?? 'The config without a file'} ${terminal.out.paint('green', 'is valid')}.`)
      const enabled = config.providers.filter((provider) => provider.enabled).length
      const counts = config.discover
        ? 'no providers in it, so they are found in the environment and on this machine'
        : `${enabled} of ${config.providers.length} providers enabled`
      terminal.error.line(`  ${counts}; ${config.keys.length} keys for clients`)
    }
    return EXIT.ok
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error
    terminal.json({ valid: false, path: error.problems[0]?.file ?? null, problems: error.problems })
    return EXIT.config
  }
}
