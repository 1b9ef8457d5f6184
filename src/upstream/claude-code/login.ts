/** How the program signs in at its vendor, in the order in which it is looked for. */
export type LoginMethod = 'api-key' | 'bedrock' | 'vertex' | 'own-login'

type Environment = Readonly<Record<string, string | undefined>>

/** A key in the config is meant for this provider; then come the variables of the gateway; then what the program has. */
export function loginMethod(environment: Environment, hasKey: boolean): LoginMethod {
  if (hasKey) return 'api-key'
  if (isOn(environment['CLAUDE_CODE_USE_BEDROCK'])) return 'bedrock'
  if (isOn(environment['CLAUDE_CODE_USE_VERTEX'])) return 'vertex'
  return (environment['ANTHROPIC_API_KEY'] ?? '') === '' ? 'own-login' : 'api-key'
}

/** As the program reads such variables. */
function isOn(value: string | undefined): boolean {
  return ['1', 'true', 'yes', 'on'].includes(value?.trim().toLowerCase() ?? '')
}

/** Which models a short name, and the program's own small questions, mean at a cloud. */
const HELPERS = ['ANTHROPIC_DEFAULT_', 'ANTHROPIC_SMALL_FAST_MODEL', 'ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION']

/** Variables that belong to a way to sign in. Names that end in `_` stand for all that begin so. */
const VARIABLES: Readonly<Record<LoginMethod, readonly string[]>> = {
  'api-key': ['ANTHROPIC_API_KEY'],
  bedrock: ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_SKIP_BEDROCK_AUTH', 'ANTHROPIC_BEDROCK_', ...HELPERS, 'AWS_'],
  vertex: [
    'CLAUDE_CODE_USE_VERTEX',
    'CLAUDE_CODE_SKIP_VERTEX_AUTH',
    'ANTHROPIC_VERTEX_',
    ...HELPERS,
    'CLOUD_ML_REGION',
    'VERTEX_REGION_',
    // By name: with `GOOGLE_` also begin the names of keys for Gemini, which are not the program's.
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_CLOUD_',
    'GOOGLE_EXTERNAL_ACCOUNT_',
    'GCLOUD_PROJECT',
    'CLOUDSDK_',
  ],
  'own-login': ['CLAUDE_CODE_OAUTH_TOKEN'],
}

/**
 * What a program needs anywhere: where its files are and how the network is reached. Nothing else of the gateway's
 * environment, which holds the keys of other vendors, reaches it.
 */
const ALWAYS = [
  'PATH HOME USER LOGNAME SHELL LANG LC_ TZ XDG_CONFIG_HOME CLAUDE_CONFIG_DIR IS_SANDBOX',
  'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy',
  'NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR CLAUDE_CODE_CLIENT_',
  'USERPROFILE APPDATA LOCALAPPDATA SYSTEMROOT SystemRoot COMSPEC PATHEXT HOMEDRIVE HOMEPATH CLAUDE_CODE_GIT_BASH_PATH',
].flatMap((names) => names.split(' '))

/** Where requests are sent that way, and not where the program would send them by itself. `baseUrl` is without a version. */
export function baseUrlVariables(method: LoginMethod, baseUrl: string | null): Record<string, string> {
  if (baseUrl === null) return {}
  switch (method) {
    case 'bedrock':
      return { ANTHROPIC_BEDROCK_BASE_URL: baseUrl }
    case 'vertex':
      return { ANTHROPIC_VERTEX_BASE_URL: `${baseUrl}/v1` }
    case 'api-key':
    case 'own-login':
      return { ANTHROPIC_BASE_URL: baseUrl }
    default:
      return method satisfies never
  }
}

const CLOUDS: ReadonlySet<LoginMethod> = new Set(['bedrock', 'vertex'])
const CLASSES = ['opus', 'sonnet', 'haiku'] as const

/**
 * At a cloud each process would first ask the newest models of each class for a token, to learn what their short names may
 * mean there. It asks for none that has a name which it does not know, and a request for one model needs no other as long
 * as the program has no tools of its own. What the operator named is left alone, and so are names that may mean several.
 */
export function unusedModels(method: LoginMethod, model: string, environment: Environment): Record<string, string> {
  const wanted = CLASSES.find((name) => model.toLowerCase().replace(/\[1m\]$/, '') === name)
  if (!CLOUDS.has(method) || (wanted === undefined && !/\d/.test(model))) return {}
  const unused = CLASSES.filter((name) => name !== wanted)
    .map((name) => `ANTHROPIC_DEFAULT_${name.toUpperCase()}_MODEL`)
    .filter((name) => (environment[name] ?? '') === '')
  return Object.fromEntries(unused.map((name) => [name, 'unused']))
}

export function inheritedVariables(environment: Environment, method: LoginMethod): Record<string, string> {
  return Object.fromEntries(setAmong(environment, [...ALWAYS, ...VARIABLES[method]]))
}

/** Names of the variables for this way to sign in that are set, in alphabetical order. */
export function loginVariables(environment: Environment, method: LoginMethod): readonly string[] {
  return setAmong(environment, VARIABLES[method])
    .map(([name]) => name)
    .toSorted()
}

function setAmong(environment: Environment, names: readonly string[]): readonly (readonly [string, string])[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const isNamed = names.some((known) => (known.endsWith('_') ? name.startsWith(known) : name === known))
    return isNamed && value !== '' ? [[name, value] as const] : []
  })
}
