import { storedKeys } from '../composition/stored-keys.ts'
import type { LoadedConfig } from '../config/load.ts'
import { nearestNames } from '../lib/nearest-name.ts'
import { localProviders, providersFromEnvironment } from '../providers/discover.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import { Failure } from './failure.ts'
import { vendorEnvironment } from './load.ts'
import { probeLocal } from './probe-local.ts'

/** The providers of the config, disabled ones too; without any there, those that a gateway would find. */
export async function settingsInUse(
  { config, credentials }: LoadedConfig,
  environment: NodeJS.ProcessEnv,
): Promise<readonly ProviderSettings[]> {
  if (!config.discover) return config.providers
  const local = await localProviders(probeLocal)
  return [...providersFromEnvironment(vendorEnvironment(environment), await storedKeys(credentials)), ...local]
}

/** The one with this id. Throws `Failure` that names what there is. */
export function settingsOf(id: string, all: readonly ProviderSettings[]): ProviderSettings {
  const found = all.find((settings) => settings.id === id)
  if (found !== undefined) return found
  const ids = all.map((settings) => settings.id)
  const [nearest] = nearestNames(id, ids, 1)
  const known = ids.length === 0 ? 'No provider is configured or found.' : `There are: ${ids.join(', ')}.`
  throw new Failure(`There is no provider "${id}".`, {
    fix: nearest === undefined ? known : `Did you mean "${nearest}"? ${known}`,
  })
}
