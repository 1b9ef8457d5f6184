import type { ProviderDefinition } from '../providers/provider.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import type { StoredCredential } from './credentials.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import type { ProviderInput } from './schema.ts'

/**
 * A provider's key: the one in the config, else the one stored for its id or its vendor, else the vendor's usual variable.
 * The latter two were not given for this file, so they only go where they belong: a base URL in a file from elsewhere must
 * not collect them.
 */
export function resolveKey(
  input: ProviderInput,
  definition: ProviderDefinition | null,
  baseUrl: string | null,
  path: Path,
  resolution: Resolution,
): Pick<ProviderSettings, 'apiKey' | 'source'> {
  if (input.apiKey?.trim()) return { apiKey: input.apiKey, source: 'config file' }

  const own = originOf(definition?.baseUrl ?? null)
  const origin = originOf(baseUrl) ?? own
  const stored = resolution.stored.get(input.id) ?? resolution.stored.get(definition?.type ?? '')
  if (stored !== undefined) {
    const belongs = stored.origin ?? own
    if (belongs === null || belongs === origin) {
      return { apiKey: stored.secret, source: 'config file, with the stored credential' }
    }
    warnAboutOrigin(stored, belongs, path, resolution)
  }

  const variable = definition?.keyVariables.find((name) => resolution.environment[name]?.trim())
  if (variable !== undefined && origin === own) {
    return { apiKey: resolution.environment[variable] ?? null, source: `config file, with ${variable}` }
  }
  return { apiKey: null, source: 'config file' }
}

function warnAboutOrigin({ provider }: StoredCredential, belongs: string, path: Path, resolution: Resolution): void {
  const message = `is not where the credential that is stored for "${provider}" belongs, which is ${belongs}`
  const fix = `correct the base URL, or run "ucr auth login ${provider}" again to store a key for this one`
  resolution.warning([...path, 'baseUrl'], message, fix)
}

/** Scheme, host and port of a URL, null when it is none. */
export function originOf(url: string | null): string | null {
  return url !== null && URL.canParse(url) ? new URL(url).origin : null
}
