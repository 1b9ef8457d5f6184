import type { Headers } from '../../lib/headers.ts'
import type { ProtocolRoute } from '../protocol.ts'

export const ROUTES: readonly ProtocolRoute[] = [
  { method: 'POST', path: '/v1/messages', operation: 'generate', public: false },
  { method: 'POST', path: '/v1/messages/count_tokens', operation: 'count-tokens', public: false },
  { method: 'GET', path: '/v1/models', operation: 'list-models', public: false },
  { method: 'GET', path: '/v1/models/{id...}', operation: 'get-model', public: false },
  // Claude Code asks this at its start, without a key, to see whether anybody is there.
  { method: 'HEAD', path: '/api/hello', operation: 'hello', public: true },
]

/** Every client of the Messages API says which version of it it speaks. */
export function claims(headers: Headers): boolean {
  return headers['anthropic-version'] !== undefined
}
