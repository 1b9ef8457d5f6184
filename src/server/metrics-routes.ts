import { described } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRoute } from './plain-route.ts'

/** The same figures for people and for a monitoring system. */
export interface MetricsPages {
  debug(): Promise<string>
  prometheus(): Promise<string>
}

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'

/** `GET /debug/metrics` and `GET /metrics`. */
export function metricsRoutes(pages: MetricsPages): readonly PlainRoute[] {
  return [
    {
      method: 'GET',
      path: '/debug/metrics',
      access: 'key',
      describe: described(async () => (await import('./operations/metrics.ts')).DEBUG),
      answer: async () => jsonAnswer(200, await pages.debug()),
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'key',
      describe: described(async () => (await import('./operations/metrics.ts')).PROMETHEUS),
      answer: async () => ({
        status: 200,
        headers: { 'content-type': PROMETHEUS, 'cache-control': 'no-store' },
        body: await pages.prometheus(),
      }),
    },
  ]
}
