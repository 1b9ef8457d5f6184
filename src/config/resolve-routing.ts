import { resolve } from 'node:path'
import { nearestNames } from '../lib/nearest-name.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import type { RouteSettings, RoutingSettings, TargetSettings, TaskSettings } from '../routing/settings.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import type { ConfigInput } from './schema.ts'

/** The config's `models`, `router` and `breaker`, with every target checked against the providers. */
export function resolveRouting(
  input: ConfigInput,
  providers: readonly ProviderSettings[],
  resolution: Resolution,
): RoutingSettings {
  const routes = input.models === undefined ? null : Object.entries(input.models)
  const check = targetCheck(providers, new Set(routes?.map(([name]) => name)), resolution)
  const models = routes?.map(
    ([name, route]) => [name, resolveRoute(route, ['models', name], check, resolution)] as const,
  )
  return {
    models: models === undefined ? null : new Map(models),
    tasks: resolveTasks(input.router, check, resolution),
    breaker: input.breaker,
  }
}

type TargetCheck = (target: string, path: Path) => string

type RouteInput = NonNullable<ConfigInput['models']>[string]

function resolveRoute(route: RouteInput, path: Path, check: TargetCheck, resolution: Resolution): RouteSettings {
  if (path.at(-1) === '')
    resolution.error(path, 'is an empty model name', 'give it a name, or a pattern such as "claude-*"')
  if (typeof route === 'string') return { policy: 'first', targets: [{ target: check(route, path), weight: 1 }] }
  const isList = Array.isArray(route)
  const items = isList ? route : route.targets
  const base = isList ? path : [...path, 'targets']
  const targets = items.map((item, index): TargetSettings => {
    const at = [...base, index]
    return typeof item === 'string'
      ? { target: check(item, at), weight: 1 }
      : { target: check(item.target, [...at, 'target']), weight: item.weight }
  })
  const policy = isList ? 'first' : (route.policy ?? 'first')
  checkWeights(targets, policy, base, resolution)
  return { policy, targets }
}

function checkWeights(
  targets: readonly TargetSettings[],
  policy: RouteSettings['policy'],
  path: Path,
  resolution: Resolution,
): void {
  if (policy === 'weighted') {
    if (targets.some(({ weight }) => weight > 0)) return
    resolution.error(path, 'have no weight, so that none could ever be chosen', 'give at least one a weight above 0')
  } else if (targets.some(({ weight }) => weight !== 1)) {
    const message = `have weights, which the policy "${policy}" does not use`
    resolution.warning(path, message, 'write { "policy": "weighted", "targets": [ ... ] }, or remove the weights')
  }
}

function resolveTasks(router: ConfigInput['router'], check: TargetCheck, resolution: Resolution): TaskSettings {
  const task = (name: 'default' | 'think' | 'background' | 'longContext' | 'webSearch' | 'image'): string | null => {
    const target = router[name]
    return target === undefined ? null : check(target, ['router', name])
  }
  const { fallback, customRouter } = router
  return {
    default: task('default'),
    think: task('think'),
    background: task('background'),
    longContext: task('longContext'),
    webSearch: task('webSearch'),
    image: task('image'),
    tokenThreshold: router.tokenThreshold,
    fallback:
      typeof fallback === 'string'
        ? [check(fallback, ['router', 'fallback'])]
        : fallback.map((target, index) => check(target, ['router', 'fallback', index])),
    keywords: router.keywords,
    customRouter: customRouter === undefined ? null : resolve(resolution.folder, customRouter),
    customRouterTimeout: router.customRouterTimeout,
    affinity: router.affinity,
  }
}

/** Reports a target that can never get a request. Returns it. */
function targetCheck(
  providers: readonly ProviderSettings[],
  routes: ReadonlySet<string>,
  resolution: Resolution,
): TargetCheck {
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  return (target, path) => {
    const [id = '', ...rest] = target.split('/')
    const model = rest.join('/')
    if (id === '' || (rest.length > 0 && model === '') || id.includes('*') || (model.includes('*') && model !== '*')) {
      const message = 'must be "provider/model", "provider/*" or "provider"'
      resolution.error(path, message, 'write the id of a provider, and the name of its model behind a slash')
      return target
    }
    // Providers that are yet to be discovered have ids that nobody knows here.
    if (providers.length === 0) return target
    const provider = byId.get(id)
    if (provider === undefined) reportUnknownProvider(id, target, path)
    else if (!provider.enabled) {
      resolution.warning(path, `names the provider "${id}", which is disabled`, `run "ucr providers enable ${id}"`)
    }
    return target
  }

  function reportUnknownProvider(id: string, target: string, path: Path): void {
    const [nearest] = nearestNames(id, byId.keys(), 1)
    const known = `one of the providers ${[...byId.keys()].join(', ')}`
    const fix =
      nearest === undefined ? `write ${known}` : `write "${nearest}${target.length > id.length ? '/...' : ''}"`
    const kind = routes.has(target) ? 'is a name of "models", and must be a provider' : 'is no provider of this config'
    const shown = resolution.describe(path, id)
    resolution.error(path, `names ${shown}, which ${kind}`, fix, true)
  }
}
