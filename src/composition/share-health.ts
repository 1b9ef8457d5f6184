import type { JsonValue } from '../lib/json.ts'
import type { HealthChange, HealthRegistry } from '../routing/health.ts'
import { COOLDOWN_REASONS } from '../routing/route.ts'
import type { CooldownReason } from '../routing/route.ts'
import { fieldsOf } from '../workers/bus.ts'
import type { Fields, Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds that a new worker waits for what the others know. */
const PATIENCE = 1000

const CHANGES: Topic<Fields> = { name: 'health', read: fieldsOf }
const STATE: Topic<JsonValue[]> = { name: 'health state', read: (data) => (Array.isArray(data) ? data : null) }

/** From here on breakers and cooldowns are the same in all workers. Resolves when what the others know by now is known here. */
export async function shareHealth(health: HealthRegistry, bus: WorkerBus): Promise<void> {
  bus.subscribe(CHANGES, (change) => apply(health, change))
  bus.answer(STATE, () => health.changes().map((change) => ({ ...change })))
  health.onChange((change) => bus.publish(CHANGES, { ...change }))
  for (const changes of await bus.gather(STATE, PATIENCE)) {
    for (const change of changes) apply(health, fieldsOf(change) ?? {})
  }
}

function apply(health: HealthRegistry, fields: Fields): void {
  const change = changeOf(fields)
  if (change !== null) health.apply(change)
}

function changeOf({ key, kind, milliseconds, why }: Fields): HealthChange | null {
  if (typeof key !== 'string') return null
  if (kind === 'closed') return { key, kind }
  if (typeof milliseconds !== 'number') return null
  if (kind === 'opened') return { key, kind, milliseconds }
  return kind === 'cooling' && isCooldownReason(why) ? { key, kind, milliseconds, why } : null
}

function isCooldownReason(why: JsonValue | undefined): why is CooldownReason {
  return COOLDOWN_REASONS.some((reason) => reason === why)
}
