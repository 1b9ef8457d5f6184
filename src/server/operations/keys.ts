import * as z from 'zod/mini'
import { changesFrom, KEY_CHANGES, KEY_ROTATION, KEY_RULES, rulesFrom } from '../../admission/key-json.ts'
import { NOTHING, operation } from '../operation.ts'
import { TIME } from './shared.ts'

const tag = 'Keys'

const key = z.object({
  id: z.string(),
  name: z.string(),
  source: z.enum(['config', 'store']).check(z.meta({ description: 'Those of the config are changed in its file.' })),
  status: z.enum(['active', 'disabled', 'expired', 'revoked']),
  owner: z.nullable(z.string()),
  models: z.nullable(z.array(z.string())),
  routes: z.nullable(z.array(z.string())),
  rateLimit: z.nullable(z.object({ max: z.int(), timeWindow: z.string() })),
  claudeTools: z.array(z.string()),
  expires: z.nullable(TIME),
  disabled: z.boolean(),
  metadata: z.record(z.string(), z.string()),
  secrets: z.array(z.object({ hint: z.string(), created: z.nullable(TIME), expires: z.nullable(TIME) })),
  created: z.nullable(TIME),
  revoked: z.nullable(TIME),
})

const issued = z.extend(key, {
  key: z.string().check(z.meta({ description: 'What clients send. It is shown this once.' })),
})

const params = { id: 'The id or the name of a key' }

export const CREATE = operation({
  tag,
  summary: 'Make a key',
  query: NOTHING,
  body: {
    schema: z.pipe(KEY_RULES, z.transform(rulesFrom)),
    example: { name: 'laptop', models: ['claude-*'], rateLimit: { max: 60, timeWindow: '1m' } },
  },
  answers: { 201: { summary: 'The key, with its secret', schema: issued } },
})

export const LIST = operation({
  tag,
  summary: 'List all keys, those of the config first',
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'The keys, without their secrets', schema: z.object({ keys: z.array(key) }) } },
})

export const GET = operation({
  tag,
  summary: 'Look at a key',
  params,
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'The key, without its secret', schema: key } },
})

export const CHANGE = operation({
  tag,
  summary: 'Change what a key may do',
  details: 'Fields that are left out stay as they are.',
  params,
  query: NOTHING,
  body: { schema: z.pipe(KEY_CHANGES, z.transform(changesFrom)), example: { disabled: true } },
  answers: { 200: { summary: 'The key as it is now', schema: key } },
})

export const REVOKE = operation({
  tag,
  summary: 'Revoke a key for good, or forget one that is revoked',
  params,
  query: z.strictObject({
    forget: z
      .exactOptional(z.literal('true', { error: '"true"' }))
      .check(z.meta({ description: 'Take a revoked key out of the list.' })),
  }),
  body: NOTHING,
  answers: {
    200: {
      summary: 'The key as it is now, or that it is forgotten',
      schema: z.union([key, z.object({ forgotten: z.literal(true) })]),
    },
  },
})

export const ROTATE = operation({
  tag,
  summary: 'Give a key another secret',
  details: 'The one before goes on for a while, so that clients can be changed one after the other.',
  params,
  query: NOTHING,
  body: { schema: KEY_ROTATION, without: {}, example: { overlap: '1d' } },
  answers: { 200: { summary: 'The key, with its new secret', schema: issued } },
})
