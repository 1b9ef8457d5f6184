import type { RateLimitSettings } from '../admission/rate-counter.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import type { ConfigInput } from './schema.ts'

/** Null where there is none. */
export function resolveRateLimit(
  input: ConfigInput['server']['rateLimit'],
  path: Path,
  resolution: Resolution,
): RateLimitSettings | null {
  if (input === undefined) return null
  if (input.timeWindow === 0) {
    resolution.error([...path, 'timeWindow'], 'must be longer than nothing', 'write a time such as "1 minute"')
  }
  return input
}
