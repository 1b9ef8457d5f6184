import type { Config } from '../config/config.ts'

export interface OfferedModel {
  /** What a client writes. */
  readonly id: string
  readonly provider: string
  readonly model: string
}

/** Likely cheap, and so good for a first try. */
const SMALL = /haiku|mini|flash|small|lite|nano/i

/** The model for the first request of a newcomer: the config's default, else a small one, else any. */
export function firstModel(models: readonly OfferedModel[], { routing, providers }: Config): string {
  const target = routing.tasks.default
  if (target !== null) return target.includes('/') ? target : `${target}/${defaultOf(target, models, providers)}`
  const simulated = models.find(({ id }) => id === 'sim/echo' || id === 'sim/text')
  const chosen = simulated ?? models.find(({ id }) => SMALL.test(id)) ?? models[0]
  return chosen?.id ?? providers.find(({ enabled, defaultModel }) => enabled && defaultModel)?.defaultModel ?? 'sonnet'
}

function defaultOf(id: string, models: readonly OfferedModel[], providers: Config['providers']): string {
  const known = providers.find((provider) => provider.id === id)?.defaultModel
  return known ?? models.find(({ provider }) => provider === id)?.model ?? 'sonnet'
}
