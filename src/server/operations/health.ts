import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'
import { TIME } from './shared.ts'

const tag = 'Health'

const status = z.enum(['healthy', 'degraded', 'unhealthy'])

const overview = {
  status,
  service: z.string(),
  version: z.string(),
  timestamp: TIME,
  uptime: z.number().check(z.meta({ description: 'Seconds.' })),
  memory: z.looseObject({ rss: z.int(), heapUsed: z.int(), heapTotal: z.int() }),
  cpu: z.looseObject({ user: z.int(), system: z.int() }),
  sessions: z.object({ active: z.int(), total: z.int() }),
  performance: z.object({ avgResponseTime: z.number(), requestRate: z.number() }),
}

const deployment = z.looseObject({ key: z.string(), state: z.string(), blockedFor: z.number() })

export const HEALTH = operation({
  tag,
  summary: 'How the gateway is',
  details: 'Where other machines reach it, strangers learn no more than the status.',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: { summary: 'It answers', schema: z.union([z.object(overview), z.object({ status })]) },
    503: { summary: 'It cannot answer', schema: z.union([z.object(overview), z.object({ status })]) },
  },
})

export const LIVE = operation({
  tag,
  summary: 'Is the process alive?',
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'It is', schema: z.object({ status: z.literal('alive') }) } },
})

const readiness = z.object({ status: z.enum(['ready', 'not-ready']), reason: z.optional(z.string()) })

export const READY = operation({
  tag,
  summary: 'Should requests be sent here?',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: { summary: 'Yes', schema: readiness },
    503: { summary: 'No', schema: readiness },
  },
})

const worker = z.looseObject({ pid: z.int(), uptime: z.number(), inFlight: z.int(), draining: z.boolean() })

const details = z.object({
  ...overview,
  requests: z.int(),
  inFlight: z.int(),
  draining: z.boolean(),
  deployments: z.array(deployment),
  workers: z.array(worker),
  replaced: z.optional(z.object({ total: z.int(), hung: z.int() })),
  providers: z.optional(z.array(z.looseObject({ status: z.string() }))),
})

export const DETAILED = operation({
  tag,
  summary: 'How each deployment is',
  details: 'Where other machines reach the gateway, for holders of a key.',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: { summary: 'It answers', schema: details },
    503: { summary: 'It cannot answer', schema: details },
  },
  errors: ['unauthorized'],
})
