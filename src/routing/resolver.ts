import { ownCopy } from '../lib/own-copy.ts'
import { withoutLongContext } from '../models/name.ts'
import type { Deployment, Provider } from '../providers/provider.ts'
import type { Deployments } from './deployments.ts'
import { isSimulator } from './directory.ts'
import type { Findings, ModelDirectory } from './directory.ts'
import type { WeightedDeployment } from './policies/policy.ts'
import type { RouteQuery, TaskType } from './route.ts'
import { RouteTable } from './route-table.ts'
import type { RouteSettings, RoutingSettings, TaskSettings } from './settings.ts'
import { asFallback, single, stageOf } from './stage.ts'
import type { Stage } from './stage.ts'
import type { RoutedTask } from './tasks.ts'

/** What the rules say of a request, before health and abilities are looked at. */
export interface Resolution {
  readonly reason: string
  readonly task: TaskType
  /** Empty when no rule knows the name. */
  readonly stages: readonly Stage[]
  readonly warnings: readonly string[]
}

/** One rule's answer. */
interface Finding {
  readonly reason: string
  readonly stages: readonly Stage[]
}

type Target = keyof Pick<TaskSettings, 'default' | RoutedTask>

/**
 * The rules, in the order in which they apply:
 * 1. an exact name of `models`;
 * 2. without `models`: `provider/model`;
 * 3. the tasks of `router`, most demanding first; what the name itself stands for comes behind the task's target;
 * 4. a pattern of `models`; without `models`: a model that some provider has, an alias of a class, a provider's id;
 * 5. `router.default`;
 * 6. without `models`: the preferred provider that speaks the client's protocol.
 * `router.fallback` comes behind whatever was found. The custom router, where there is one, is asked before all of this.
 */
export class Resolver {
  readonly #directory: ModelDirectory
  readonly #deployments: Deployments
  readonly #tasks: TaskSettings
  /** Null: every known model may be asked for. */
  readonly #table: RouteTable | null
  /** By what the directory found, which for a name that comes again is the very same. */
  readonly #open = new WeakMap<Findings, Finding>()

  constructor(settings: RoutingSettings, directory: ModelDirectory, deployments: Deployments) {
    this.#directory = directory
    this.#deployments = deployments
    this.#tasks = settings.tasks
    this.#table = settings.models === null ? null : new RouteTable(settings.models)
  }

  resolve(query: RouteQuery, tasks: readonly RoutedTask[]): Resolution {
    const name = withoutLongContext(query.model)
    const warnings: string[] = []
    const asked = this.#exactRoute(name, warnings) ?? this.#explicit(name)
    const task = asked === null ? this.#task(tasks, name, warnings) : null
    const plain = asked ?? this.#named(name, warnings) ?? this.#default(name, query, warnings)
    const found = task?.finding ?? plain
    const behind = task === null || plain === null ? [] : plain.stages.map(asFallback)
    return {
      reason: found?.reason ?? 'none',
      task: task?.task ?? tasks[0] ?? 'default',
      stages: found === null ? [] : [...found.stages, ...behind, ...this.#fallback(name, warnings)],
      warnings,
    }
  }

  /** The decision of a custom router; null when it names no provider. */
  custom(target: string, query: RouteQuery): readonly Stage[] | null {
    const name = withoutLongContext(query.model)
    const deployment = this.#deployments.resolve(target, name)
    return deployment === null ? null : [single(deployment), ...this.#fallback(name, [])]
  }

  #exactRoute(name: string, warnings: string[]): Finding | null {
    const route = this.#table?.exact(name) ?? null
    return route === null ? null : { reason: `alias:${name}`, stages: [this.#routeStage(route, name, warnings)] }
  }

  #explicit(name: string): Finding | null {
    const named = this.#table === null ? this.#directory.split(name) : null
    if (named === null || named.model === '') return null
    const deployment = this.#deployments.explicit(named.provider, named.model)
    return { reason: `model:${deployment.key}`, stages: [single(deployment)] }
  }

  #task(
    tasks: readonly RoutedTask[],
    name: string,
    warnings: string[],
  ): { readonly task: RoutedTask; readonly finding: Finding } | null {
    for (const task of tasks) {
      const deployment = this.#taskTarget(task, name, warnings)
      if (deployment === null) continue
      return { task, finding: { reason: `task_routing:${task}`, stages: [single(deployment)] } }
    }
    return null
  }

  #named(name: string, warnings: string[]): Finding | null {
    return this.#table === null ? this.#openName(name) : this.#tableName(name, this.#table, warnings)
  }

