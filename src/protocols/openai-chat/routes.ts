import type { ProtocolRoute } from '../protocol.ts'

/** https://platform.openai.com/docs/api-reference/chat. Model ids may hold slashes (`openai/gpt-5.5`). */
export const ROUTES: readonly ProtocolRoute[] = [
  { method: 'POST', path: '/v1/chat/completions', operation: 'generate', public: false },
  { method: 'GET', path: '/v1/models', operation: 'list-models', public: false },
  { method: 'GET', path: '/v1/models/{id...}', operation: 'get-model', public: false },
]
