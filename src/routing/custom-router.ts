import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { JsonValue } from '../lib/json.ts'
import type { Provider } from '../providers/provider.ts'
import type { RouteQuery, TaskType } from './route.ts'
import type { RouteSettings, TaskSettings } from './settings.ts'

/** Milliseconds between two looks at the file. */
const CHECK_INTERVAL = 1000

/** What a custom router is told besides the request. Holds no secrets. */
export interface CustomRouterContext {
  readonly providers: readonly CustomRouterProvider[]
  readonly config: {
    readonly router: TaskSettings
    readonly models: Readonly<Record<string, RouteSettings>> | null
  }
  readonly taskType: TaskType
  /** Estimated input tokens. */
  readonly tokenCount: number
}

export interface CustomRouterProvider {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly enabled: true
  readonly priority: number
  readonly defaultModel: string | null
  readonly models: readonly string[]
}

/** What a custom router said. Both null: it has no opinion. */
export interface CustomChoice {
  /** `provider` or `provider/model`, not checked yet. */
  readonly target: string | null
  readonly warning: string | null
}

type RouterFunction = (request: JsonValue, context: CustomRouterContext) => unknown

/**
 * The user's own ES module, whose default export or export `router` names a provider for a request. It is loaded again
 * when the file changes, without a restart; while the new one is broken, the one before serves. A module that fails, or
 * takes too long, is never in a request's way; only code that never yields cannot be stopped.
 */
export class CustomRouter {
  readonly #path: string
  readonly #timeout: number
  readonly #now: () => number
  #checkedAt = -Infinity
  #checking: Promise<void> | null = null
  /** Of the file that was last loaded, or failed to load. */
  #version: string | null = null
  #router: RouterFunction | null = null
  /** Why the file as it is now cannot be used. */
  #problem: string | null = null

  /** `path` is absolute, `timeout` in milliseconds, `now` monotonic milliseconds. */
  constructor(path: string, timeout: number, now: () => number) {
    this.#path = path
    this.#timeout = timeout
    this.#now = now
  }

  async choose(query: RouteQuery, context: CustomRouterContext): Promise<CustomChoice> {
    try {
      const answer = await within(this.#timeout, this.#ask(query, context))
      const stale = this.#problem === null ? null : `The custom router could not be loaded again: ${this.#problem}.`
      if (answer === null || answer === undefined) return { target: null, warning: stale }
      if (typeof answer === 'string') return { target: answer, warning: stale }
      return passedOver(`it returned ${typeof answer} instead of the id of a provider`)
    } catch (thrown) {
      return passedOver(messageOf(thrown))
    }
  }

  async #ask(query: RouteQuery, context: CustomRouterContext): Promise<unknown> {
    if (this.#checking === null || this.#now() - this.#checkedAt >= CHECK_INTERVAL) {
      this.#checkedAt = this.#now()
      this.#checking = this.#check()
    }
    await this.#checking
    if (this.#router === null) throw new Error(this.#problem ?? 'it is not loaded')
    return this.#router(query.body(), context)
  }

  async #check(): Promise<void> {
    const version = await versionOf(this.#path)
    if (version !== null && version === this.#version) return
    this.#version = version
    try {
      this.#router = await load(this.#path, version ?? '')
      this.#problem = null
    } catch (thrown) {
      this.#problem = messageOf(thrown)
    }
  }
}

/** What the directory of providers shows to a custom router. */
export function describeProvider(provider: Provider, models: readonly string[]): CustomRouterProvider {
  const { id, definition, priority, defaultModel } = provider
  return { id, name: definition.name, type: definition.type, enabled: true, priority, defaultModel, models }
}

function passedOver(reason: string): CustomChoice {
  return { target: null, warning: `The custom router was passed over: ${reason}.` }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'it threw something that is no error'
}

/** Null while there is no such file. */
async function versionOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null)
  return found === null ? null : `${found.mtimeMs}-${found.size}`
}

/** The version in the URL makes the runtime load the file anew instead of giving back what it has. */
async function load(path: string, version: string): Promise<RouterFunction> {
  const url = pathToFileURL(path)
  url.searchParams.set('version', version)
  const module: unknown = await import(url.href)
  const found = exported(module, 'default') ?? exported(module, 'router')
  if (found === null) throw new Error('there is neither a default export nor an export "router" that is a function')
  return found
}

function exported(module: unknown, name: string): RouterFunction | null {
  const value: unknown = module !== null && typeof module === 'object' ? Reflect.get(module, name) : undefined
  return typeof value === 'function' ? (request, context) => Reflect.apply(value, undefined, [request, context]) : null
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
