import { checkClaude } from './checks/claude.ts'
import { checkConfig } from './checks/config.ts'
import { checkFiles } from './checks/files.ts'
import type { Finding } from './checks/finding.ts'
import { checkKeys } from './checks/keys.ts'
import { checkLimits } from './checks/limits.ts'
import { checkPorts } from './checks/ports.ts'
import { checkProviders } from './checks/providers.ts'
import type { Surroundings } from './command.ts'

export interface DiagnoseOptions {
  /** What `--config` names. */
  readonly config: string | null
  /** Ask no vendor. */
  readonly offline: boolean
}

/** Looks at everything that a gateway of this user depends on. Changes nothing. */
export async function diagnose(options: DiagnoseOptions, surroundings: Surroundings): Promise<readonly Finding[]> {
  const { loaded, findings } = await checkConfig(options.config, surroundings)
  const checks = [
    checkFiles(loaded, surroundings),
    ...(loaded === null ? [] : [checkPorts(loaded.config, surroundings)]),
    ...(loaded === null || options.offline ? [] : [checkProviders(loaded, surroundings)]),
    ...(loaded === null ? [] : [checkKeys(loaded, options.offline, surroundings)]),
    ...(loaded === null ? [] : [checkLimits(loaded.config, surroundings)]),
    checkClaude(surroundings),
  ]
  return [nodeFinding(), ...findings, ...(await Promise.all(checks)).flat()]
}

/** An older Node never gets here: the program refuses to start with it, and says so. */
function nodeFinding(): Finding {
  return { check: 'node', status: 'ok', message: `Node ${process.versions.node}`, fix: null }
}
