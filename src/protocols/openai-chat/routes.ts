import type { ProtocolRoute } from '../protocol.ts'

/** https://platform.openai.com/docs/api-reference/chat. Model ids may hold slashes (`openai/gpt-5.5`). */
export const ROUTES: readonly ProtocolRoute[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    operation: 'generate',
    public: false,
    describe: async () => (await import('./descriptions.ts')).CHAT,
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
]
