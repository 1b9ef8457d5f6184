import type { LoadedConfig } from '../../config/load.ts'
import { ConfigError, type ConfigProblem } from '../../config/problem.ts'
import type { Surroundings } from '../command.ts'
import type { Finding } from './finding.ts'
import { readConfig } from '../load.ts'

export interface CheckedConfig {
  /** Null: it cannot be used. */
  readonly loaded: LoadedConfig | null
  readonly findings: readonly Finding[]
}

export async function checkConfig(path: string | null, surroundings: Surroundings): Promise<CheckedConfig> {
  try {
    const loaded = await readConfig(surroundings, path)
    // What is wrong with the stored credentials is found, as an error, where files are looked at.
    const problems = loaded.problems.filter(({ file }) => file === null || file === loaded.path)
    if (problems.length > 0) return { loaded, findings: problems.map(findingOf) }
    const message = loaded.path === null ? 'no file, and none is needed' : `${loaded.path} is valid`
    return { loaded, findings: [{ check: 'config', status: 'ok', message, fix: null }] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { loaded: null, findings: error.problems.map(findingOf) }
  }
}

function findingOf({ severity, file, line, column, field, message, fix }: ConfigProblem): Finding {
  const where = file === null ? '' : ` (${file}${line === null ? '' : `:${line}:${column ?? 1}`})`
  return { check: 'config', status: severity, message: `${field === null ? '' : `${field} `}${message}${where}`, fix }
}
