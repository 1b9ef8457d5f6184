import { fitsAny } from '../lib/patterns.ts'
import { withoutLongContext } from '../models/name.ts'
import type { RateLimitSettings } from './rate-counter.ts'

/** What the holder of a key or a token may do, where that is not everything. */
export interface Grant {
  /** Lists of names and patterns: a model has to fit every list. */
  readonly models: readonly (readonly string[])[]
  /** Paths and patterns, as routes are declared: `/v1/messages`, `/v1/*`. Null: every route. */
  readonly routes: readonly string[] | null
  /** In place of `server.rateLimit`; null: that one. */
  readonly rateLimit: RateLimitSettings | null
  /** Patterns of Claude Code's own tools that may be used, of those that a provider's config allows. Empty: none. */
  readonly claudeTools: readonly string[]
}

/** Checks the name that the client sent, before aliases: `fast` needs `fast`, not what it stands for. */
export function mayUseModel(grant: Grant | null, model: string): boolean {
  if (grant === null || grant.models.length === 0) return true
  const name = withoutLongContext(model)
  return grant.models.every((patterns) => fitsAny(patterns, name))
}

/** `path`: as the route is declared, which no spelling of a request's path can change. */
export function mayCallRoute(grant: Grant | null, path: string): boolean {
  return grant === null || fitsAny(grant.routes, path)
}
