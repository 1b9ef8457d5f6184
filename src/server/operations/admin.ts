import * as z from 'zod/mini'
import { readCursor } from '../../observe/journal-cursor.ts'
import { KEPT_POINTS, SERIES_INTERVAL } from '../../observe/series-recorder.ts'
import { NOTHING, operation } from '../operation.ts'
import { readSessionPlace } from '../session-place.ts'
import { cursor, whole } from './shared.ts'

const tag = 'Dashboard'

const DEFAULT_MINUTES = 60
const MOST_MINUTES = Math.floor((KEPT_POINTS * SERIES_INTERVAL) / 60)
const DEFAULT_PAGE = 100
const MOST_IN_PAGE = 500

const noted = (description: string) => z.meta({ description })

const milliseconds = z.number().check(noted('Unix milliseconds.'))

const tokens = z.object({
  input: z.int(),
  cacheRead: z.int(),
  cacheWrite: z.int(),
  output: z.int(),
  reasoning: z.int(),
})

const cost = z.object({
  dollars: z.number().check(noted('US dollars: what a provider said that it spent, and list prices for the rest.')),
  unpriced: z.int().check(noted('Requests that are not in it, as their price is not known.')),
})

const cache = z.object({ entries: z.int(), bytes: z.int(), hits: z.int(), misses: z.int() })

const deployment = z.object({
  key: z.string(),
  state: z.enum(['closed', 'open', 'half-open']),
  failures: z.int(),
  successes: z.int(),
  blockedFor: z.number().check(noted('Milliseconds until a request may go there.')),
  why: z.nullable(z.string()),
})

const provider = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  source: z.string().check(noted('How it was found: the file, a variable, a local server.')),
  baseUrl: z.string(),
  models: z.int(),
  requests: z.int(),
  failedAttempts: z.int(),
  tokens,
  cost,
  deployments: z.array(deployment),
})

const latency = z.object({ average: z.number(), p50: z.number(), p95: z.number(), p99: z.number() })

const overview = z.object({
  service: z.string(),
  version: z.string(),
  takenAt: milliseconds,
  uptime: z.number().check(noted('Seconds.')),
  processes: z.int(),
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  requests: z.object({
    total: z.int(),
    errors: z.int(),
    streaming: z.int(),
    inFlight: z.int(),
    perSecond: z.number().check(noted('Over the last minute.')),
    errorRate: z.number().check(noted('Over the last minute, 0 to 1.')),
  }),
  latency: latency.check(noted('Over the last minute, in milliseconds.')),
  firstToken: z
    .nullable(latency)
    .check(
      noted('Until the first content of streams, over the last minute, in milliseconds; null where none had any.'),
    ),
  tokens,
  cost,
  memory: z
    .object({
      rss: z.int(),
      heapUsed: z.int(),
      ratio: z.number().check(noted('The used share of the nearer limit.')),
      underPressure: z.boolean(),
      shedding: z.boolean(),
    })
    .check(noted('Bytes.')),
  eventLoop: z
    .object({ p50: z.number(), p99: z.number(), max: z.number() })
    .check(noted('Milliseconds that the busiest event loop was late, in the worst ten seconds of the last minute.')),
  caches: z.object({
    response: cache,
    warm: cache,
    coalesced: z.int().check(noted("Requests that waited for another's call.")),
  }),
  sessions: z.nullable(
    z.object({ active: z.int(), total: z.int(), created: z.int(), evicted: z.int(), expired: z.int() }),
  ),
  refused: z.object({ rateLimited: z.int(), overloaded: z.int() }),
  errors: z.record(z.string(), z.int()).check(noted('By their code.')),
  providers: z.array(provider),
})

export const OVERVIEW = operation({
  tag,
  summary: 'The gateway at this moment, all its workers as one',
  details: 'Counts are since the start.',
  query: z.strictObject({}),
  body: NOTHING,
  answers: { 200: { summary: 'How it is', schema: overview } },
})

