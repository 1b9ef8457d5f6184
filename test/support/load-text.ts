import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FlagOverrides } from '../../src/config/environment.ts'
import { loadConfig, type LoadedConfig, type LoadOptions } from '../../src/config/load.ts'
import { ConfigError, type ConfigProblem } from '../../src/config/problem.ts'
import type { Environment } from '../../src/config/variables.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface LoadTextOptions {
  readonly environment?: Environment
  readonly flags?: FlagOverrides
  readonly defaultPort?: number
  readonly lenient?: boolean
  /** Made before, by path from the config's folder. */
  readonly files?: Readonly<Record<string, string>>
  /** Of the user; an empty folder when left out. */
  readonly home?: string
}

/** Loads a config from its text, or from a value, as `ucr --config` would. Null: no file. */
export function loadText(config: unknown, options: LoadTextOptions = {}): Promise<LoadedConfig> {
  const cwd = temporaryFolder()
  const { files = {}, environment = {}, flags = {}, home = cwd, defaultPort, lenient = false } = options
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true })
    writeFileSync(join(cwd, name), content)
  }
  const path = config === null ? null : 'ucr.config.json'
  if (path !== null) {
    const text = typeof config === 'string' ? config : JSON.stringify(config, null, 2)
    writeFileSync(join(cwd, path), text, { mode: 0o600 })
  }
  const base: LoadOptions = { path, environment, cwd, home, flags, lenient }
  return loadConfig(defaultPort === undefined ? base : { ...base, defaultPort })
}

/** What is wrong with a config; its warnings when nothing is. */
export async function problemsOf(config: unknown, options: LoadTextOptions = {}): Promise<readonly ConfigProblem[]> {
  try {
    return (await loadText(config, options)).problems
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
