import { scanJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { literal } from './wire.ts'

/**
 * JSON Schemas as Chat vendors take them. The text of a schema is never parsed and written again: what must be added is
 * inserted, so numbers, names and the order of members stay as the client wrote them.
 */

const EMPTY_OBJECT = literal('{"type":"object","properties":{}}')
const COMBINATORS = ['anyOf', 'oneOf', 'allOf'] as const
/** What OpenAI refuses at the root. */
const NOT_AT_ROOT = [...COMBINATORS, 'enum', 'not'] as const

/** A tool's parameters. `merged`: the root said more than OpenAI takes there, and had to become one loose object. */
export function toolParameters(schema: JsonNode | null): { readonly schema: JsonText; readonly merged: boolean } {
  const root = schema === null ? null : withItems(schema)
  if (root === null || root.members.length === 0) return { schema: EMPTY_OBJECT, merged: false }
  if (NOT_AT_ROOT.some((name) => root.get(name) !== undefined)) return { schema: mergeRoot(root), merged: true }
  return { schema: withObjectRoot(root), merged: false }
}

/** OpenAI wants `type` and `properties` to be there, and no other type: arguments are an object in any case. */
function withObjectRoot(node: JsonNode): JsonText {
  const { raw } = node
  if (node.get('type')?.string === 'object' && node.get('properties') !== undefined) return raw
  const root = scanJson(raw)
  const type = root.get('type')
  const properties = root.get('properties') === undefined ? '"properties":{},' : ''
  if (type === undefined) return literal(`{"type":"object",${properties}${raw.slice(1)}`)
  const before = raw.slice(1, type.start)
  return literal(`{${properties}${before}"object"${raw.slice(type.end)}`)
}

/** The schema with `items` in every array that says nothing of its items: OpenAI refuses one without. */
function withItems(schema: JsonNode): JsonNode {
  const { raw } = schema
  // Most schemas name no array at all. One whose words are escaped may.
  if (!raw.includes('"array"') && !raw.includes('\\u')) return schema
  const text = inserting('"items":{},', raw, (node) => {
    const saysItems = node.get('items') !== undefined || node.get('prefixItems') !== undefined
    return typesOf(node).includes('array') && !saysItems
  })
  return text === raw ? schema : scanJson(text)
}

/**
 * One object that accepts what any branch accepts: the properties of all of them, required only what all of them require
 * (of `allOf`: what any of them requires).
 */
function mergeRoot(root: JsonNode): JsonText {
  const properties = new Map<string, JsonText>()
  const take = (node: JsonNode): void => {
    for (const { name, value } of node.get('properties')?.members ?? []) {
      if (!properties.has(name)) properties.set(name, value.raw)
    }
  }
  const required = new Set(requiredOf(root))
  take(root)
  for (const combinator of COMBINATORS) {
    const branches = root.get(combinator)?.items.filter((branch) => branch.kind === 'object') ?? []
    branches.forEach(take)
    for (const name of commonNames(branches.map(requiredOf), combinator === 'allOf')) required.add(name)
  }
  const members = [...properties].map(([name, value]) => `${JSON.stringify(name)}:${value}`)
  const kept = root.members
    .filter(({ name }) => !MERGED.has(name))
    .map(({ name, value }) => `,${JSON.stringify(name)}:${value.raw}`)
  const needs = required.size === 0 ? '' : `,"required":${JSON.stringify([...required])}`
  return literal(`{"type":"object","properties":{${members.join(',')}}${needs}${kept.join('')}}`)
}

const MERGED: ReadonlySet<string> = new Set([
  ...NOT_AT_ROOT,
  'type',
  'properties',
  'required',
  // It would forbid what only a branch names.
  'additionalProperties',
])

function requiredOf(node: JsonNode): readonly string[] {
  return (node.get('required')?.items ?? []).map((item) => item.string).filter((name) => name !== undefined)
}

function commonNames(lists: readonly (readonly string[])[], any: boolean): readonly string[] {
  const [first = [], ...others] = lists
  return any ? lists.flat() : first.filter((name) => others.every((list) => list.includes(name)))
}

/** Keywords that OpenAI's strict mode refuses, https://platform.openai.com/docs/guides/structured-outputs. */
const NOT_STRICT = [
  'allOf',
  'oneOf',
  'not',
  'dependentRequired',
  'dependentSchemas',
  'if',
  'then',
  'else',
  'patternProperties',
]

/** True when strict mode takes this schema: every object closed, every property required, nothing it does not know. */
export function isStrictSchema(schema: JsonText): boolean {
  const root = scanJson(schema)
  return isObjectType(root) && root.get('anyOf') === undefined && isStrict(root)
}

function isStrict(node: JsonNode): boolean {
  if (node.kind !== 'object') return false
  if (NOT_STRICT.some((name) => node.get(name) !== undefined)) return false
  if (isObjectType(node)) {
    const required = new Set(requiredOf(node))
    const properties = node.get('properties')?.members ?? []
    if (node.get('additionalProperties')?.boolean !== false) return false
    if (!properties.every(({ name }) => required.has(name))) return false
  }
  return subschemas(node).every(isStrict)
}

function isObjectType(node: JsonNode): boolean {
  if (node.get('type') === undefined) return node.get('properties') !== undefined
  return typesOf(node).includes('object')
}

/** What a schema's `type` names, one or several. */
function typesOf(node: JsonNode): readonly (string | undefined)[] {
  const type = node.get('type')
  return type?.kind === 'array' ? type.items.map((item) => item.string) : [type?.string]
}

/** Keywords whose value is an object of schemas, and those whose value is an array of them. */
const SCHEMAS_BY_NAME: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions'])
const SCHEMA_LISTS: ReadonlySet<string> = new Set(['prefixItems', ...COMBINATORS])

function subschemas(node: JsonNode): readonly JsonNode[] {
  const found: JsonNode[] = []
  for (const { name, value } of node.members) {
    if (SCHEMAS_BY_NAME.has(name)) for (const member of value.members) found.push(member.value)
    else if (SCHEMA_LISTS.has(name)) found.push(...value.items)
    else if (name === 'items' && value.kind === 'object') found.push(value)
  }
  return found
}

/** The schema with `additionalProperties: false` on every object that says nothing about it, as strict mode wants. */
export function closeObjects(schema: JsonText): JsonText {
  return inserting('"additionalProperties":false,', schema, (node) => {
    return isObjectType(node) && node.get('additionalProperties') === undefined
  })
}

/** The schema with a member at the beginning of each subschema that needs it. Those are never empty objects. */
function inserting(member: string, schema: JsonText, isNeeded: (node: JsonNode) => boolean): JsonText {
  const positions = new Set<number>()
  const visit = (node: JsonNode): void => {
    if (node.kind !== 'object') return
    if (isNeeded(node)) positions.add(node.start + 1)
    subschemas(node).forEach(visit)
  }
  visit(scanJson(schema))
  let inserted = ''
  let at = 0
  for (const position of [...positions].sort((a, b) => a - b)) {
    inserted += schema.slice(at, position) + member
    at = position
  }
  return literal(inserted + schema.slice(at))
}
