import { formatDuration } from '../lib/duration.ts'
import type { JsonValue } from '../lib/json.ts'
import { refusedFrom } from './virtual-key.ts'
import type { VirtualKey } from './virtual-key.ts'

type Fields = { [key: string]: JsonValue }

/** A key for people and programs. Holds no secret, and no hash of one. */
export function keyToJson(key: VirtualKey, source: 'config' | 'store', now: number): Fields {
  const { id, name, owner, models, routes, rateLimit, claudeTools, expiresAt, disabled, metadata, secrets, createdAt } =
    key
  return {
    id,
    name,
    source,
    status: statusOf(key, now),
    owner,
    models: models === null ? null : [...models],
    routes: routes === null ? null : [...routes],
    rateLimit: rateLimit === null ? null : { max: rateLimit.max, timeWindow: formatDuration(rateLimit.timeWindow) },
    claudeTools: [...claudeTools],
    expires: timeOf(expiresAt),
    disabled,
    metadata: { ...metadata },
    secrets: secrets.map(({ hint, createdAt: made, expiresAt: end }) => ({
      hint,
      created: made === 0 ? null : timeOf(made),
      expires: timeOf(end),
    })),
    created: createdAt === 0 ? null : timeOf(createdAt),
    revoked: timeOf(key.revokedAt),
  }
}

function statusOf(key: VirtualKey, now: number): string {
  if (key.revokedAt !== null) return 'revoked'
  if (key.disabled) return 'disabled'
  return refusedFrom(key) <= now ? 'expired' : 'active'
}

function timeOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
