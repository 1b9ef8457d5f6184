import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'

const tag = 'Dashboard'

const series = z.array(
  z.object({ timestamp: z.number().check(z.meta({ description: 'Unix milliseconds.' })), value: z.number() }),
)

const bytes = z.int().check(z.meta({ description: 'Bytes.' }))

export const DASHBOARD = operation({
  tag,
  summary: 'The gateway in short',
  details:
    'Browsers get a page, which asks the admin API. Where other machines reach the gateway, the figures are for holders of a key or of the admin token.',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'For programs the figures of now',
      schema: z.object({
        overview: z.object({
          status: z.enum(['healthy', 'degraded', 'unhealthy']),
          uptime: z.number().check(z.meta({ description: 'Seconds.' })),
          version: z.string(),
        }),
        performance: z.object({
          avgResponseTime: z.number().check(z.meta({ description: 'Milliseconds.' })),
          requestsPerMinute: z.number(),
          errorRate: z.number().check(z.meta({ description: '0 to 1.' })),
        }),
        resources: z.object({
          memory: z.looseObject({ rss: bytes, heapUsed: bytes, heapTotal: bytes, external: bytes }),
          cpu: z
            .object({ user: z.int(), system: z.int() })
            .check(z.meta({ description: 'Microseconds since the start.' })),
          sessions: z.object({ totalSessions: z.int(), activeSessions: z.int(), expiredSessions: z.int() }),
        }),
        recent: z.object({
          responseTime: series.check(z.meta({ description: 'Milliseconds, the oldest first.' })),
          errors: series.check(z.meta({ description: 'One entry for each, the oldest first.' })),
        }),
      }),
      also: 'text/html',
    },
  },
  errors: ['unauthorized'],
})

export const ASSET = operation({
  tag,
  summary: 'A file that the page at /dashboard loads',
  params: { name: 'Its name, as the page has it' },
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'The file', type: 'text/javascript', also: 'text/css' } },
  errors: ['route_not_found'],
})
