import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { JsonValue } from '../lib/json.ts'
import { parseJson } from '../lib/json.ts'
import type { Config } from './config.ts'
import { CredentialStore, type StoredCredential, storeLocation } from './credentials.ts'
import { ConfigDocument, type Path } from './document.ts'
import { applyOverrides, type FlagOverrides, misspelledVariables, replaceAt } from './environment.ts'
import { issuePaths, issueProblem, type Places, problemAt, valueAt } from './issues.ts'
import { selectKnown } from './known-keys.ts'
import { type ConfigPlace, findConfig } from './locate.ts'
import { withDefault, withPresets } from './presets.ts'
import { ConfigError, type ConfigProblem, hasErrors } from './problem.ts'
import { PROVIDER_NAME } from './provider-schema.ts'
import { Resolution } from './resolution.ts'
import { resolveConfig } from './resolve.ts'
import { type ConfigInput, configSchema } from './schema.ts'
import { type Environment, type Expansion, expandVariables, pathKey } from './variables.ts'

export interface LoadOptions {
  /** What `--config` names; null: look in the usual places. */
  readonly path: string | null
  readonly environment: Environment
  readonly cwd: string
  readonly home: string
  readonly flags: FlagOverrides
  /** The port where nothing names one; 3000 when left out. */
  readonly defaultPort?: number
  /**
   * For commands that mend a config (a key is missing: log in). Errors are among the `problems` then, and only a file that
   * cannot be understood at all is thrown.
   */
  readonly lenient?: boolean
}

export interface LoadedConfig {
  readonly config: Config
  /** Absolute; null: no file. */
  readonly path: string | null
  readonly place: ConfigPlace | null
  /** Warnings; with `lenient` errors too. */
  readonly problems: readonly ConfigProblem[]
  readonly credentials: CredentialStore
}

