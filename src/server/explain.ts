import { operationRoute } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRequest, PlainRoute } from './plain-route.ts'

/**
 * `POST /v1/route/explain?path=/v1/chat/completions`: the body is the request that would be sent to that path. Answers
 * with candidates, exclusions and the choice, and calls no vendor.
 */
export function explainRoute(explain: (path: string, request: PlainRequest) => Promise<unknown>): PlainRoute {
  return operationRoute(
    'POST',
    '/v1/route/explain',
    'key',
    async () => (await import('./operations/explain.ts')).EXPLAIN,
    async ({ query }, request) => jsonAnswer(200, JSON.stringify(await explain(query.path, request))),
  )
}
