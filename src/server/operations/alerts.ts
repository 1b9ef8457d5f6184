import * as z from 'zod/mini'
import { RULE_WISH, termsFrom } from '../../alerts/rule-json.ts'
import { NOTHING, operation } from '../operation.ts'

const tag = 'Alerts'

const state = z.enum(['ok', 'warning', 'critical'])
const threshold = z.nullable(z.number())

const rule = z.object({
  id: z.string(),
  name: z.string(),
  metric: z.string(),
  operator: z.enum(['above', 'below']),
  warning: threshold,
  critical: threshold,
  window: z.number().check(z.meta({ description: 'Seconds over which the metric is looked at.' })),
  cooldown: z.number().check(z.meta({ description: 'Seconds between two messages about the same.' })),
  source: z.enum(['default', 'config', 'store']),
  state,
  value: threshold,
  since: z.nullable(z.number()).check(z.meta({ description: 'Unix milliseconds.' })),
})

const event = z.object({
  time: z.number().check(z.meta({ description: 'Unix milliseconds.' })),
  ruleId: z.string(),
  name: z.string(),
  metric: z.string(),
  state,
  value: z.number(),
  threshold,
})

const params = { id: 'The id or the name of a rule' }

export const LIST = operation({
  tag,
  summary: 'List the rules with how they stand, and what happened lately',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'The rules',
      schema: z.object({ object: z.literal('list'), data: z.array(rule), recent: z.array(event) }),
    },
  },
})

export const CREATE = operation({
  tag,
  summary: 'Make a rule',
  query: NOTHING,
  body: {
    schema: z.pipe(RULE_WISH, z.transform(termsFrom)),
    example: { name: 'slow', metric: 'p95', warning: 3000, critical: 10_000, window: '5m' },
  },
  answers: { 201: { summary: 'The rule', schema: rule } },
})

export const REMOVE = operation({
  tag,
  summary: 'Delete a rule',
  params,
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: { summary: 'It is gone', schema: z.object({ id: z.string(), name: z.string(), deleted: z.literal(true) }) },
  },
})

export const TEST = operation({
  tag,
  summary: 'Send one message to every destination, as if the rule were broken',
  params,
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'What the destinations said',
      schema: z.object({
        object: z.literal('list'),
        data: z.array(
          z.object({
            type: z.string(),
            target: z.string(),
            ok: z.boolean(),
            status: z.nullable(z.int()),
            error: z.nullable(z.string()),
          }),
        ),
      }),
    },
  },
})
