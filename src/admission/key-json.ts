import { formatDuration, parseDuration } from '../lib/duration.ts'
import { GatewayError } from '../lib/error.ts'
import type { JsonValue } from '../lib/json.ts'
import type { RateLimitSettings } from './rate-counter.ts'
import { refusedFrom } from './virtual-key.ts'
import type { KeyRules, VirtualKey } from './virtual-key.ts'

type Fields = { [key: string]: JsonValue }

const NAME = /^[\w.@ -]{1,64}$/
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/
/** More than anybody needs, and little enough to be kept in memory for thousands of keys. */
const LONGEST_TEXT = 256
const MOST_ITEMS = 100

/** Each field that somebody may set, as JSON has it. Whatever else a key has is not theirs to set. */
const READERS: { readonly [F in keyof KeyRules as Field<F>]: (value: JsonValue) => Pick<KeyRules, F> } = {
  name: (value) => ({ name: nameOf(value) }),
  owner: (value) => ({ owner: value === null ? null : textOf(value, 'owner') }),
  models: (value) => ({ models: value === null ? null : listOf(value, 'models') }),
  routes: (value) => ({ routes: value === null ? null : listOf(value, 'routes') }),
  rateLimit: (value) => ({ rateLimit: value === null ? null : rateLimitOf(value) }),
  expires: (value) => ({ expiresAt: value === null ? null : dateOf(value) }),
  disabled: (value) => ({ disabled: flagOf(value, 'disabled') }),
  metadata: (value) => ({ metadata: textsOf(value) }),
}

/** What a field is called in JSON, which is what it is called in the config. */
type Field<F extends keyof KeyRules> = F extends 'expiresAt' ? 'expires' : F

const EVERYTHING: Omit<KeyRules, 'name'> = {
  owner: null,
  models: null,
  routes: null,
  rateLimit: null,
  expiresAt: null,
  disabled: false,
  metadata: {},
}

/** A new key's rules. Throws GatewayError `invalid_request`, also for fields that nobody may set. */
export function rulesOf(value: JsonValue): KeyRules {
  const { name, ...changes } = changesOf(value)
  if (name === undefined) throw invalid('name', 'A key needs a name.')
  return { ...EVERYTHING, ...changes, name }
}

/** What is to be different about a key. Throws as `rulesOf`. */
export function changesOf(value: JsonValue): Partial<KeyRules> {
  const changes: Partial<KeyRules> = {}
  for (const [name, given] of Object.entries(objectOf(value))) {
    if (!isField(name)) throw invalid(name, `A key has no field ${JSON.stringify(name)} that can be set.`)
    Object.assign(changes, READERS[name](given))
  }
  return changes
}

/** Milliseconds, from `{"overlap": "1h"}`, and from nothing. Throws as `rulesOf`. */
export function overlapOf(value: JsonValue, usual: number): number {
  const { overlap, ...others } = objectOf(value)
  const [other] = Object.keys(others)
  if (other !== undefined) throw invalid(other, 'Rotating takes nothing but "overlap".')
  return overlap === undefined ? usual : durationOf(overlap, 'overlap')
}

/** A key for people and programs. Holds no secret, and no hash of one. */
export function keyToJson(key: VirtualKey, source: 'config' | 'store', now: number): Fields {
  const { id, name, owner, models, routes, rateLimit, expiresAt, disabled, metadata, secrets, createdAt } = key
  return {
    id,
    name,
    source,
    status: statusOf(key, now),
    owner,
    models: models === null ? null : [...models],
    routes: routes === null ? null : [...routes],
    rateLimit: rateLimit === null ? null : { max: rateLimit.max, timeWindow: formatDuration(rateLimit.timeWindow) },
    expires: timeOf(expiresAt),
    disabled,
    metadata: { ...metadata },
    secrets: secrets.map(({ hint, createdAt: made, expiresAt: end }) => ({
      hint,
      created: made === 0 ? null : timeOf(made),
      expires: timeOf(end),
    })),
    created: createdAt === 0 ? null : timeOf(createdAt),
    revoked: timeOf(key.revokedAt),
  }
}

function statusOf(key: VirtualKey, now: number): string {
  if (key.revokedAt !== null) return 'revoked'
  if (key.disabled) return 'disabled'
  return refusedFrom(key) <= now ? 'expired' : 'active'
}

function timeOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

function isField(name: string): name is keyof typeof READERS {
  return Object.hasOwn(READERS, name)
}

function objectOf(value: JsonValue): Fields {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value
  throw new GatewayError('invalid_request', 'The body has to be a JSON object.')
}

function nameOf(value: JsonValue): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  throw invalid('name', 'A name has up to 64 letters, digits, blanks and . @ _ -')
}

function textOf(value: JsonValue, param: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT) return value
  throw invalid(param, `${param} has to be a text of at most ${LONGEST_TEXT} characters.`)
}

function listOf(value: JsonValue, param: string): readonly string[] {
  if (!Array.isArray(value) || value.length > MOST_ITEMS) {
    throw invalid(param, `${param} has to be a list of at most ${MOST_ITEMS} names and patterns, or null.`)
  }
  return value.map((item, index) => textOf(item, `${param}.${index}`))
}

function rateLimitOf(value: JsonValue): RateLimitSettings {
  const { max, timeWindow = '1 minute', ...others } = objectOf(value)
  const [other] = Object.keys(others)
  if (other !== undefined) throw invalid(`rateLimit.${other}`, 'A rate limit has "max" and "timeWindow".')
  if (typeof max !== 'number' || !Number.isSafeInteger(max) || max < 1 || max > 1_000_000_000) {
    throw invalid('rateLimit.max', 'rateLimit.max has to be a whole number from 1 up.')
  }
  const milliseconds = durationOf(timeWindow, 'rateLimit.timeWindow')
  if (milliseconds === 0) throw invalid('rateLimit.timeWindow', 'rateLimit.timeWindow has to be longer than nothing.')
  return { max, timeWindow: milliseconds }
}

function durationOf(value: JsonValue, param: string): number {
  const milliseconds = typeof value === 'number' || typeof value === 'string' ? parseDuration(value) : null
  if (milliseconds === null) throw invalid(param, `${param} has to be a time such as "30s" or "1h", up to 24 days.`)
  return milliseconds
}

function dateOf(value: JsonValue): number {
  const time = typeof value === 'string' && DATE.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) throw invalid('expires', 'expires has to be a date such as "2027-01-31", or null.')
  return time
}

function flagOf(value: JsonValue, param: string): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(param, `${param} has to be true or false.`)
}

function textsOf(value: JsonValue): Readonly<Record<string, string>> {
  const entries = Object.entries(objectOf(value))
  if (entries.length > MOST_ITEMS) throw invalid('metadata', `metadata has at most ${MOST_ITEMS} entries.`)
  return Object.fromEntries(
    entries.map(([name, text]) => {
      if (name.length > LONGEST_TEXT) throw invalid('metadata', 'The names in metadata are too long.')
      if (typeof text === 'string' && text.length <= LONGEST_TEXT) return [name, text]
      throw invalid(`metadata.${name}`, `Each value of metadata is a text of at most ${LONGEST_TEXT} characters.`)
    }),
  )
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}
