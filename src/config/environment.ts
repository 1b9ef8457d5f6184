import { hashKey } from '../admission/keys.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { nearestNames } from '../lib/nearest-name.ts'
import type { Path } from './document.ts'
import { valueAt } from './issues.ts'
import { withOnlyProvider } from './only-provider.ts'
import { type ConfigProblem, problemWithoutPlace } from './problem.ts'
import { type Environment, pathKey } from './variables.ts'

/** What the command line says instead of the file. */
export interface FlagOverrides {
  readonly host?: string | undefined
  readonly port?: number | readonly number[] | undefined
  readonly workers?: number | 'auto' | undefined
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  readonly logLevel?: string | undefined
  readonly plan?: string | undefined
  readonly strict?: boolean | undefined
  /** A key that clients may send, besides those of the file. */
  readonly apiKey?: string | undefined
  /** The type of the only provider, in place of all that the file names and of where it sends requests. */
  readonly provider?: string | undefined
  readonly drainTimeout?: string | undefined
  readonly healthCheckInterval?: string | undefined
  /** Presets: what they say counts where flags, environment and file say nothing. */
  readonly production?: boolean | undefined
  readonly healthMonitoring?: boolean | undefined
}

/** One variable of the environment that stands for a key of the config. */
export interface Variable {
  readonly name: string
  readonly path: Path
  readonly description: string
  readonly read: (value: string) => JsonValue
}

const asText = (value: string): JsonValue => value.trim()
const asList = (value: string): JsonValue =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** The predecessor wrote a list of JSON, others write commas. */
const asOrigins = (value: string): JsonValue => (value.trim().startsWith('[') ? readList(value) : asList(value))

function readList(text: string): JsonValue {
  try {
    return parseJson(text)
  } catch {
    return asText(text)
  }
}

const asPort = (value: string): JsonValue => {
  const ports = asList(value)
  return Array.isArray(ports) && ports.length > 1 ? ports : asText(value)
}

/** Programs disagree about the names of levels, and LOG_LEVEL is not ours alone. */
const asLevel = (value: string): JsonValue => {
  const level = value.trim().toLowerCase()
  return { warning: 'warn', verbose: 'debug', critical: 'fatal', off: 'silent' }[level] ?? level
}

/** The predecessor's times without a unit were milliseconds. */
const asMilliseconds = (value: string): JsonValue => (/^\d+$/.test(value.trim()) ? `${value.trim()}ms` : asText(value))

const sessions = (key: string): Path => ['sessions', key]

const tls = (key: string): Path => ['server', 'tls', key]

const KEYS: Path = ['auth', 'keys']
const HOST: Path = ['server', 'host']
const PORT: Path = ['server', 'port']
const LEVEL: Path = ['logging', 'level']
const REDIS_URL: Path = ['redis', 'url']

