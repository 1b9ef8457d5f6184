import type { Invalidation } from '../cache/caches.ts'
import type { Principal } from '../exchange/client.ts'
import { described, operationRoute } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRoute } from './plain-route.ts'

interface Query {
  readonly key?: string
  readonly model?: string
}

export interface CacheDoor {
  /** For people and programs: sizes, hits, what is under way. */
  readonly stats: () => object
  /** Returns how many answers are gone. */
  readonly invalidate: (scope: Invalidation) => number
}

const PATH = '/cache'

/**
 * `GET /cache/stats`, and `DELETE /cache`: all answers of the caller, `?key=` the one of that name (`x-ucr-cache-key`),
 * `?model=` those of that model. `DELETE /admin/cache`: the same of everybody.
 */
export function cacheRoutes({ stats, invalidate }: CacheDoor): readonly PlainRoute[] {
  const forget = (query: Query, tenant: string | null): PlainAnswer =>
    jsonAnswer(200, JSON.stringify({ deleted: invalidate(scopeOf(query, tenant)) }))
  return [
    {
      method: 'GET',
      path: `${PATH}/stats`,
      access: 'key',
      describe: described(async () => (await import('./operations/cache.ts')).STATS),
      answer: async () => jsonAnswer(200, JSON.stringify(stats())),
    },
    operationRoute(
      'DELETE',
      PATH,
      'key',
      async () => (await import('./operations/cache.ts')).FORGET,
      async ({ query }, { principal }) =>
        forget(query, principal === null || isOpen(principal) ? null : principal.tenant),
    ),
    operationRoute(
      'DELETE',
      `/admin${PATH}`,
      'admin',
      async () => (await import('./operations/cache.ts')).FORGET_ALL,
      async ({ query }) => forget(query, null),
    ),
  ]
}

/** Where there are no keys, everything is everybody's. */
function isOpen({ keyName }: Principal): boolean {
  return keyName === null
}

function scopeOf({ key, model }: Query, tenant: string | null): Invalidation {
  if (key !== undefined) return { tenant, kind: 'key', key }
  return model === undefined ? { tenant, kind: 'all' } : { tenant, kind: 'model', model }
}
