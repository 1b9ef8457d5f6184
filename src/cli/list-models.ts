import type { Surroundings } from './command.ts'
import { askVendor } from './ask-vendor.ts'
import { openGateway } from './open-gateway.ts'
import { loadForCommand } from './load.ts'
import { settingsInUse, settingsOf } from './provider-settings.ts'
import type { ProviderSettings } from '../providers/settings.ts'

export interface ListedModel {
  /** What a client writes. */
  readonly id: string
  readonly provider: string
  readonly model: string
  readonly note: string
}

export interface ModelListing {
  readonly models: readonly ListedModel[]
  readonly problems: readonly string[]
}

/** What clients can ask a gateway for that runs with this config. */
export async function offeredModels(
  provider: string | null,
  config: string | null,
  surroundings: Surroundings,
): Promise<ModelListing> {
  const gateway = await openGateway(await loadForCommand(surroundings, config), surroundings)
  try {
    const models = gateway.models().map(({ id, provider: by, model }) => {
      const target = `${by}/${model}`
      return { id, provider: by, model, note: id === target ? '' : target }
    })
    return { models: models.filter((entry) => provider === null || entry.provider === provider), problems: [] }
  } finally {
    await gateway.close()
  }
}

/** What the vendors say they have. */
export async function fetchModels(
  provider: string | null,
  config: string | null,
  surroundings: Surroundings,
): Promise<ModelListing> {
  const all = await settingsInUse(await loadForCommand(surroundings, config), surroundings.environment)
  const chosen = provider === null ? all.filter(({ enabled }) => enabled) : [settingsOf(provider, all)]
  const listings = await Promise.all(chosen.map(fetchFrom))
  return {
    models: listings.flatMap(({ models }) => models),
    problems: listings.flatMap(({ problems }) => problems),
  }
}

async function fetchFrom(settings: ProviderSettings): Promise<ModelListing> {
  const { list } = await askVendor(settings)
  switch (list.status) {
    case 'listed':
      return { models: list.models.map(({ id, displayName }) => listed(settings.id, id, displayName)), problems: [] }
    case 'failed':
      return { models: [], problems: [`${settings.id}: ${list.why}`] }
    case 'unavailable':
      return { models: [], problems: [`${settings.id}: this vendor lists no models`] }
    default:
      return list satisfies never
  }
}

function listed(provider: string, model: string, displayName: string | null): ListedModel {
  return { id: `${provider}/${model}`, provider, model, note: displayName ?? '' }
}
