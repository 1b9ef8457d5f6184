import { LRUCache } from 'lru-cache'
import type { ChatDialect } from '../protocols/dialect.ts'
import type { Endpoint, EndpointOf } from './provider.ts'

/** Clients choose names of models: more than this many are forgotten, least recently used first. */
const MOST_MODELS = 500

/**
 * The endpoint, with what it found out about a model remembered: finding out takes ten expressions, which is much of the
 * work of a small request.
 */
export function rememberingDialects(endpoint: Endpoint): Endpoint {
  if (endpoint.protocol !== 'openai-chat' || endpoint.adapt === null) return endpoint
  const { adapt, dialect: own } = endpoint
  const known = new LRUCache<string, ChatDialect>({ max: MOST_MODELS })
  return {
    ...endpoint,
    adapt: (model, dialect) => {
      if (dialect !== own) return adapt(model, dialect)
      const before = known.get(model)
      if (before !== undefined) return before
      const adapted = adapt(model, dialect)
      known.set(model, adapted)
      return adapted
    },
  } satisfies EndpointOf<'openai-chat'>
}
