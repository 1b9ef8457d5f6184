import { decodeJsonString, jsonArray, JsonObjectWriter, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { literal } from './wire.ts'

/**
 * Keywords that structured outputs refuse
 * (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations). The model still
 * reads them, in the description.
 */
const REFUSED = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'contains',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedItems',
  'unevaluatedProperties',
  'if',
  'then',
  'else',
  'not',
])

const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])

/** Keywords whose value is one schema, an array of schemas, or an object of schemas. */
const NESTED = new Set(['items', 'prefixItems', 'anyOf', 'allOf', 'oneOf', 'properties', '$defs', 'definitions'])
const BY_NAME = new Set(['properties', '$defs', 'definitions'])

export interface StructuredSchema {
  readonly schema: JsonText
  /** Some rule is now only a sentence that the model reads. */
  readonly loosened: boolean
}

/** A JSON Schema that structured outputs accept: objects closed, refused rules moved to descriptions. Values keep their digits. */
export function toStructuredSchema(root: JsonNode): StructuredSchema {
  const rewriter = new SchemaRewriter()
  return { schema: rewriter.schema(root), loosened: rewriter.loosened }
}

class SchemaRewriter {
  loosened = false

  schema(node: JsonNode): JsonText {
    if (node.kind !== 'object') return node.raw
    const writer = new JsonObjectWriter()
    const rules: string[] = []
    const isObject = describesObject(node)
    for (const { name, value } of node.members) {
      if (name === 'description') continue
      if (isRefused(name, value, isObject)) rules.push(`${name}: ${value.raw}`)
      else if (name !== 'additionalProperties') writer.add(allowedName(name), this.#value(name, value))
    }
    if (isObject) writer.add('additionalProperties', literal('false'))
    return writer.add('description', this.#description(node.get('description'), rules)).text
  }

  #value(keyword: string, value: JsonNode): JsonText {
    if (!NESTED.has(keyword)) return value.raw
    if (value.kind === 'array') return jsonArray(value.items.map((item) => this.schema(item)))
    if (!BY_NAME.has(keyword)) return this.schema(value)
    const writer = new JsonObjectWriter()
    for (const { name, value: schema } of value.members) writer.add(name, this.schema(schema))
    return writer.text
  }

  #description(given: JsonNode | undefined, rules: readonly string[]): JsonText | null {
    if (rules.length === 0) return given?.raw ?? null
    this.loosened = true
    const text = given?.kind === 'string' ? `${decodeJsonString(given.raw)}\n` : ''
    return stringToJson(`${text}(${rules.join('; ')})`)
  }
}

function describesObject(node: JsonNode): boolean {
  const type = node.get('type')
  return (
    type?.string === 'object' ||
    (type?.items.some((item) => item.string === 'object') ?? false) ||
    node.get('properties') !== undefined
  )
}

function isRefused(name: string, value: JsonNode, isObject: boolean): boolean {
  if (name === 'format') return !FORMATS.has(value.string ?? '')
  if (name === 'minItems') return (value.number ?? 0) > 1
  // Open objects cannot be had; what they were to hold is worth a sentence.
  if (name === 'additionalProperties') return isObject && value.boolean !== false
  return REFUSED.has(name)
}

/** `oneOf` differs from `anyOf` only in what it forbids. */
function allowedName(name: string): string {
  return name === 'oneOf' ? 'anyOf' : name
}
