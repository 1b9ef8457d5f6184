import type { Invalidation } from '../cache/caches.ts'
import { described, operationRoute } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRoute } from './plain-route.ts'

export interface CacheDoor {
  /** For people and programs: sizes, hits, what is under way. */
  readonly stats: () => object
  /** Returns how many answers are gone. */
  readonly invalidate: (scope: Invalidation) => number
}

const PATH = '/cache'

/**
 * `GET /cache/stats`, and `DELETE /cache`: everything, `?key=` the answer of that name (`x-ucr-cache-key`), `?model=` the
 * answers of that model.
 */
export function cacheRoutes({ stats, invalidate }: CacheDoor): readonly PlainRoute[] {
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
      async ({ query }) => jsonAnswer(200, JSON.stringify({ deleted: invalidate(scopeOf(query)) })),
    ),
  ]
}

function scopeOf({ key, model }: { readonly key?: string; readonly model?: string }): Invalidation {
  if (key !== undefined) return { kind: 'key', key }
  return model === undefined ? { kind: 'all' } : { kind: 'model', model }
}
