import { parseDuration } from '../lib/duration.ts'
import { GatewayError } from '../lib/error.ts'
import type { JsonValue } from '../lib/json.ts'
import { NAME, problemOf, termsOf } from './rule.ts'
import type { RuleTerms, RuleWish } from './rule.ts'

const LONGEST_METRIC = 200
const MOST_REQUESTS = 1_000_000_000

/** Each field that somebody may set, as JSON has it: as in the config. */
const READERS: { readonly [F in keyof RuleTerms]: (value: JsonValue) => Pick<RuleTerms, F> } = {
  name: (value) => ({ name: nameOf(value) }),
  metric: (value) => ({ metric: metricOf(value) }),
  operator: (value) => ({ operator: operatorOf(value) }),
  warning: (value) => ({ warning: thresholdOf(value, 'warning') }),
  critical: (value) => ({ critical: thresholdOf(value, 'critical') }),
  window: (value) => ({ window: timeOf(value, 'window') }),
  cooldown: (value) => ({ cooldown: timeOf(value, 'cooldown') }),
  hysteresis: (value) => ({ hysteresis: numberOf(value, 'hysteresis', 0, 1) }),
  minRequests: (value) => ({ minRequests: numberOf(value, 'minRequests', 0, MOST_REQUESTS) }),
}

/** A new rule. Throws GatewayError `invalid_request`, also for fields that nobody may set. */
export function termsFrom(body: JsonValue): RuleTerms {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new GatewayError('invalid_request', 'The body has to be a JSON object.')
  }
  const wish: Partial<RuleWish> = {}
  for (const [name, given] of Object.entries(body)) {
    if (!isField(name)) throw invalid(name, `A rule has no field ${JSON.stringify(name)} that can be set.`)
    Object.assign(wish, READERS[name](given))
  }
  const { name, ...others } = wish
  if (name === undefined) throw invalid('name', 'A rule needs a name.')
  if (others.metric === undefined) throw invalid('metric', 'A rule needs a metric.')
  const terms = termsOf({ ...others, name })
  const problem = problemOf(terms)
  if (problem === null) return terms
  throw invalid(problem.field, `${problem.field} ${problem.message}: ${problem.fix}.`)
}

function isField(name: string): name is keyof typeof READERS {
  return Object.hasOwn(READERS, name)
}

function nameOf(value: JsonValue): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  throw invalid('name', 'A name has up to 64 letters, digits, blanks and . @ _ -')
}

function metricOf(value: JsonValue): string {
  if (typeof value === 'string' && value.length <= LONGEST_METRIC) return value
  throw invalid('metric', `metric has to be a text of at most ${LONGEST_METRIC} characters.`)
}

function operatorOf(value: JsonValue): RuleTerms['operator'] {
  if (value === 'above' || value === 'below') return value
  throw invalid('operator', 'operator has to be "above" or "below".')
}

function thresholdOf(value: JsonValue, param: string): number | null {
  if (value === null || (typeof value === 'number' && Number.isFinite(value))) return value
  throw invalid(param, `${param} has to be a number, or null.`)
}

function numberOf(value: JsonValue, param: string, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw invalid(param, `${param} has to be a number from ${least} to ${most}.`)
}

function timeOf(value: JsonValue, param: string): number {
  const milliseconds = typeof value === 'number' || typeof value === 'string' ? parseDuration(value) : null
  if (milliseconds === null) throw invalid(param, `${param} has to be a time such as "30s" or "5m".`)
  return milliseconds
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}
