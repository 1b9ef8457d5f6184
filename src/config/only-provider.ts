import type { JsonValue } from '../lib/json.ts'

const SIMULATOR = 'simulator'

/** Names that clients have in their settings; a vendor without models has none of its own for them. */
const SIMULATED = ['sonnet', 'opus', 'haiku', 'claude-*', 'gpt-*']

/** The config with one vendor in place of all, and without what it says of others: where requests go. */
export function withOnlyProvider(value: JsonValue, type: string): JsonValue {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const { models: _models, router: _router, ...rest } = value
  const providers = [{ id: type, type }]
  if (type !== SIMULATOR) return { ...rest, providers }
  const routes = SIMULATED.map((name) => [name, `${SIMULATOR}/text`] as const)
  return { ...rest, providers, models: { ...Object.fromEntries(routes), '*': `${SIMULATOR}/*` } }
}
