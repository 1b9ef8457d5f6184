import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'

const tag = 'Figures'

export const DEBUG = operation({
  tag,
  summary: 'Figures for people who look for the reason of something slow',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'Of all processes together',
      schema: z.looseObject({
        performance: z.looseObject({ requests: z.looseObject({ total: z.int() }) }),
        memory: z.object({ heapUsed: z.string(), heapTotal: z.string(), rss: z.string(), external: z.string() }),
        cache: z.looseObject({}),
        providers: z.record(z.string(), z.looseObject({})),
        processes: z.int(),
        uptime: z.number(),
      }),
    },
  },
})

export const PROMETHEUS = operation({
  tag,
  summary: 'The same figures for Prometheus',
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'Of all processes together', type: 'text/plain' } },
})
