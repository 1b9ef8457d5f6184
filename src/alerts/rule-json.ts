import * as z from 'zod/mini'
import { parseDuration } from '../lib/duration.ts'
import { GatewayError } from '../lib/error.ts'
import { NAME, problemOf, termsOf } from './rule.ts'
import type { RuleTerms } from './rule.ts'

const LONGEST_METRIC = 200
const MOST_REQUESTS = 1_000_000_000

const error = (expected: string): { readonly error: string } => ({ error: expected })

const IS_NAME = error('a name of up to 64 letters, digits, blanks and . @ _ -')
const IS_METRIC = error(`a text of at most ${LONGEST_METRIC} characters`)
const IS_OPERATOR = error('"above" or "below"')
const IS_THRESHOLD = error('a number, or null')
const IS_TIME = 'a time such as "30s" or "5m"'

const threshold = z.exactOptional(z.nullable(z.number(IS_THRESHOLD)))

/** Milliseconds. */
const time = z.exactOptional(
  z.pipe(
    z.union([z.number(), z.string()], error(IS_TIME)),
    z.transform((value: number | string, context) => {
      const milliseconds = parseDuration(value)
      if (milliseconds !== null) return milliseconds
      context.issues.push({ code: 'custom', message: IS_TIME, input: value })
      return z.NEVER
    }),
  ),
)

function numberTo(most: number) {
  const expected = error(`a number from 0 to ${most}`)
  return z.exactOptional(z.number(expected).check(z.minimum(0, expected), z.maximum(most, expected)))
}

/** Each field that somebody may set, as JSON has it: as in the config. */
export const RULE_WISH = z.strictObject(
  {
    name: z.string(IS_NAME).check(z.regex(NAME, IS_NAME)),
    metric: z
      .string(IS_METRIC)
      .check(
        z.maxLength(LONGEST_METRIC, IS_METRIC),
        z.meta({ description: 'A metric, or the path of a number in `/debug/metrics`.' }),
      ),
    operator: z.exactOptional(z.enum(['above', 'below'], IS_OPERATOR)),
    warning: threshold,
    critical: threshold,
    window: time.check(z.meta({ description: 'Over which the metric is looked at.', examples: ['5m'] })),
    cooldown: time.check(z.meta({ description: 'Between two messages about the same.', examples: ['5m'] })),
    hysteresis: numberTo(1),
    minRequests: numberTo(MOST_REQUESTS),
  },
  error('a JSON object'),
)

/** A new rule. Throws GatewayError `invalid_request` where its fields do not go together. */
export function termsFrom(wish: z.output<typeof RULE_WISH>): RuleTerms {
  const terms = termsOf(wish)
  const problem = problemOf(terms)
  if (problem === null) return terms
  const { field, message, fix } = problem
  throw new GatewayError('invalid_request', `${field} ${message}: ${fix}.`, { param: field })
}
