import type { JsonValue } from '../lib/json.ts'
import type { Path } from './document.ts'
import { type FlagOverrides, replaceAt } from './environment.ts'
import { valueAt } from './issues.ts'

/** A key of the config with what counts where nobody has said anything about it. */
type Default = readonly [path: Path, value: JsonValue]

/** What an earlier program had. */
export const PRODUCTION_LIMIT = { max: 100, timeWindow: '1 minute' } as const

/** What `--production` stands for: a gateway that serves others. */
const PRODUCTION: readonly Default[] = [
  [['logging', 'pretty'], false],
  [['server', 'workers'], 'auto'],
  [['server', 'bodyLimit'], '10mb'],
  [['server', 'rateLimit'], PRODUCTION_LIMIT],
  [['server', 'compression', 'clients'], 'all'],
]

/** What `--health-monitoring` stands for. */
const HEALTH_MONITORING: readonly Default[] = [
  [['healthChecks', 'enabled'], true],
  [['alerts', 'enabled'], true],
]

/** `value` with the defaults of the presets that the flags name. Whatever stands in it already wins. */
export function withPresets(value: JsonValue, { production, healthMonitoring }: FlagOverrides): JsonValue {
  const defaults = [...(production === true ? PRODUCTION : []), ...(healthMonitoring === true ? HEALTH_MONITORING : [])]
  return defaults
    .filter(([path]) => !isPointless(path, value))
    .reduce((filled, [path, given]) => withDefault(filled, path, given), value)
}

/** Sessions in the memory of one process have no room for workers. */
function isPointless(path: Path, value: JsonValue): boolean {
  return path[1] === 'workers' && valueAt(value, ['sessions', 'store']) === 'memory'
}

export function withDefault(value: JsonValue, path: Path, given: JsonValue): JsonValue {
  return valueAt(value, path) === undefined ? replaceAt(value, path, given) : value
}
