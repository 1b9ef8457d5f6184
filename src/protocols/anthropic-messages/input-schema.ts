import { jsonArray, JsonObjectWriter, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { literal } from './wire.ts'

const COMBINATORS = new Set(['anyOf', 'oneOf', 'allOf'])
const EMPTY_SCHEMA = literal('{"type":"object","properties":{}}')

export interface InputSchema {
  readonly schema: JsonText
  /** Alternatives at the root were merged into one object. */
  readonly loosened: boolean
}

/**
 * A tool's parameters as Anthropic takes them: the root must say `type: object` and may not be an alternative. Everything
 * else stays as it was written.
 */
export function toInputSchema(root: JsonNode | null): InputSchema {
  if (root === null || root.kind !== 'object' || root.members.length === 0) {
    return { schema: EMPTY_SCHEMA, loosened: root !== null && root.kind !== 'object' }
  }
  if (root.members.some(({ name }) => COMBINATORS.has(name))) return { schema: mergedRoot(root), loosened: true }
  return { schema: root.get('type')?.string === 'object' ? root.raw : typedRoot(root), loosened: false }
}

function typedRoot(root: JsonNode): JsonText {
  const writer = new JsonObjectWriter().add('type', stringToJson('object'))
  for (const { name, value } of root.members) if (name !== 'type') writer.add(name, value.raw)
  return writer.text
}

/** All properties of all alternatives; required is what the root itself requires and what `allOf` adds. */
function mergedRoot(root: JsonNode): JsonText {
  const properties = new Map<string, JsonText>()
  const required = new Set<JsonText>()
  addProperties(root, properties)
  addRequired(root, required)
  for (const { name, value } of root.members) {
    if (!COMBINATORS.has(name)) continue
    for (const branch of value.items.map((item) => resolved(item, root))) {
      addProperties(branch, properties)
      if (name === 'allOf') addRequired(branch, required)
    }
  }
  const writer = new JsonObjectWriter().add('type', stringToJson('object'))
  const inner = new JsonObjectWriter()
  for (const [name, schema] of properties) inner.add(name, schema)
  writer.add('properties', inner.text)
  if (required.size > 0) writer.add('required', jsonArray([...required]))
  const written = new Set(['type', 'properties', 'required', ...COMBINATORS])
  for (const { name, value } of root.members) if (!written.has(name)) writer.add(name, value.raw)
  return writer.text
}

function addProperties(schema: JsonNode, into: Map<string, JsonText>): void {
  for (const { name, value } of schema.get('properties')?.members ?? []) {
    if (!into.has(name)) into.set(name, value.raw)
  }
}

function addRequired(schema: JsonNode, into: Set<JsonText>): void {
  for (const name of schema.get('required')?.items ?? []) into.add(name.raw)
}

/** What a branch `{"$ref": "#/$defs/name"}` points at. */
function resolved(branch: JsonNode, root: JsonNode): JsonNode {
  const [, group, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(branch.get('$ref')?.string ?? '') ?? []
  if (group === undefined || name === undefined) return branch
  return root.get(group)?.get(name) ?? branch
}
