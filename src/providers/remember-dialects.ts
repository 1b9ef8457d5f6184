import { ownCopy } from '../lib/own-copy.ts'
import type { ChatDialect } from '../protocols/dialect.ts'
import type { Endpoint, EndpointOf } from './provider.ts'

/** Clients choose names of models: no more than this many are remembered at once, and none that is longer than any real one. */
const MOST_MODELS = 500
const LONGEST_NAME = 200

/**
 * The endpoint, with what it found out about a model remembered: finding out takes ten expressions, which is much of the
 * work of a small request.
 */
export function rememberingDialects(endpoint: Endpoint): Endpoint {
  if (endpoint.protocol !== 'openai-chat' || endpoint.adapt === null) return endpoint
  const { adapt, dialect: own } = endpoint
  const known = new Map<string, ChatDialect>()
  return {
    ...endpoint,
    adapt: (model, dialect) => {
      if (dialect !== own || model.length > LONGEST_NAME) return adapt(model, dialect)
      const before = known.get(model)
      if (before !== undefined) return before
      const adapted = adapt(model, dialect)
      if (known.size >= MOST_MODELS) known.clear()
      known.set(ownCopy(model), adapted)
      return adapted
    },
  } satisfies EndpointOf<'openai-chat'>
}
