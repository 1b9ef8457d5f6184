/** Names that many programs use: only `claude-wrapper` takes them for its own, as its predecessor did. */
const ALIASES: readonly (readonly [name: string, ours: string, read: (value: string) => string | null])[] = [
  ['TIMEOUT', 'CLAUDE_WRAPPER_TIMEOUT', milliseconds],
  ['MAX_TIMEOUT', 'CLAUDE_WRAPPER_MAX_TIMEOUT', milliseconds],
  ['REQUIRE_API_KEY', 'CLAUDE_WRAPPER_REQUIRE_API_KEY', (value) => (isOn(value) ? 'true' : 'false')],
  ['CORS_ORIGINS', 'CLAUDE_WRAPPER_CORS_ORIGINS', (value) => value],
  ['DEBUG_MODE', 'CLAUDE_WRAPPER_LOG_LEVEL', (value) => (isOn(value) ? 'debug' : null)],
  ['VERBOSE', 'CLAUDE_WRAPPER_LOG_LEVEL', (value) => (isOn(value) ? 'debug' : null)],
]

/** The environment with those names as variables that `ucr` knows. Where both are set, the longer name counts. */
export function wrapperEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const translated = { ...environment }
  for (const [name, ours, read] of ALIASES) {
    const value = environment[name]?.trim() ?? ''
    const meant = value === '' || translated[ours]?.trim() ? null : read(value)
    if (meant !== null) translated[ours] = meant
  }
  return translated
}

function milliseconds(value: string): string {
  return /^\d+$/.test(value) ? `${value}ms` : value
}

function isOn(value: string): boolean {
  return /^(?:true|1|yes|on)$/i.test(value)
}
