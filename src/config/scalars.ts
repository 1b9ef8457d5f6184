import * as z from 'zod/mini'
import type { JsonValue } from '../lib/json.ts'
import { parseDuration } from '../lib/duration.ts'
import { parseSize } from './size.ts'

/** What is true of a key beyond its type; read by whatever walks the schema. */
export interface Facts {
  /** A number with a unit. */
  readonly kind?: 'duration' | 'size'
  /** Its value is never shown. */
  readonly secret?: boolean
  /** The key of an earlier file format: accepted, does nothing, and this is why. */
  readonly inert?: string
}

export const FACTS = z.registry<Facts>()

/** `expected` completes "must be ...". Messages of the schema are such phrases; `issues.ts` makes sentences of them. */
export interface Words {
  readonly description: string
  readonly examples?: readonly JsonValue[]
}

export interface TextWords extends Words {
  readonly expected: string
  readonly pattern?: RegExp
  readonly secret?: boolean
  /** The empty text is a value too. */
  readonly empty?: boolean
}

function meta(words: Words): { description: string; examples?: JsonValue[] } {
  return words.examples === undefined
    ? { description: words.description }
    : { description: words.description, examples: [...words.examples] }
}

export function text({ expected, pattern, secret = false, empty = false, ...words }: TextWords) {
  const bare = z.string({ error: expected })
  const filled = empty ? bare : bare.check(z.minLength(1, { error: expected }))
  const matching = pattern === undefined ? filled : filled.check(z.regex(pattern, { error: expected }))
  const schema = matching.check(z.meta(meta(words)))
  if (secret) FACTS.add(schema, { secret })
  return schema
}

export function flag(words: Words) {
  return z.boolean({ error: 'true or false' }).check(z.meta(meta(words)))
}

export interface NumberWords extends Words {
  readonly expected: string
  readonly minimum: number
  readonly maximum: number
}

export function whole({ expected, minimum, maximum, ...words }: NumberWords) {
  return z
    .int({ error: expected })
    .check(z.minimum(minimum, { error: expected }), z.maximum(maximum, { error: expected }), z.meta(meta(words)))
}

export function decimal({ expected, minimum, maximum, ...words }: NumberWords) {
  return z
    .number({ error: expected })
    .check(z.minimum(minimum, { error: expected }), z.maximum(maximum, { error: expected }), z.meta(meta(words)))
}

export function choice<const T extends readonly [string, ...string[]]>(values: T, words: Words) {
  const listed = values.map((value) => JSON.stringify(value)).join(', ')
  return z.enum(values, { error: `one of ${listed}` }).check(z.meta(meta(words)))
}

/** Milliseconds, from a number of seconds or a text such as "500ms" or "1h". */
export function duration(words: Words) {
  const schema = measure('a time such as "30s", "500ms" or "1h", or a number of seconds', parseDuration, words)
  FACTS.add(schema, { kind: 'duration' })
  return schema
}

/** Bytes, from a number of bytes or a text such as "32mb". */
export function size(words: Words) {
  const schema = measure('a size such as "32mb", or a number of bytes', parseSize, words)
  FACTS.add(schema, { kind: 'size' })
  return schema
}

function measure(expected: string, parse: (value: number | string) => number | null, words: Words) {
  const written = z.union([z.number({ error: expected }), z.string({ error: expected })], { error: expected })
  const read = z.transform((value: number | string, context: z.core.ParsePayload) => {
    const amount = parse(value)
    if (amount !== null) return amount
    context.issues.push({ code: 'custom', message: expected, input: value })
    return z.NEVER
  })
  return z.pipe(written, read).check(z.meta(meta(words)))
}

export function list<T extends z.core.SomeType>(
  item: T,
  { expected, ...words }: Words & { readonly expected: string },
) {
  return z.array(item, { error: expected }).check(z.meta(meta(words)))
}

/** A key that files written for the project's predecessor may have. `why` completes "has no effect: ...". */
export function inert(why: string) {
  const schema = z.optional(z.unknown().check(z.meta({ description: `No effect: ${why}.`, deprecated: true })))
  FACTS.add(schema, { inert: why })
  return schema
}

/** An object whose keys all have defaults, and which may itself be left out. */
export function section<T extends z.core.$ZodLooseShape>(description: string, shape: T) {
  return z.object(shape, { error: 'an object' }).check(z.meta({ description }))
}

/** A value per free name. */
export function named<T extends z.core.SomeType>(
  value: T,
  { expected, ...words }: Words & { readonly expected: string },
) {
  return z.record(z.string(), value, { error: expected }).check(z.meta(meta(words)))
}