/** Of two variables for the same key, the first that is set counts. An empty one counts as not set. */
export const VARIABLES: readonly Variable[] = [
  { name: 'UCR_HOST', path: HOST, description: '`server.host`', read: asText },
  { name: 'UCR_PORT', path: PORT, description: '`server.port`; several with commas between them', read: asPort },
  { name: 'UCR_WORKERS', path: ['server', 'workers'], description: '`server.workers`', read: asText },
  { name: 'UCR_TLS_CERT', path: tls('cert'), description: '`server.tls.cert`', read: asText },
  { name: 'UCR_TLS_KEY', path: tls('key'), description: '`server.tls.key`', read: asText },
  { name: 'UCR_BODY_LIMIT', path: ['server', 'bodyLimit'], description: '`server.bodyLimit`', read: asText },
  {
    name: 'UCR_ALLOWED_HOSTS',
    path: ['server', 'allowedHosts'],
    description: '`server.allowedHosts`, with commas between them',
    read: asList,
  },
  {
    name: 'UCR_ALLOWED_ORIGINS',
    path: ['server', 'allowedOrigins'],
    description: '`server.allowedOrigins`, with commas between them',
    read: asList,
  },
  { name: 'UCR_DRAIN_TIMEOUT', path: ['server', 'drainTimeout'], description: '`server.drainTimeout`', read: asText },
  { name: 'UCR_API_KEY', path: KEYS, description: 'a key that clients may send, besides `auth.keys`', read: asText },
  { name: 'UCR_LOG_LEVEL', path: LEVEL, description: '`logging.level`', read: asLevel },
  { name: 'UCR_PLAN', path: ['plan'], description: '`plan`', read: asText },
  { name: 'UCR_STRICT', path: ['strict'], description: '`strict`, `true` or `false`', read: asText },
  { name: 'UCR_SESSION_STORE', path: sessions('store'), description: '`sessions.store`', read: asText },
  { name: 'UCR_REDIS_URL', path: REDIS_URL, description: '`redis.url`', read: asText },
  { name: 'UCR_SECRET', path: ['server', 'secret'], description: '`server.secret`', read: asText },
  { name: 'CLAUDE_WRAPPER_HOST', path: HOST, description: 'as `UCR_HOST`', read: asText },
  { name: 'CLAUDE_WRAPPER_PORT', path: PORT, description: 'as `UCR_PORT`', read: asPort },
  { name: 'CLAUDE_WRAPPER_API_KEY', path: KEYS, description: 'as `UCR_API_KEY`', read: asText },
  { name: 'CLAUDE_WRAPPER_LOG_LEVEL', path: LEVEL, description: 'as `UCR_LOG_LEVEL`', read: asLevel },
  {
    name: 'CLAUDE_WRAPPER_SESSION_STORE',
    path: sessions('store'),
    description: 'as `UCR_SESSION_STORE`',
    read: asText,
  },
  { name: 'CLAUDE_WRAPPER_REDIS_URL', path: REDIS_URL, description: 'as `UCR_REDIS_URL`', read: asText },
  {
    name: 'CLAUDE_WRAPPER_SESSION_TTL',
    path: sessions('ttl'),
    description: '`sessions.ttl`, in seconds',
    read: asText,
  },
  { name: 'CLAUDE_WRAPPER_MAX_SESSIONS', path: sessions('max'), description: '`sessions.max`', read: asText },
  {
    name: 'CLAUDE_WRAPPER_CLEANUP_INTERVAL',
    path: sessions('sweepInterval'),
    description: '`sessions.sweepInterval`, in seconds',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_MAX_MESSAGES',
    path: sessions('maxMessages'),
    description: '`sessions.maxMessages`',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_MAX_SESSION_BYTES',
    path: sessions('maxBytes'),
    description: '`sessions.maxBytes`',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_MEMORY_THRESHOLD',
    path: sessions('memoryThreshold'),
    description: '`sessions.memoryThreshold`',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_COMPRESSION_ENABLED',
    path: sessions('compression'),
    description: '`sessions.compression`, `true` or `false`',
    read: asText,
  },
  {
    name: 'SESSION_TTL',
    path: sessions('ttl'),
    description: '`sessions.ttl`, in milliseconds',
    read: asMilliseconds,
  },
  {
    name: 'SESSION_CLEANUP_INTERVAL',
    path: sessions('sweepInterval'),
    description: '`sessions.sweepInterval`, in milliseconds',
    read: asMilliseconds,
  },
  {
    name: 'SESSION_MESSAGE_LIMIT',
    path: sessions('maxMessages'),
    description: '`sessions.maxMessages`',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_TIMEOUT',
    path: ['timeouts', 'wholeAnswer'],
    description: '`timeouts.wholeAnswer`, in seconds',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_MAX_TIMEOUT',
    path: ['timeouts', 'total'],
    description: '`timeouts.total`, in seconds',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_REQUIRE_API_KEY',
    path: ['auth', 'required'],
    description: '`auth.required`, `true` or `false`',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_CORS_ORIGINS',
    path: ['server', 'allowedOrigins'],
    description: '`server.allowedOrigins`, as a JSON list or with commas between them',
    read: asOrigins,
  },
  { name: 'CLAUDE_WRAPPER_WORKERS', path: ['server', 'workers'], description: 'as `UCR_WORKERS`', read: asText },
  {
    name: 'CLAUDE_WRAPPER_BODY_LIMIT',
    path: ['server', 'bodyLimit'],
    description: 'as `UCR_BODY_LIMIT`',
    read: asText,
  },
  {
    name: 'CLAUDE_WRAPPER_SHUTDOWN_TIMEOUT',
    path: ['server', 'drainTimeout'],
    description: '`server.drainTimeout`, in seconds',
    read: asText,
  },
  { name: 'PORT', path: PORT, description: 'as `UCR_PORT`', read: asPort },
  { name: 'API_KEY', path: KEYS, description: 'as `UCR_API_KEY`', read: asText },
  { name: 'LOG_LEVEL', path: LEVEL, description: 'as `UCR_LOG_LEVEL`', read: asLevel },
]

/** Variables that stand for no key of the config. */
export const OTHER_VARIABLES: readonly Pick<Variable, 'name' | 'description'>[] = [
  { name: 'UCR_CONFIG', description: 'the path of the config file' },
  {
    name: 'UCR_ADMIN_TOKEN',
    description: 'for `ucr keys` and `ucr dashboard`: the token whose hash is in `auth.adminToken`',
  },
  { name: 'UCR_STORE_KEY', description: 'the key of the stored credentials: 32 bytes in base64 or hexadecimal' },
]

/** Flags that are a key of the config by another name. */
type KeyFlag = Exclude<keyof FlagOverrides, 'provider' | 'production' | 'healthMonitoring'>