const point = z.object({
  time: milliseconds,
  requests: z.int(),
  errors: z.int(),
  average: z.number().check(noted('Milliseconds.')),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  firstTokenP50: z.nullable(z.number()).check(noted('Milliseconds; null where no stream had content.')),
  firstTokenP95: z.nullable(z.number()),
  firstTokenP99: z.nullable(z.number()),
  inputTokens: z.int(),
  outputTokens: z.int(),
  dollars: z.number(),
  rss: z.int().check(noted('Bytes.')),
  heapUsed: z.int().check(noted('Bytes.')),
  inFlight: z.int(),
  sessions: z.int(),
  loopLag: z.number().check(noted('The 99th percentile of how late the event loop was, in milliseconds.')),
})

export const SERIES = operation({
  tag,
  summary: 'How it went, the oldest first',
  query: z.strictObject({
    minutes: whole(1, MOST_MINUTES, DEFAULT_MINUTES).check(noted('Of the last so many minutes.')),
  }),
  body: NOTHING,
  answers: {
    200: {
      summary: 'What happened within each interval',
      schema: z.object({
        interval: z.int().check(noted('Seconds from point to point.')),
        points: z.array(point),
      }),
    },
  },
})

const limit = whole(1, MOST_IN_PAGE, DEFAULT_PAGE).check(noted('How many at most.'))

const errorsOnly = z
  .prefault(
    z.pipe(
      z.enum(['true', 'false'], { error: 'true or false' }),
      z.transform((value: 'true' | 'false') => value === 'true'),
    ),
    'false',
  )
  .check(noted('Only those that failed.'))

const text = z.nullable(z.string())

const request = z.object({
  requestId: z.string(),
  time: milliseconds.check(noted('Of its end, in Unix milliseconds.')),
  protocol: z.string(),
  operation: z.string(),
  keyName: text,
  requestedModel: text,
  provider: text,
  model: text,
  plan: z.nullable(z.enum(['passthrough', 'translate'])),
  reason: text,
  attempts: z.int(),
  stream: z.boolean(),
  httpStatus: z.int(),
  status: z.string(),
  errorCode: text,
  cache: text,
  duration: z.number().check(noted('Milliseconds.')),
  timeToFirstByte: z.nullable(z.number()).check(noted('Milliseconds.')),
  timeToFirstToken: z
    .nullable(z.number())
    .check(noted('Milliseconds until the first content of a stream; null where there was none.')),
  tokens: z.nullable(tokens),
  dollars: z.nullable(z.number()),
  dropped: z.array(z.string()).check(noted("Fields that the vendor's protocol cannot say.")),
  requestBytes: z.int(),
  replyBytes: z.int(),
})

export const REQUESTS = operation({
  tag,
  summary: 'The requests of late, the newest first',
  query: z.strictObject({
    after: cursor(readCursor, 'the "cursor" of an earlier answer').check(
      noted('The `cursor` of an earlier answer: only what came since then.'),
    ),
    limit,
    errors: errorsOnly,
  }),
  body: NOTHING,
  answers: {
    200: {
      summary: 'Without a word of what was said',
      schema: z.object({ object: z.literal('list'), data: z.array(request), cursor: z.string() }),
    },
  },
})

const session = z.object({
  id: z.string(),
  keyName: z
    .nullable(z.string())
    .check(noted('Of the key, or of the bearer of a token; null: it belongs to nobody with a name.')),
  messages: z.int(),
  bytes: z.int(),
  createdAt: milliseconds,
  lastUsedAt: milliseconds,
  expiresAt: milliseconds,
})

export const SESSIONS = operation({
  tag,
  summary: "List everybody's sessions, those first that live longest",
  query: z.strictObject({
    after: cursor(readSessionPlace, 'the "cursor" of an earlier page').check(noted('The `cursor` of the page before.')),
    limit,
  }),
  body: NOTHING,
  answers: {
    200: {
      summary: 'Without a word of what was said',
      schema: z.object({ object: z.literal('list'), data: z.array(session), cursor: z.nullable(z.string()) }),
    },
  },
})