/** Finds, reads, checks and resolves the config. Throws ConfigError with every problem at once. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { environment, cwd, home } = options
  const { found, problems: warnings } = await findConfig(options)
  const document = found === null ? null : new ConfigDocument(found.path, found.text)
  const credentials = new CredentialStore(storeLocation(environment, home))
  const store = await readStore(credentials)
  const read = readInput(document, store.stored, options)
  const problems = [...warnings, ...store.problems, ...read.problems]
  if (read.input === null) throw new ConfigError(inOrder(problems))

  const folder = found === null ? cwd : dirname(found.path)
  const resolution = new Resolution({ stored: store.stored, environment, folder }, read.places)
  const config = resolveConfig(read.input, resolution)
  await checkCustomRouter(config, resolution)
  // Where a variable is missing, that its key is missing too is no news.
  const reported = new Set(problems.map(({ field }) => field))
  problems.push(...resolution.problems.filter(({ field }) => field === null || !reported.has(field)))
  if (hasErrors(problems) && options.lenient !== true) throw new ConfigError(inOrder(problems))
  const { path, place } = found ?? { path: null, place: null }
  return { config, path, place, problems: inOrder(problems), credentials }
}

/** Errors last, where a terminal shows them; otherwise as the file has them. */
function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const rank = (problem: ConfigProblem): number => (problem.severity === 'error' ? 1 : 0)
  return problems.toSorted(
    (a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}

/** A store that cannot be read is no reason not to start: keys may well come from elsewhere. */
async function readStore(
  credentials: CredentialStore,
): Promise<{ stored: ReadonlyMap<string, StoredCredential>; problems: readonly ConfigProblem[] }> {
  try {
    const all = await credentials.all()
    return { stored: new Map(all.map((credential) => [credential.provider, credential])), problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { stored: new Map(), problems: error.problems.map(asWarning) }
  }
}

function asWarning(problem: ConfigProblem): ConfigProblem {
  return { ...problem, severity: 'warning' }
}

interface ReadInput {
  /** Null when the schema refuses it. */
  readonly input: ConfigInput | null
  readonly problems: readonly ConfigProblem[]
  readonly places: Places
}

function readInput(
  document: ConfigDocument | null,
  stored: ReadonlyMap<string, StoredCredential>,
  { environment, flags, defaultPort }: LoadOptions,
): ReadInput {
  const selection = document === null ? { value: {}, problems: [] } : selectKnown(document, configSchema)
  const expansion = expandVariables(selection.value, environment)
  const overridden = applyOverrides(expansion.value, environment, flags)
  const { origins } = overridden
  const places: Places = { document, origins, expanded: expansion.expanded }
  const texts = new Set([...expansion.expanded, ...overridden.fromEnvironment])
  const missing = missingVariables(expansion, stored, places)
  const preset = withPresets(overridden.value, flags)
  const value = defaultPort === undefined ? preset : withDefault(preset, ['server', 'port'], defaultPort)
  const { input, problems: issues } = parseInput(value, texts, places)
  // That a key is missing whose variable is not set need not be said twice.
  const reported = new Set(missing.map(({ path }) => pathKey(path)))
  const problems = [
    ...selection.problems,
    ...misspelledVariables(environment, expansion.names),
    ...[...missing, ...issues.filter(({ path }) => !reported.has(pathKey(path)))].map(({ problem }) => problem),
  ]
  return { input, problems, places }
}

interface PlacedProblem {
  readonly path: Path
  readonly problem: ConfigProblem
}

interface Parsed {
  readonly input: ConfigInput | null
  readonly problems: readonly PlacedProblem[]
}

/** Texts from variables stand for numbers, `true` and `false` where the schema wants those. */
function parseInput(value: JsonValue, texts: ReadonlySet<string>, places: Places): Parsed {
  const first = configSchema.safeParse(value)
  if (first.success) return { input: first.data, problems: [] }
  let converted = value
  for (const path of first.error.issues.flatMap((issue) => issuePaths(issue))) {
    const text = valueAt(converted, path)
    if (typeof text !== 'string' || !texts.has(pathKey(path)) || !/^(?:true|false|\d+(?:\.\d+)?)$/.test(text)) continue
    converted = replaceAt(converted, path, parseJson(text.replace(/^0+(?=\d)/, '')))
  }
  const second = configSchema.safeParse(converted)
  if (second.success) return { input: second.data, problems: [] }
  const problems = second.error.issues.map((issue) => issueProblem(issue, converted, configSchema, places))
  return { input: null, problems }
}

function missingVariables(
  { missing, value }: Expansion,
  stored: ReadonlyMap<string, StoredCredential>,
  places: Places,
): PlacedProblem[] {
  const problems: PlacedProblem[] = []
  for (const { path, name } of missing) {
    const provider =
      path[0] === 'providers' && typeof path[1] === 'number' ? valueAt(value, path.slice(0, 2)) : undefined
    const id = provider === undefined ? null : nameOf(valueAt(provider, ['id']))
    const enabled = provider === undefined ? undefined : valueAt(provider, ['enabled'])
    if (enabled === false || enabled === 'false') continue
    // Files of the older format keep a placeholder where the key is stored.
    if (path[2] === 'apiKey' && id !== null && stored.has(id)) continue
    const parts = missingParts(name, path, id)
    problems.push({ path, problem: problemAt(places, path, parts, true) })
  }
  return problems
}

function nameOf(id: JsonValue | undefined): string | null {
  return typeof id === 'string' && PROVIDER_NAME.test(id) ? id : null
}

function missingParts(name: string | null, path: Path, id: string | null) {
  if (name === null) {
    const fix = 'write ${NAME} or ${NAME:-default}, or $${ for the characters themselves'
    return { severity: 'error', message: 'has a "${" that is no variable', fix } as const
  }
  const login = path[2] === 'apiKey' && id !== null ? `, run "ucr auth login ${id}"` : ''
  const disable = id === null ? '' : `, or "ucr providers disable ${id}"`
  const fix = `set ${name}, write \${${name}:-default}${login}${disable}`
  return { severity: 'error', message: `needs the variable ${name}, which is not set`, fix } as const
}

async function checkCustomRouter({ routing }: Config, resolution: Resolution): Promise<void> {
  const path = routing.tasks.customRouter
  if (path === null) return
  try {
    await access(path)
  } catch {
    resolution.error(
      ['router', 'customRouter'],
      'names a file that does not exist or cannot be read',
      'correct the path',
    )
  }
}
