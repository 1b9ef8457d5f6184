import type { Invalidation } from '../cache/caches.ts'
import { GatewayError } from '../lib/error.ts'
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
      answer: async () => jsonAnswer(200, JSON.stringify(stats())),
    },
    {
      method: 'DELETE',
      path: PATH,
      access: 'key',
      answer: async ({ query }) => jsonAnswer(200, JSON.stringify({ deleted: invalidate(scopeOf(query)) })),
    },
  ]
}

/** What nobody can mean is refused: a mistyped name would delete everything. */
function scopeOf(query: string): Invalidation {
  const asked = [...new URLSearchParams(query)]
  const [first] = asked
  if (first === undefined) return { kind: 'all' }
  const [name, value] = first
  if (asked.length === 1 && value !== '') {
    if (name === 'key') return { kind: 'key', key: value }
    if (name === 'model') return { kind: 'model', model: value }
  }
  throw new GatewayError('invalid_request', 'DELETE /cache takes one of ?key= and ?model=, or neither.', {
    param: name,
  })
}
