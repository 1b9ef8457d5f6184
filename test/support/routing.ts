import { capabilitiesOf } from '../../src/models/capabilities.ts'
import { findProvider } from '../../src/providers/index.ts'
import { DEFAULT_TIMEOUTS } from '../../src/providers/default-settings.ts'
import type { Deployment, Provider } from '../../src/providers/provider.ts'
import type { RequestTraits } from '../../src/protocols/protocol.ts'
import type { RouteQuery } from '../../src/routing/route.ts'
import type { RoutingSettings, TaskSettings } from '../../src/routing/settings.ts'
import { DEFAULT_BREAKER } from '../../src/routing/settings.ts'

/** A provider for tests, `anthropic` unless said otherwise; nothing is ever sent to it. */
export function testProvider(id: string, given: Partial<Provider> & { readonly type?: string } = {}): Provider {
  const { type = 'anthropic', ...rest } = given
  const definition = findProvider(type)
  return {
    id,
    definition,
    origin: `https://${id}.test`,
    basePath: '/v1',
    endpoints: definition.endpoints,
    credential: null,
    headers: {},
    models: [],
    defaultModel: null,
    priority: 0,
    weight: 1,
    timeouts: DEFAULT_TIMEOUTS,
    capabilities: {},
    prices: {},
    ...rest,
  }
}

export const NO_TRAITS: RequestTraits = {
  thinking: false,
  images: false,
  documents: false,
  tools: false,
  webSearch: false,
  textBytes: 40,
  media: 0,
  messages: 1,
  maxOutputTokens: null,
  affinity: () => null,
  lastUserText: () => '',
}

export function testQuery(
  model: string,
  traits: Partial<RequestTraits> = {},
  given: Partial<RouteQuery> = {},
): RouteQuery {
  return {
    model,
    tenant: 'local',
    protocol: 'anthropic-messages',
    traits: { ...NO_TRAITS, ...traits },
    tokenCount: 10,
    headers: {},
    body: () => ({ model }),
    dryRun: false,
    ...given,
  }
}

const NO_TASKS: TaskSettings = {
  default: null,
  think: null,
  background: null,
  longContext: null,
  webSearch: null,
  image: null,
  tokenThreshold: 100_000,
  fallback: [],
  keywords: false,
  customRouter: null,
  customRouterTimeout: 1000,
  affinity: true,
}

export function testSettings(tasks: Partial<TaskSettings> = {}, given: Partial<RoutingSettings> = {}): RoutingSettings {
  return { models: null, tasks: { ...NO_TASKS, ...tasks }, breaker: DEFAULT_BREAKER, ...given }
}

/** A model at a provider for tests. */
export function testDeployment(provider: string, model: string): Deployment {
  const found = testProvider(provider)
  const capabilities = capabilitiesOf(found.definition.type, model, found.capabilities)
  return { provider: found, model, capabilities, key: `${provider}/${model}` }
}
