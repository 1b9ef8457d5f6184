import type { Caches, Invalidation } from '../cache/caches.ts'
import { fieldsOf } from '../workers/bus.ts'
import type { Fields, Topic, WorkerBus } from '../workers/bus.ts'

const FORGET: Topic<Fields> = { name: 'forget', read: fieldsOf }

/** From here on what is forgotten on demand in one worker is forgotten in all. */
export function shareCaches(caches: Caches, bus: WorkerBus): void {
  bus.subscribe(FORGET, (fields) => {
    const scope = scopeOf(fields)
    if (scope !== null) caches.forget(scope)
  })
  caches.onInvalidate((scope) => bus.publish(FORGET, { ...scope }))
}

function scopeOf({ kind, key, model, tenant = null }: Fields): Invalidation | null {
  if (tenant !== null && typeof tenant !== 'string') return null
  if (kind === 'all') return { tenant, kind }
  if (kind === 'key' && typeof key === 'string') return { tenant, kind, key }
  return kind === 'model' && typeof model === 'string' ? { tenant, kind, model } : null
}
