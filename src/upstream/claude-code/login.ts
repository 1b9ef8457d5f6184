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

function isOn(value: string | undefined): boolean {
  return value === '1' || value?.toLowerCase() === 'true'
}

/** Variables that belong to a way to sign in. Names that end in `_` stand for all that begin so. */
const VARIABLES: Readonly<Record<LoginMethod, readonly string[]>> = {
  'api-key': ['ANTHROPIC_API_KEY'],
  bedrock: [
    'CLAUDE_CODE_USE_BEDROCK',
    'CLAUDE_CODE_SKIP_BEDROCK_AUTH',
    'ANTHROPIC_BEDROCK_BASE_URL',
    'ANTHROPIC_DEFAULT_',
    'AWS_',
  ],
  vertex: [
    'CLAUDE_CODE_USE_VERTEX',
    'CLAUDE_CODE_SKIP_VERTEX_AUTH',
    'ANTHROPIC_VERTEX_',
    'ANTHROPIC_DEFAULT_',
    'CLOUD_ML_REGION',
    'VERTEX_REGION_',
    'GOOGLE_',
    'GCLOUD_',
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
