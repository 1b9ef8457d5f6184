import { configureProvider } from '../providers/configure.ts'
import { findProvider, PROVIDERS } from '../providers/index.ts'
import type { ProviderDefinition, Timeouts } from '../providers/provider.ts'
import { ProviderSettingsError } from '../providers/settings-error.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import { resolveClaudeCode } from './claude-code-schema.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import { originOf, resolveKey } from './resolve-key.ts'
import type { ProviderInput } from './schema.ts'

/** The config's `providers` with their vendors, keys and time limits filled in. */
export function resolveProviders(
  inputs: readonly ProviderInput[],
  timeouts: Timeouts,
  resolution: Resolution,
): readonly ProviderSettings[] {
  const seen = new Set<string>()
  return inputs.map((input, index) => {
    const path = ['providers', index]
    if (seen.has(input.id)) {
      const shown = resolution.describe([...path, 'id'], input.id)
      const fix = 'choose another; two accounts of one vendor are two ids with the same "type"'
      resolution.error([...path, 'id'], `${shown} is the id of an earlier provider too`, fix, true)
    }
    seen.add(input.id)
    return resolveProvider(input, path, timeouts, resolution)
  })
}

function resolveProvider(
  input: ProviderInput,
  path: Path,
  timeouts: Timeouts,
  resolution: Resolution,
): ProviderSettings {
  const definition = findDefinition(input)
  const baseUrl = input.baseUrl === undefined || input.baseUrl === '' ? null : input.baseUrl
  const settings: ProviderSettings = {
    id: input.id,
    type: definition?.type ?? input.type ?? input.id,
    baseUrl,
    ...resolveKey(input, definition, baseUrl, path, resolution),
    models: input.models ?? [],
    defaultModel: input.defaultModel ?? null,
    enabled: input.enabled,
    priority: input.priority,
    weight: input.weight,
    protocol: input.protocol ?? null,
    headers: input.headers ?? {},
    timeouts: {
      ...timeouts,
      ...(input.timeout === undefined ? {} : { wholeAnswer: input.timeout }),
      ...input.timeouts,
    },
    dialect: input.dialect ?? {},
    capabilities: input.capabilities ?? {},
    prices: input.prices ?? {},
    ...resolveClaudeCode(input, definition?.type ?? input.type ?? input.id, path, resolution),
  }
  // A provider that is switched off may be half finished.
  if (input.enabled && definition === null) reportType(input, path, resolution)
  else if (input.enabled) tryOut(settings, path, resolution)
  return settings
}

/** By `type`; without one, by an id or a base URL that says it. */
function findDefinition({ id, type, baseUrl }: ProviderInput): ProviderDefinition | null {
  if (type !== undefined) return findByName(type)
  const origin = originOf(baseUrl ?? null)
  const served = origin === null ? undefined : PROVIDERS.find((known) => originOf(known.baseUrl) === origin)
  return findByName(id) ?? served ?? null
}

function findByName(name: string): ProviderDefinition | null {
  try {
    return findProvider(name)
  } catch (error) {
    if (error instanceof ProviderSettingsError) return null
    throw error
  }
}

function reportType({ id, type }: ProviderInput, path: Path, resolution: Resolution): void {
  const at = [...path, 'type']
  const fix = typeFix(type ?? id)
  if (type === undefined) {
    resolution.error(at, 'is missing, and neither the id nor the base URL says which vendor this is', fix)
  } else {
    resolution.error(at, `${resolution.describe(at, type)} is no vendor that ucr knows`, fix, true)
  }
}

function typeFix(name: string): string | null {
  try {
    findProvider(name)
    return null
  } catch (error) {
    return error instanceof ProviderSettingsError ? error.fix : null
  }
}

/** Makes the provider as a running gateway would: whatever that refuses is wrong with the config. */
function tryOut(settings: ProviderSettings, path: Path, resolution: Resolution): void {
  // The built-in simulator learns its address only when it runs.
  const placed =
    settings.type === 'simulator' ? { ...settings, baseUrl: settings.baseUrl ?? 'http://127.0.0.1:9' } : settings
  try {
    configureProvider(placed, { copilot: { fetchText: () => Promise.reject(new Error()), wallClock: () => 0 } })
  } catch (error) {
    if (!(error instanceof ProviderSettingsError)) throw error
    // `headers.x-a.b` is the header `x-a.b`.
    const [key = '', ...name] = error.field.split('.')
    const at = name.length === 0 ? [...path, key] : [...path, key, name.join('.')]
    resolution.error(at, error.message, error.fix)
  }
}