const FLAGS: readonly (readonly [flag: KeyFlag, label: string, path: Path])[] = [
  ['host', '--host', HOST],
  ['port', '--port', PORT],
  ['workers', '--workers', ['server', 'workers']],
  ['tlsCert', '--tls-cert', tls('cert')],
  ['tlsKey', '--tls-key', tls('key')],
  ['logLevel', '--log-level', LEVEL],
  ['plan', '--plan', ['plan']],
  ['strict', '--strict', ['strict']],
  ['drainTimeout', '--drain-timeout', ['server', 'drainTimeout']],
  ['healthCheckInterval', '--health-check-interval', ['healthChecks', 'interval']],
  ['apiKey', '--key', KEYS],
]

export interface Overridden {
  readonly value: JsonValue
  /** Which flag or variable a value came from, by `pathKey`. */
  readonly origins: ReadonlyMap<string, string>
  /** Paths of values from the environment, which are all texts, by `pathKey`. */
  readonly fromEnvironment: ReadonlySet<string>
}

/** Puts flags and variables over the file's value: flags, then variables in the order of the table, then the file. */
export function applyOverrides(file: JsonValue, environment: Environment, flags: FlagOverrides): Overridden {
  let value = file
  const taken = new Set<string>()
  const origins = new Map<string, string>()
  const fromEnvironment = new Set<string>()

  const apply = (path: Path, label: string, given: JsonValue, isText: boolean): void => {
    if (taken.has(pathKey(path))) return
    taken.add(pathKey(path))
    // Whoever has a key of the file at hand for a client has it in the same environment.
    if (path === KEYS && typeof given === 'string' && hasKey(value, given)) return
    const at = path === KEYS ? [...KEYS, countAt(value, KEYS)] : path
    value = replaceAt(value, at, path === KEYS ? { name: label.replace(/^-+/, ''), key: given } : given)
    origins.set(pathKey(at), label)
    if (!isText) return
    fromEnvironment.add(pathKey(at))
    if (Array.isArray(given)) given.forEach((_, index) => fromEnvironment.add(pathKey([...at, index])))
  }

  if (flags.provider !== undefined) {
    value = withOnlyProvider(value, flags.provider)
    origins.set(pathKey(['providers', 0, 'type']), '--provider')
  }
  for (const [flag, label, path] of FLAGS) {
    const given = flags[flag]
    if (given !== undefined) apply(path, label, typeof given === 'object' ? [...given] : given, false)
  }
  for (const { name, path, read } of VARIABLES) {
    const given = environment[name]?.trim()
    if (given) apply(path, name, read(given), true)
  }
  return { value, origins, fromEnvironment }
}

/** Is it among the keys of the file, in clear or hashed? */
function hasKey(value: JsonValue, key: string): boolean {
  const keys = valueAt(value, KEYS)
  if (!Array.isArray(keys)) return false
  const hash = hashKey(key)
  return keys.some((entry) => {
    const stored = valueAt(entry, ['hash'])
    return valueAt(entry, ['key']) === key || (typeof stored === 'string' && stored.toLowerCase() === hash)
  })
}

function countAt(value: JsonValue, path: Path): number {
  let at: JsonValue | undefined = value
  for (const step of path) {
    at = at !== null && typeof at === 'object' && !Array.isArray(at) ? at[step] : undefined
  }
  return Array.isArray(at) ? at.length : 0
}

/** A copy with another value at `path`. What stands in the way and is no container is left for the schema to refuse. */
export function replaceAt(value: JsonValue | undefined, path: Path, replacement: JsonValue): JsonValue {
  const [step, ...rest] = path
  if (step === undefined) return replacement
  if (typeof step === 'number') {
    if (value !== undefined && !Array.isArray(value)) return value
    const items = [...(value ?? [])]
    items[step] = replaceAt(items[step], rest, replacement)
    return items
  }
  if (value !== undefined && (value === null || typeof value !== 'object' || Array.isArray(value))) return value
  return { ...value, [step]: replaceAt(value?.[step], rest, replacement) }
}

/** Warnings for variables that look like misspelled ones of ours. `named`: those that the file itself refers to. */
export function misspelledVariables(environment: Environment, named: ReadonlySet<string>): ConfigProblem[] {
  const known = [...VARIABLES, ...OTHER_VARIABLES].map(({ name }) => name).filter((name) => name.startsWith('UCR_'))
  const problems: ConfigProblem[] = []
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('UCR_') || known.includes(name) || named.has(name)) continue
    // Programs of the user may have variables of this prefix too: only what is spelled nearly alike counts.
    const [nearest] = nearestNames(
      name.slice(4),
      known.map((other) => other.slice(4)),
      1,
    )
    if (nearest === undefined) continue
    const message = 'is not a variable of ucr and has no effect'
    problems.push(problemWithoutPlace({ severity: 'warning', field: name, message, fix: `set UCR_${nearest}` }))
  }
  return problems
}
