import * as z from 'zod/mini'
import { checked } from '../lib/checked.ts'
import { formatDuration, parseDuration } from '../lib/duration.ts'
import type { JsonValue } from '../lib/json.ts'
import { TOOL_RULE } from '../lib/tool-rule.ts'
import { USUAL_OVERLAP } from './key-registry.ts'
import type { KeyRules } from './virtual-key.ts'

const NAME = /^[\w.@ -]{1,64}$/
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/
/** More than anybody needs, and little enough to be kept in memory for thousands of keys. */
const LONGEST_TEXT = 256
const MOST_ITEMS = 100
const MOST_REQUESTS = 1_000_000_000

const error = (expected: string): { readonly error: string } => ({ error: expected })

const IS_NAME = error('a name of up to 64 letters, digits, blanks and . @ _ -')
const IS_TEXT = error(`a text of 1 to ${LONGEST_TEXT} characters`)
const IS_LIST = error(`a list of at most ${MOST_ITEMS} names and patterns, or null`)
const IS_TOOL = error('a tool as Claude Code writes it, such as "Read" or "Bash(git *)"')
const IS_TOOLS = error(`a list of at most ${MOST_ITEMS} tools and patterns`)
const IS_MAX = error('a whole number from 1 up')
const IS_LIMIT = error('an object with "max" and "timeWindow", or null')
const IS_DATE = 'a date such as "2027-01-31", or null'
const IS_TIME = 'a time such as "30s" or "1h", up to 24 days'
const IS_METADATA = `an object of at most ${MOST_ITEMS} texts`

const text = z.string(IS_TEXT).check(z.minLength(1, IS_TEXT), z.maxLength(LONGEST_TEXT, IS_TEXT))
const list = z.array(text, IS_LIST).check(z.maxLength(MOST_ITEMS, IS_LIST))

const tools = z.array(text.check(z.regex(TOOL_RULE, IS_TOOL)), IS_TOOLS).check(z.maxLength(MOST_ITEMS, IS_TOOLS))

const refuse = (context: z.core.ParsePayload, message: string, path: PropertyKey[] = []): never => {
  context.issues.push({ code: 'custom', message, input: context.value, path })
  return z.NEVER
}

/** Milliseconds, at least so many. */
const duration = (least: number) =>
  z.pipe(
    z.union([z.number(), z.string()], error(IS_TIME)),
    z.transform((value: number | string, context) => {
      const milliseconds = parseDuration(value)
      return milliseconds === null || milliseconds < least ? refuse(context, IS_TIME) : milliseconds
    }),
  )

const rateLimit = z.strictObject(
  {
    max: z.int(IS_MAX).check(z.minimum(1, IS_MAX), z.maximum(MOST_REQUESTS, IS_MAX)),
    timeWindow: z.prefault(duration(1), '1 minute'),
  },
  IS_LIMIT,
)

const date = z.pipe(
  z.string(error(IS_DATE)).check(z.regex(DATE, error(IS_DATE))),
  z.transform((value: string, context) => {
    const time = Date.parse(value)
    return Number.isNaN(time) ? refuse(context, IS_DATE) : time
  }),
)

/** By hand, as a record of the library drops what is called like a property of objects. */
const metadata = z
  .pipe(
    z.unknown(),
    z.transform((value: unknown, context): Readonly<Record<string, string>> => {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return refuse(context, IS_METADATA)
      const entries = Object.entries(value).map(([name, given]: [string, unknown]) => [name, given] as const)
      if (entries.length > MOST_ITEMS || entries.some(([name]) => name.length > LONGEST_TEXT)) {
        return refuse(context, IS_METADATA)
      }
      const texts: (readonly [string, string])[] = []
      for (const [name, given] of entries) {
        if (typeof given !== 'string' || given.length > LONGEST_TEXT) return refuse(context, IS_TEXT.error, [name])
        texts.push([name, given])
      }
      return Object.fromEntries(texts)
    }),
  )
  .check(
    z.meta({
      type: 'object',
      maxProperties: MOST_ITEMS,
      additionalProperties: { type: 'string', maxLength: LONGEST_TEXT },
      description: 'Of no meaning to the gateway.',
    }),
  )

const name = z
  .string(IS_NAME)
  .check(z.regex(NAME, IS_NAME), z.meta({ description: 'Unique among the keys; stands in logs in place of the key.' }))

const IS_OBJECT = error('a JSON object')

/** Each field that somebody may set, as JSON has it. Whatever else a key has is not theirs to set. */
export const KEY_CHANGES = z.strictObject(
  {
    name: z.exactOptional(name),
    owner: z.exactOptional(z.nullable(text).check(z.meta({ description: 'Whoever answers for it.' }))),
    models: z.exactOptional(
      z.nullable(list).check(z.meta({ description: 'Model names and patterns that it may ask for; null: all.' })),
    ),
    routes: z.exactOptional(
      z.nullable(list).check(z.meta({ description: 'Paths and patterns of routes that it may call; null: all.' })),
    ),
    rateLimit: z.exactOptional(
      z.nullable(rateLimit).check(z.meta({ description: 'In place of `server.rateLimit`; null: that one.' })),
    ),
    claudeTools: z.exactOptional(
      tools.check(
        z.meta({
          description:
            "Claude Code's own tools that it may use, of those that the provider's config allows: names and patterns, `*` for all.",
          examples: [['Read', 'Bash(git *)']],
        }),
      ),
    ),
    expires: z.exactOptional(
      z
        .nullable(date)
        .check(z.meta({ description: 'From then on it is refused; null: never.', examples: ['2027-01-31'] })),
    ),
    disabled: z.exactOptional(
      z.boolean(error('true or false')).check(z.meta({ description: 'Refused until it is enabled again.' })),
    ),
    metadata: z.exactOptional(metadata),
  },
  IS_OBJECT,
)

/** The same for a key that is to be made: it needs a name. */
export const KEY_RULES = z.extend(KEY_CHANGES, { name })

export const KEY_ROTATION = z.strictObject(
  {
    overlap: z
      .prefault(duration(0), formatDuration(USUAL_OVERLAP))
      .check(z.meta({ description: 'How long the old secret goes on.' })),
  },
  IS_OBJECT,
)

const EVERYTHING: Omit<KeyRules, 'name'> = {
  owner: null,
  models: null,
  routes: null,
  rateLimit: null,
  claudeTools: [],
  expiresAt: null,
  disabled: false,
  metadata: {},
}

/** What is to be different about a key. */
export function changesFrom({ expires, ...others }: z.output<typeof KEY_CHANGES>): Partial<KeyRules> {
  return expires === undefined ? others : { ...others, expiresAt: expires }
}

/** A new key's rules. */
export function rulesFrom({ name: given, ...others }: z.output<typeof KEY_RULES>): KeyRules {
  return { ...EVERYTHING, ...changesFrom(others), name: given }
}

/** Throws GatewayError `invalid_request`, also for fields that nobody may set. */
export function rulesOf(value: JsonValue): KeyRules {
  return rulesFrom(checked(KEY_RULES, value, 'body'))
}
