import type { LoadedConfig } from '../../config/load.ts'
import type { Gateway } from '../../gateway.ts'
import { GatewayError } from '../../lib/error.ts'
import { fitsAny } from '../../lib/patterns.ts'
import { catalogModels } from '../../models/catalog.ts'
import type { ProviderSettings } from '../../providers/settings.ts'
import { askVendor } from '../ask-vendor.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { openGateway } from '../open-gateway.ts'

interface Routes {
  readonly loaded: LoadedConfig
  /** The enabled ones. */
  readonly providers: readonly ProviderSettings[]
  readonly offline: boolean
}

/** Names that are tried of those that a pattern fits. */
const MOST_TRIES = 50

/**
 * The names and patterns of models that nothing routes. None where that cannot be known: a script of the user's own decides,
 * or a provider has not said which models it has.
 */
export async function deadPatterns(
  patterns: readonly string[],
  { loaded, providers, offline }: Routes,
  surroundings: Surroundings,
): Promise<ReadonlySet<string>> {
  if (loaded.config.routing.tasks.customRouter !== null) return new Set()
  const listed = await Promise.all(providers.map((settings) => withModels(settings, offline)))
  const known = listed.filter((settings) => settings !== null)
  if (known.length < providers.length) return new Set()
  const config = { ...loaded.config, providers: known, discover: false }
  const gateway = await openGateway({ ...loaded, config }, surroundings)
  try {
    const names = [
      ...gateway.models().map(({ id }) => id),
      ...(config.routing.models?.keys() ?? []),
      ...known.flatMap(({ type }) => catalogModels(type)),
    ]
    const dead = new Set<string>()
    for (const pattern of patterns) if (!(await routesAny(gateway, pattern, names))) dead.add(pattern)
    return dead
  } finally {
    await gateway.close()
  }
}

/** Null: nobody knows what it has. */
async function withModels(settings: ProviderSettings, offline: boolean): Promise<ProviderSettings | null> {
  if (settings.models.length > 0 || settings.type === 'simulator' || settings.type === 'claude-code') return settings
  if (offline) return null
  try {
    const { list } = await askVendor(settings)
    return list.status === 'listed' ? { ...settings, models: list.models.map(({ id }) => id) } : null
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

async function routesAny(gateway: Gateway, pattern: string, names: readonly string[]): Promise<boolean> {
  const fitting = names.filter((name) => fitsAny([pattern], name)).slice(0, MOST_TRIES)
  // What begins with the name of a provider goes there, whatever follows.
  for (const name of [...fitting, pattern.replaceAll('*', 'x'), pattern.replaceAll('*', '')]) {
    if (name !== '' && (await routes(gateway, name))) return true
  }
  return false
}

async function routes(gateway: Gateway, model: string): Promise<boolean> {
  const body = Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }))
  try {
    await gateway.explain({ path: '/v1/chat/completions', headers: {}, body })
    return true
  } catch (error) {
    if (error instanceof GatewayError) return error.code !== 'model_not_found'
    throw error
  }
}
