import { readBaseUrl } from './base-url.ts'
import type { BaseUrl } from './base-url.ts'
import { CLAUDE_CODE_MODELS, CLAUDE_CODE_SCHEME, DEFAULT_CLAUDE_CODE_OPTIONS } from './claude-code-options.ts'
import { keyCredential } from './credential.ts'
import { withQuirks } from './define.ts'
import { copilotCredential } from './github-copilot.ts'
import { rememberingDialects } from './remember-dialects.ts'
import type { ClaudeCodeProgram } from './claude-code-options.ts'
import type { CopilotDependencies } from './github-copilot.ts'
import { findProvider } from './index.ts'
import type { Credential, Endpoint, EndpointOf, Provider, ProviderDefinition } from './provider.ts'
import type { ProviderSettings } from './settings.ts'
import { ProviderSettingsError } from './settings-error.ts'

export interface ConfigureDependencies {
  readonly copilot: CopilotDependencies
}

/** A provider ready for requests. Throws ProviderSettingsError; asks nobody, so a wrong key shows only when it is used. */
export function configureProvider(settings: ProviderSettings, dependencies: ConfigureDependencies): Provider {
  checkId(settings.id)
  const definition = findProvider(settings.type)
  const isProgram = definition.type === 'claude-code'
  const { origin, path } = isProgram
    ? { origin: `${CLAUDE_CODE_SCHEME}${settings.id}`, path: '' }
    : baseUrlOf(settings, definition)
  return {
    id: settings.id,
    definition,
    origin,
    basePath: path,
    endpoints: endpointsOf(settings, definition),
    credential: credentialOf(settings, definition, dependencies),
    headers: headersOf(settings),
    models: isProgram && settings.models.length === 0 ? CLAUDE_CODE_MODELS : settings.models,
    defaultModel: settings.defaultModel,
    priority: settings.priority,
    weight: settings.weight,
    timeouts: settings.timeouts,
    capabilities: settings.capabilities,
    prices: settings.prices,
    ...(isProgram ? { claudeCode: programOf(settings) } : {}),
  }
}

function programOf({ baseUrl, claudeCode }: ProviderSettings): ClaudeCodeProgram {
  if (baseUrl === null) return { ...DEFAULT_CLAUDE_CODE_OPTIONS, ...claudeCode, baseUrl }
  const { origin, path } = readBaseUrl(baseUrl, '', ['/v1/messages', '/v1'])
  return { ...DEFAULT_CLAUDE_CODE_OPTIONS, ...claudeCode, baseUrl: `${origin}${path}` }
}

/** A slash would end the id in `provider/model`. */
function checkId(id: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) return
  throw new ProviderSettingsError(
    'id',
    `"${id}" cannot be the id of a provider.`,
    'Use letters, digits, ".", "_" and "-", with a letter or digit first.',
  )
}

function baseUrlOf(settings: ProviderSettings, definition: ProviderDefinition): BaseUrl {
  const given = settings.baseUrl ?? definition.baseUrl
  if (given === null) {
    throw new ProviderSettingsError(
      'baseUrl',
      `A provider of type "${definition.type}" needs a base URL.`,
      'Add "baseUrl", for example "http://127.0.0.1:8000/v1".',
    )
  }
  const endpointPaths = definition.endpoints.map(({ path }) => path)
  return readBaseUrl(given, definition.versionPath, endpointPaths)
}

function endpointsOf(settings: ProviderSettings, definition: ProviderDefinition): readonly Endpoint[] {
  const { protocol } = settings
  const wanted = definition.endpoints.filter((endpoint) => protocol === null || endpoint.protocol === protocol)
  if (wanted.length === 0) {
    const spoken = definition.endpoints.map((endpoint) => `"${endpoint.protocol}"`).join(' or ')
    throw new ProviderSettingsError(
      'protocol',
      `${definition.name} does not speak "${protocol}".`,
      `Use ${spoken}, or leave "protocol" out.`,
    )
  }
  const own =
    Object.keys(settings.dialect).length === 0 ? wanted : wanted.map((endpoint) => overridden(endpoint, settings))
  return own.map(rememberingDialects)
}

/** The config's quirks win over the vendor's row, and over what that row says of single models. */
function overridden(endpoint: Endpoint, { dialect: quirks }: ProviderSettings): Endpoint {
  if (endpoint.protocol !== 'openai-chat') return endpoint
  const { adapt } = endpoint
  return {
    ...endpoint,
    dialect: withQuirks(endpoint.dialect, quirks),
    adapt: adapt === null ? null : (model, dialect) => withQuirks(adapt(model, dialect), quirks),
  } satisfies EndpointOf<'openai-chat'>
}

function credentialOf(
  settings: ProviderSettings,
  definition: ProviderDefinition,
  { copilot }: ConfigureDependencies,
): Credential | null {
  const { apiKey } = settings
  if (apiKey === null || apiKey.trim() === '') {
    if (!definition.keyRequired) return null
    throw new ProviderSettingsError('apiKey', `${definition.name} needs a key.`, howToGetKey(definition))
  }
  return definition.type === 'github-copilot'
    ? copilotCredential(apiKey, copilot)
    : keyCredential(definition.auth, apiKey)
}

function howToGetKey({ type, keyVariables, keyPage }: ProviderDefinition): string {
  const [variable] = keyVariables
  const ways = [
    variable === undefined ? 'add "apiKey"' : `set ${variable} and write "apiKey": "\${${variable}}"`,
    `run "ucr auth login ${type}"`,
  ]
  const page = keyPage === null ? '' : ` Keys are made at ${keyPage}.`
  const [first = '', ...others] = ways
  return `${first.charAt(0).toUpperCase()}${first.slice(1)}, or ${others.join(', or ')}.${page}`
}

/** What the gateway itself says of a connection, or of the sender, is not the config's to say. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'content-type',
  'te',
  'upgrade',
])

function headersOf({ headers }: ProviderSettings): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower) || OWN_HEADERS.has(lower)) {
      throw new ProviderSettingsError(`headers.${name}`, `Header "${name}" cannot be set.`, 'Use another name.')
    }
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new ProviderSettingsError(
        `headers.${name}`,
        `The value of header "${name}" holds characters that no header can carry.`,
        'Use plain text without line breaks.',
      )
    }
    checked[lower] = value
  }
  return checked
}
