import type { Timeouts } from './provider.ts'
import type { ProviderSettings } from './settings.ts'

/** Generous where a vendor may think, strict where only the network can be slow. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 30_000,
  firstByte: 60_000,
  wholeAnswer: 600_000,
  idle: 120_000,
  total: 0,
}

type Required = 'id' | 'type' | 'source'

/** Settings of a provider that no config file describes. */
export function defaultSettings(
  given: Pick<ProviderSettings, Required> & Partial<Omit<ProviderSettings, Required>>,
): ProviderSettings {
  return {
    baseUrl: null,
    apiKey: null,
    models: [],
    defaultModel: null,
    enabled: true,
    priority: 0,
    weight: 1,
    protocol: null,
    headers: {},
    timeouts: DEFAULT_TIMEOUTS,
    dialect: {},
    capabilities: {},
    prices: {},
    ...given,
  }
}
