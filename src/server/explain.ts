import { jsonAnswer } from './plain-route.ts'
import type { PlainRequest, PlainRoute } from './plain-route.ts'

/** Where clients send what they want to have generated; what `?path=` may name. */
const DEFAULT_PATH = '/v1/messages'

/**
 * `POST /v1/route/explain?path=/v1/chat/completions`: the body is the request that would be sent to that path. Answers
 * with candidates, exclusions and the choice, and calls no vendor.
 */
export function explainRoute(explain: (path: string, request: PlainRequest) => Promise<unknown>): PlainRoute {
  return {
    method: 'POST',
    path: '/v1/route/explain',
    access: 'key',
    answer: async (request) => {
      const path = new URLSearchParams(request.query).get('path') ?? DEFAULT_PATH
      return jsonAnswer(200, JSON.stringify(await explain(path, request)))
    },
  }
}
