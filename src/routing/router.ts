import { LRUCache } from 'lru-cache'
import { GatewayError } from '../lib/error.ts'
import { sha256 } from '../lib/hash.ts'
import { nearestNames } from '../lib/nearest-name.ts'
import type { Provider } from '../providers/provider.ts'
import { CustomRouter, describeProvider } from './custom-router.ts'
import { Deployments } from './deployments.ts'
import type { CapabilitiesOf } from './deployments.ts'
import { isSimulator, ModelDirectory } from './directory.ts'
import { Resolver } from './resolver.ts'
import type { Resolution } from './resolver.ts'
import type { Candidate, Health, RoutableModel, RouteDecision, RouteQuery, Router } from './route.ts'
import { selectCandidates } from './select.ts'
import type { AffinityMemory, Selection } from './select.ts'
import type { RoutingSettings } from './settings.ts'
import { detectTasks } from './tasks.ts'
import type { RoutedTask } from './tasks.ts'

export interface RouterOptions {
  readonly settings: RoutingSettings
  /** The enabled ones, in the order of the config. */
  readonly providers: readonly Provider[]
  /** What vendors said they have, by provider id. */
  readonly listedModels: ReadonlyMap<string, readonly string[]>
  readonly capabilities: CapabilitiesOf
  /** Outlives the router: give the same object to the router of the next config. */
  readonly health: Health
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Conversations whose last deployment is remembered. */
const MOST_CONVERSATIONS = 10_000
/** Longer names say nothing more, and this goes into a header. */
const LONGEST_REASON = 160

/** Decides where requests go. The order of its rules: `Resolver`. */
export function createRouter(options: RouterOptions): Router {
  const directory = new ModelDirectory(options.providers, options.listedModels)
  const deployments = new Deployments(directory, options.capabilities)
  const resolver = new Resolver(options.settings, directory, deployments)
  const memory: AffinityMemory = new LRUCache({ max: MOST_CONVERSATIONS })
  const { tasks: settings } = options.settings
  const custom =
    settings.customRouter === null
      ? null
      : new CustomRouter(settings.customRouter, settings.customRouterTimeout, options.now)
  const models = (): readonly RoutableModel[] => routableModels(options.settings, directory, deployments)

  function route(query: RouteQuery): RouteDecision | Promise<RouteDecision> {
    const tasks = detectTasks(query, settings)
    return custom === null ? decide(query, resolver.resolve(query, tasks)) : ask(custom, query, tasks)
  }

  function decide(query: RouteQuery, resolution: Resolution): RouteDecision {
    if (resolution.stages.length === 0) throw unknownModel(query.model, models(), directory)
    const selection = selectCandidates(resolution.stages, query, {
      health: options.health,
      random: options.random,
      memory,
      affinity: () => (settings.affinity ? conversationKey(query, resolution.reason) : null),
    })
    if (selection.candidates.length === 0) throw noCandidate(query.model, selection, resolution.warnings)
    return {
      candidates: selection.candidates,
      exclusions: selection.exclusions,
      reason: headerSafe(resolution.reason),
      task: resolution.task,
      tokenCount: query.tokenCount,
      warnings: [...resolution.warnings, ...selection.warnings],
    }
  }

  async function ask(router: CustomRouter, query: RouteQuery, tasks: readonly RoutedTask[]): Promise<RouteDecision> {
    const { target, warning } = await router.choose(query, customContext(query, tasks))
    const stages = target === null ? null : resolver.custom(target, query)
    const warnings = warning === null ? [] : [warning]
    if (stages !== null)
      return decide(query, { reason: 'custom_router', task: tasks[0] ?? 'default', stages, warnings })
    if (target !== null) warnings.push(`The custom router was passed over: "${target}" is no provider.`)
    const resolution = resolver.resolve(query, tasks)
    return decide(query, { ...resolution, warnings: [...warnings, ...resolution.warnings] })
  }

  function customContext({ tokenCount }: RouteQuery, tasks: readonly RoutedTask[]) {
    const { models: routes } = options.settings
    return {
      providers: directory.providers.map((provider) => describeProvider(provider, directory.modelsOf(provider))),
      config: { router: { ...settings }, models: routes === null ? null : Object.fromEntries(routes) },
      taskType: tasks[0] ?? ('default' as const),
      tokenCount,
    }
  }

  function answered({ conversation, deployment }: Candidate): void {
    if (conversation !== null) memory.set(conversation, deployment.key)
  }

  return { route, answered, models }
}

/**
 * Names a conversation, apart for each rule, as another rule has other deployments, and for each tenant, as clients choose
 * such names. A digest: they may be as long as a request, and are remembered.
 */
function conversationKey({ tenant, traits }: RouteQuery, rule: string): string | null {
  const affinity = traits.affinity()
  return affinity === null ? null : sha256(JSON.stringify([tenant, rule, affinity]))
}

/** With `models`: its exact names. Without: every model that a provider has, by its name and as `provider/model`. */
function routableModels(
  { models }: RoutingSettings,
  directory: ModelDirectory,
  deployments: Deployments,
): readonly RoutableModel[] {
  const found = new Map<string, RoutableModel>()
  const add = (id: string, deployment: RoutableModel['deployment'] | undefined | null): void => {
    if (deployment !== undefined && deployment !== null && !found.has(id)) found.set(id, { id, deployment })
  }
  if (models !== null) {
    for (const [name, { targets }] of models) {
      if (!name.includes('*')) add(name, targets.map(({ target }) => deployments.resolve(target, name)).find(Boolean))
    }
    return [...found.values()]
  }
  for (const provider of directory.providers.filter((entry) => !isSimulator(entry))) {
    for (const model of directory.modelsOf(provider)) add(model, deployments.of(provider, model))
  }
  for (const provider of directory.providers) {
    for (const model of directory.modelsOf(provider)) {
      add(`${provider.id}/${model}`, deployments.of(provider, model))
    }
  }
  return [...found.values()]
}

function unknownModel(name: string, models: readonly RoutableModel[], directory: ModelDirectory): GatewayError {
  const shown = JSON.stringify(name.slice(0, LONGEST_REASON))
  const nearest = nearestNames(
    name.slice(0, LONGEST_REASON),
    models.map(({ id }) => id),
  )
  const onlySimulated = directory.providers.every(isSimulator)
  const advice =
    nearest.length > 0
      ? `Did you mean ${nearest.map((id) => `"${id}"`).join(' or ')}?`
      : onlySimulated
        ? `No provider is configured. ${example(models)}`
        : 'GET /v1/models lists those that there are.'
  return new GatewayError('model_not_found', `No model is called ${shown}. ${advice}`, { param: 'model' })
}

function example(models: readonly RoutableModel[]): string {
  const [first] = models
  return first === undefined ? 'Add one to the config.' : `Only the simulator answers, for example as "${first.id}".`
}

function noCandidate(name: string, selection: Selection, warnings: readonly string[]): GatewayError {
  const { exclusions, blockedFor, isRateLimited } = selection
  const why = [...exclusions.map((exclusion) => `${exclusion.deployment}: ${exclusion.why}`), ...warnings].join('; ')
  const shown = JSON.stringify(name.slice(0, LONGEST_REASON))
  const message = `No deployment can take a request for ${shown} now${why === '' ? '' : ` (${why})`}.`
  return new GatewayError(
    isRateLimited ? 'upstream_rate_limited' : 'no_candidate',
    message,
    blockedFor === null ? {} : { retryAfter: Math.ceil(blockedFor / 1000) },
  )
}

/** Names come from clients. */
function headerSafe(text: string): string {
  const safe = /[^\x20-\x7e]/.test(text) ? text.replaceAll(/[^\x20-\x7e]/g, '?') : text
  return safe.slice(0, LONGEST_REASON)
}
