import type { JsonValue } from '../lib/json.ts'
import type { JsonObject } from './json-object.ts'
import { listOf, numberOf, objectOf, textOf } from './json-object.ts'
import { samplePattern } from './pattern-sample.ts'

/**
 * A value that the JSON Schema allows, always the same for the same schema: objects get the properties that they must
 * have, texts are named after the property that they are in.
 */
export function sampleValue(schema: JsonValue): JsonValue {
  return new Sampler(schema).value(schema, 'value', 0)
}

/** Deeper than this a schema is taken for one that contains itself. */
const MAX_DEPTH = 16

type Sample = (sampler: Sampler, schema: JsonObject, name: string, depth: number) => JsonValue

const SAMPLES: Readonly<Record<string, Sample>> = {
  object: (sampler, schema, _name, depth) => sampler.object(schema, depth),
  array: (sampler, schema, name, depth) => sampler.array(schema, name, depth),
  string: (_sampler, schema, name) => sampleString(schema, name),
  integer: (_sampler, schema) => sampleNumber(schema, 1),
  number: (_sampler, schema) => sampleNumber(schema, null),
  boolean: () => true,
  null: () => null,
}

class Sampler {
  readonly #root: JsonValue

  constructor(root: JsonValue) {
    this.#root = root
  }

  value(value: JsonValue | undefined, name: string, depth: number): JsonValue {
    const schema = this.#merge(objectOf(value) ?? {}, depth)
    if (schema['const'] !== undefined) return schema['const']
    const [choice] = listOf(schema['enum']) ?? []
    if (choice !== undefined) return choice
    return (SAMPLES[typeOf(schema)] ?? sampleText)(this, schema, name, depth)
  }

  object(schema: JsonObject, depth: number): JsonValue {
    const properties = objectOf(schema['properties']) ?? {}
    const names = new Set((listOf(schema['required']) ?? []).filter((name) => typeof name === 'string'))
    const least = numberOf(schema['minProperties']) ?? 0
    for (const name of Object.keys(properties)) if (names.size < least) names.add(name)
    for (let extra = 1; names.size < least; extra++) names.add(`property${extra}`)
    const entries = [...names].map((name) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : schema['additionalProperties']
      return [name, this.value(property, name, depth + 1)] as const
    })
    return Object.fromEntries(entries)
  }

  array(schema: JsonObject, name: string, depth: number): JsonValue {
    const prefix = listOf(schema['prefixItems']) ?? []
    const least = Math.max(numberOf(schema['minItems']) ?? 0, schema['contains'] === undefined ? 0 : 1)
    const length = Math.min(Math.max(least, prefix.length, 1), numberOf(schema['maxItems']) ?? Infinity)
    const distinct = schema['uniqueItems'] === true
    return Array.from({ length: depth > MAX_DEPTH ? least : length }, (_, index) => {
      const items = prefix[index] ?? schema['contains'] ?? schema['items']
      return distinct ? this.#distinct(items, name, index, depth) : this.value(items, name, depth + 1)
    })
  }

  /** The members of a set must differ, so choices are taken in turn and texts and numbers counted up. */
  #distinct(items: JsonValue | undefined, name: string, index: number, depth: number): JsonValue {
    const schema = this.#merge(objectOf(items) ?? {}, depth)
    const choice = listOf(schema['enum'])?.[index]
    if (choice !== undefined) return choice
    const sample = this.value(schema, name, depth + 1)
    if (typeof sample === 'number') return sample + index * (numberOf(schema['multipleOf']) ?? 1)
    return typeof sample === 'string' && index > 0 ? `${sample}${index + 1}` : sample
  }

  /** The schema with what it refers to and the first of its alternatives laid over it. */
  #merge(schema: JsonObject, depth: number): JsonObject {
    if (depth > MAX_DEPTH * 2) return {}
    const parts = [...(listOf(schema['allOf']) ?? [])]
    for (const word of ['anyOf', 'oneOf']) {
      const alternatives = listOf(schema[word]) ?? []
      // Deep inside, the way out of a schema that contains itself is the alternative that ends it.
      const chosen = depth > MAX_DEPTH ? (alternatives.find(isLeaf) ?? alternatives[0]) : alternatives[0]
      if (chosen !== undefined) parts.push(chosen)
    }
    const reference = textOf(schema['$ref'])
    if (reference !== null) parts.push(this.#resolve(reference))
    return parts.reduce<JsonObject>(
      (merged, part) => join(merged, this.#merge(objectOf(part) ?? {}, depth + 1)),
      schema,
    )
  }

  #resolve(reference: string): JsonValue {
    let value: JsonValue | undefined = this.#root
    for (const step of reference.replace(/^#\/?/, '').split('/')) {
      if (step === '') continue
      const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
      value = listOf(value)?.[Number(name)] ?? objectOf(value)?.[name]
    }
    return value ?? {}
  }
}

/** Both schemas at once; of what must agree (`type`, bounds) the later one counts. */
function join(left: JsonObject, right: JsonObject): JsonObject {
  const properties = { ...objectOf(left['properties']), ...objectOf(right['properties']) }
  const required = [...(listOf(left['required']) ?? []), ...(listOf(right['required']) ?? [])]
  return { ...left, ...right, properties, required }
}

function isLeaf(value: JsonValue): boolean {
  const type = objectOf(value)?.['type']
  return typeof type === 'string' && type !== 'object' && type !== 'array'
}

function typeOf(schema: JsonObject): string {
  const type = schema['type']
  const listed = (listOf(type) ?? []).filter((name) => typeof name === 'string')
  const named = textOf(type) ?? listed.find((name) => name !== 'null') ?? listed[0]
  if (named !== undefined) return named
  if (Object.keys(objectOf(schema['properties']) ?? {}).length > 0) return 'object'
  if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return 'array'
  return schema['minimum'] === undefined && schema['maximum'] === undefined ? 'string' : 'number'
}

/** https://json-schema.org/understanding-json-schema/reference/type#built-in-formats */
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function sampleText(_sampler: Sampler, schema: JsonObject, name: string): JsonValue {
  return sampleString(schema, name)
}

function sampleString(schema: JsonObject, name: string): string {
  const format = FORMATS[textOf(schema['format']) ?? '']
  if (format !== undefined) return format
  const least = numberOf(schema['minLength']) ?? 0
  const most = numberOf(schema['maxLength']) ?? Infinity
  const pattern = textOf(schema['pattern'])
  const sample = pattern === null ? name : (samplePattern(pattern) ?? name)
  return sample.padEnd(least, sample.at(-1) ?? 'x').slice(0, most)
}

/** `step` is the distance between two values that the type allows. */
function sampleNumber(schema: JsonObject, step: number | null): number {
  const stride = numberOf(schema['multipleOf']) ?? step ?? 1
  const above = numberOf(schema['exclusiveMinimum'])
  const below = numberOf(schema['exclusiveMaximum'])
  const least = Math.max(numberOf(schema['minimum']) ?? -Infinity, above ?? -Infinity)
  const most = Math.min(numberOf(schema['maximum']) ?? Infinity, below ?? Infinity)
  const isAllowed = (value: number): boolean =>
    Number.isFinite(value) && value >= least && value <= most && value !== above && value !== below
  const preferred = [stride, 0, Math.ceil(least / stride) * stride, (Math.floor(least / stride) + 1) * stride]
  const candidates = [...preferred, Math.floor(most / stride) * stride, (Math.ceil(most / stride) - 1) * stride]
  return candidates.find(isAllowed) ?? (step === null && Number.isFinite(least + most) ? (least + most) / 2 : stride)
}
