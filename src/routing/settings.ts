/** What the config says about routing, defaults applied. Shapes are those of the config file, so that they read the same. */
export interface RoutingSettings {
  /** What clients may ask for: exact names first, then patterns (`claude-*`) in order. Null: every known model, see `openRouting`. */
  readonly models: ReadonlyMap<string, RouteSettings> | null
  readonly tasks: TaskSettings
  readonly breaker: BreakerSettings
}

/** Targets are `provider/model`; `provider` alone means its default model; `provider/*` carries the client's name over. */
export interface RouteSettings {
  readonly policy: PolicyName
  readonly targets: readonly TargetSettings[]
}

/** `first`: in the order given. `weighted`: by lot, in proportion to the weights. `priority`: by the providers' priorities. */
export type PolicyName = 'first' | 'weighted' | 'priority'

export interface TargetSettings {
  readonly target: string
  readonly weight: number
}

/** The `router` object of the config. Each value is a target; null where unset. */
export interface TaskSettings {
  readonly default: string | null
  readonly think: string | null
  readonly background: string | null
  readonly longContext: string | null
  readonly webSearch: string | null
  readonly image: string | null
  /** Estimated input tokens from which a request counts as long context. */
  readonly tokenThreshold: number
  /** Targets tried, in order, after everything else failed. */
  readonly fallback: readonly string[]
  /** Detect tasks by English words in the last user message as well. */
  readonly keywords: boolean
  /** Path of an ES module, absolute; null where unset. */
  readonly customRouter: string | null
  /** Milliseconds. */
  readonly customRouterTimeout: number
  /** Keep a conversation on one deployment. */
  readonly affinity: boolean
}

export interface BreakerSettings {
  /** Percentage of failures that opens it, 1 to 100. */
  readonly errorThresholdPercentage: number
  /** Milliseconds open before one probe is let through. */
  readonly resetTimeout: number
  /** Milliseconds of history that count. */
  readonly window: number
  /** Fewer requests than this in the window never open it. */
  readonly minimumRequests: number
}

export const DEFAULT_BREAKER: BreakerSettings = {
  errorThresholdPercentage: 50,
  resetTimeout: 30_000,
  window: 60_000,
  minimumRequests: 5,
}
