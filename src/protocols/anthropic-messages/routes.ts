import type { Headers } from '../../lib/headers.ts'
import type { ProtocolRoute } from '../protocol.ts'

export const ROUTES: readonly ProtocolRoute[] = [
  {
    method: 'POST',
    path: '/v1/messages',
    operation: 'generate',
    public: false,
    describe: async () => (await import('./descriptions.ts')).MESSAGES,
  },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    operation: 'count-tokens',
    public: false,
    describe: async () => (await import('./descriptions.ts')).COUNT_TOKENS,
  },
  {
    method: 'GET',
    path: '/v1/models',
    operation: 'list-models',
    public: false,
    describe: async () => (await import('./descriptions.ts')).LIST_MODELS,
  },
  {
    method: 'GET',
    path: '/v1/models/{id...}',
    operation: 'get-model',
    public: false,
    describe: async () => (await import('./descriptions.ts')).GET_MODEL,
  },
  // Claude Code asks this at its start, without a key, to see whether anybody is there.
  {
    method: 'HEAD',
    path: '/api/hello',
    operation: 'hello',
    public: true,
    describe: async () => (await import('./descriptions.ts')).HELLO,
  },
]

/** Every client of the Messages API says which version of it it speaks. */
export function claims(headers: Headers): boolean {
  return headers['anthropic-version'] !== undefined
}