  #openName(name: string): Finding | null {
    const findings = this.#directory.find(name)
    const known = this.#open.get(findings)
    if (known !== undefined) return known
    const { groups, isAlias } = findings
    if (groups.length > 0) {
      const tiers = groups.map((offers) =>
        offers.map(({ provider, model }) => ({
          deployment: this.#deployments.of(provider, model),
          weight: provider.weight,
        })),
      )
      const reason = ownCopy(isAlias ? `alias:${name}` : `model:${name}`)
      const finding: Finding = { reason, stages: [{ how: 'priority', tiers }] }
      this.#open.set(findings, finding)
      return finding
    }
    const provider = this.#directory.provider(name)
    if (provider === null) return null
    const deployment = this.#deployments.resolve(name, '')
    return deployment === null ? null : { reason: `provider:${name}`, stages: [single(deployment)] }
  }

  /** An alias of a class means the newest model of it, if the table lets that through. */
  #tableName(name: string, table: RouteTable, warnings: string[]): Finding | null {
    const { groups, isAlias } = this.#directory.find(name)
    const newest = isAlias ? groups[0]?.[0]?.model : undefined
    for (const candidate of newest === undefined ? [name] : [name, newest]) {
      const exact = table.exact(candidate)
      if (exact !== null) return { reason: `alias:${name}`, stages: [this.#routeStage(exact, candidate, warnings)] }
      const match = table.matching(candidate)
      if (match !== null)
        return { reason: `pattern:${match.pattern}`, stages: [this.#routeStage(match.route, candidate, warnings)] }
    }
    return null
  }

  #default(name: string, query: RouteQuery, warnings: string[]): Finding | null {
    const configured = this.#taskTarget('default', name, warnings)
    if (configured !== null) return { reason: 'default', stages: [single(configured)] }
    const preferred = this.#table === null ? this.#preferred(query) : null
    if (preferred === null) return null
    const model = this.#directory.modelFor(preferred, name)
    return { reason: 'default', stages: [single(this.#deployments.of(preferred, model))] }
  }

  /** The simulator answers for no real name unless a rule of the config says so. */
  #preferred({ protocol }: RouteQuery): Provider | null {
    const real = this.#directory.providers.filter((provider) => !isSimulator(provider))
    const speaking = real.find(({ endpoints }) => endpoints.some((endpoint) => endpoint.protocol === protocol))
    return speaking ?? real[0] ?? null
  }

  #taskTarget(task: Target, name: string, warnings: string[]): Deployment | null {
    const target = this.#tasks[task]
    return target === null ? null : this.#known(target, name, `router.${task}`, warnings)
  }

  #fallback(name: string, warnings: string[]): readonly Stage[] {
    return this.#tasks.fallback.flatMap((target) => {
      const deployment = this.#known(target, name, 'router.fallback', warnings)
      return deployment === null ? [] : [single(deployment, 'fallback')]
    })
  }

  #known(target: string, name: string, where: string, warnings: string[]): Deployment | null {
    const deployment = this.#deployments.resolve(target, name)
    if (deployment === null) warnings.push(`${where} names "${target}", which is no provider.`)
    return deployment
  }

  #routeStage({ policy, targets }: RouteSettings, name: string, warnings: string[]): Stage {
    const known = targets.flatMap(({ target, weight }): readonly WeightedDeployment[] => {
      const deployment = this.#known(target, name, `The route for "${name}"`, warnings)
      return deployment === null ? [] : [{ deployment, weight }]
    })
    return stageOf(policy, known)
  }
}
