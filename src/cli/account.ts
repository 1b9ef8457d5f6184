import { ConfigDocument } from '../config/document.ts'
import { valueAt } from '../config/issues.ts'
import { selectKnown } from '../config/known-keys.ts'
import { findConfig } from '../config/locate.ts'
import { configSchema } from '../config/schema.ts'
import { expandVariables } from '../config/variables.ts'
import type { JsonValue } from '../lib/json.ts'
import { findProvider, PROVIDERS } from '../providers/index.ts'
import type { ProviderDefinition } from '../providers/provider.ts'
import type { Surroundings } from './command.ts'

/** Whose key is to be stored. */
export interface Account {
  /** Under which the key is stored. */
  readonly id: string
  readonly definition: ProviderDefinition
  /** Scheme, host and port that the key may be sent to; null: the vendor's own. */
  readonly origin: string | null
}

/** The config file as far as it matters here. */
export interface AccountFile {
  /** Null: there is none. */
  readonly path: string | null
  /** It names providers, so that no others are looked for. */
  readonly namesProviders: boolean
  /** Null: no provider there has this id. */
  account(id: string): Account | null
}

/**
 * Reads which providers the config file names, without asking more of it: without the key that is about to be stored the
 * config may not be valid. Throws ConfigError when the file is no JSON.
 */
export async function readAccounts(config: string | null, surroundings: Surroundings): Promise<AccountFile> {
  const { environment, directory, home } = surroundings
  const { found } = await findConfig({ path: config, environment, cwd: directory, home })
  if (found === null) return { path: null, namesProviders: false, account: () => null }
  const { value } = selectKnown(new ConfigDocument(found.path, found.text), configSchema)
  const providers = valueAt(expandVariables(value, environment).value, ['providers'])
  const entries = Array.isArray(providers) ? providers : []
  return {
    path: found.path,
    namesProviders: entries.length > 0,
    account(id) {
      const entry = entries.find((candidate) => valueAt(candidate, ['id']) === id)
      return entry === undefined ? null : accountOf(id, entry)
    },
  }
}

/** Throws ProviderSettingsError when nothing says which vendor it is. */
function accountOf(id: string, entry: JsonValue): Account {
  const type = valueAt(entry, ['type'])
  const baseUrl = valueAt(entry, ['baseUrl'])
  const origin = typeof baseUrl === 'string' ? (URL.parse(baseUrl)?.origin ?? null) : null
  const byOrigin = origin === null ? undefined : PROVIDERS.find((vendor) => originOf(vendor) === origin)
  const definition = typeof type === 'string' ? findProvider(type) : (byOrigin ?? findProvider(id))
  return { id, definition, origin: origin === originOf(definition) ? null : origin }
}

function originOf({ baseUrl }: ProviderDefinition): string | null {
  return baseUrl === null ? null : (URL.parse(baseUrl)?.origin ?? null)
}
