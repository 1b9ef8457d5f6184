// Writes schema/ucr.config.schema.json, and the tables of docs/reference/config.md, from the schema of the config and the
// table of variables: `node scripts/schema.mjs`. With `--check` it writes nothing and fails when a file is not what it
// would write.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { OTHER_VARIABLES, VARIABLES } from '../src/config/environment.ts'
import { factsOf, inertReason, itemSchema, layersOf, shapeOf, valueSchema } from '../src/config/known-keys.ts'
import { configSchema } from '../src/config/schema.ts'
import { SCHEMA_URL } from '../src/config/schema-url.ts'
import { ROOT } from './bootstrap.mjs'
import { formatted, settle } from './generated-file.mjs'

/**
 * @typedef {import('../src/config/known-keys.ts').Schema} Schema
 * @typedef {import('zod/mini').core.JSONSchema.BaseSchema} JsonSchema
 * @typedef {readonly (readonly string[])[]} Rows
 * @typedef {object} Section
 * @property {string} path `providers[].timeouts`; empty for the file itself
 * @property {string} description
 * @property {Rows} rows
 */

const SCHEMA = 'schema/ucr.config.schema.json'
const PAGE = 'docs/reference/config.md'

/** `${VAR}` may stand wherever the gateway takes it. */
const REFERENCE = String.raw`\$\{`

function jsonSchema() {
  // Draft 7, since editors know it best.
  const { $schema, ...schema } = refined(z.toJSONSchema(configSchema, { io: 'input', target: 'draft-07' }))
  return `${JSON.stringify({ $schema, $id: SCHEMA_URL, title: 'The config of ucr', ...schema }, null, 2)}\n`
}

/**
 * Editors shall mark unknown keys, offer no empty defaults, and take variables for numbers and words too.
 *
 * @param {JsonSchema} schema
 * @returns {JsonSchema}
 */
function refined(schema) {
  const { propertyNames: _, default: fallback, ...node } = schema
  const { items, additionalProperties, properties } = node
  if (typeof items === 'object' && !Array.isArray(items)) node.items = refined(items)
  if (typeof additionalProperties === 'object') node.additionalProperties = refined(additionalProperties)
  if (node.anyOf !== undefined) node.anyOf = node.anyOf.map(refined)
  if (properties !== undefined) {
    node.properties = Object.fromEntries(
      Object.entries(properties).map(([name, member]) => [name, typeof member === 'object' ? refined(member) : member]),
    )
    node.additionalProperties = false
  }
  if (fallback !== undefined && JSON.stringify(fallback) !== '{}') node.default = fallback
  return withReference(node)
}

/**
 * @param {JsonSchema} node
 * @returns {JsonSchema}
 */
function withReference(node) {
  if (node.pattern !== undefined) return { ...node, pattern: `(?:${node.pattern})|${REFERENCE}` }
  const isWord = node.type === 'integer' || node.type === 'number' || node.type === 'boolean'
  if (!isWord && node.enum === undefined) return node
  /** @type {JsonSchema} */
  const plain = {}
  for (const rule of /** @type {const} */ (['type', 'enum', 'minimum', 'maximum'])) {
    if (node[rule] === undefined) continue
    Object.assign(plain, { [rule]: node[rule] })
    delete node[rule]
  }
  return { ...node, anyOf: [plain, { type: 'string', pattern: REFERENCE }] }
}

/**
 * The tables of the page, by the name of their place in it.
 *
 * @type {Readonly<Record<string, () => string>>}
 */
const TABLES = {
  keys: () => sectionsOf(configSchema, '').map(section).join('\n\n'),
  variables: () => table(['Variable', 'Stands for'], [...VARIABLES, ...OTHER_VARIABLES].map(variableRow)),
  older: () => table(['Key', 'Why'], inertRows(configSchema, '')),
}

/** @param {string} page */
function filled(page) {
  return page.replaceAll(
    /(<!-- generated: (\w+) -->\n)[^]*?(<!-- end -->)/g,
    (_, start, name, end) => `${start}\n${TABLES[name]?.()}\n\n${end}`,
  )
}

/**
 * The object at `path` and those within it.
 *
 * @param {Schema} schema
 * @param {string} path
 * @returns {Section[]}
 */
function sectionsOf(schema, path) {
  const members = Object.entries(shapeOf(schema) ?? {}).filter(([, member]) => inertReason(member) === null)
  const rows = members.map(([name, member]) => [code(name), typeOf(member), defaultOf(member), descriptionOf(member)])
  const inner = members.flatMap(([name, member]) => objectsIn(member, path === '' ? name : `${path}.${name}`))
  const own = { path, description: descriptionOf(schema), rows }
  return [own, ...inner.flatMap((object) => sectionsOf(object.schema, object.path))]
}

/**
 * The objects with keys of their own that a value holds: itself, the items of a list, the values of a map.
 *
 * @param {Schema} schema
 * @param {string} path
 * @returns {{ schema: Schema, path: string }[]}
 */
function objectsIn(schema, path) {
  if (shapeOf(schema) !== null) return [{ schema, path }]
  const item = itemSchema(schema)
  if (item !== null) return objectsIn(item, `${path}[]`)
  const value = valueSchema(schema)
  return value === null ? [] : objectsIn(value, `${path}.<name>`)
}

/**
 * @param {Schema} schema
 * @param {string} path
 * @returns {string[][]}
 */
function inertRows(schema, path) {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`
    const reason = inertReason(member)
    if (reason !== null) return [[code(at), reason]]
    return objectsIn(member, at).flatMap((object) => inertRows(object.schema, object.path))
  })
}

/** @type {Readonly<Record<string, string>>} */
const TYPE_WORDS = {
  string: 'text',
  number: 'number',
  boolean: 'true or false',
  array: 'list',
  object: 'object',
  record: 'object',
}

/** @param {Schema} schema */
function typeOf(schema) {
  const { kind } = factsOf(schema)
  if (kind !== null) return kind === 'duration' ? 'time' : 'size'
  const layers = layersOf(schema)
  const words = layers.flatMap((layer) =>
    layer instanceof z.ZodMiniEnum
      ? layer.options.map((option) => code(JSON.stringify(option)))
      : (TYPE_WORDS[layer._zod.def.type] ?? []),
  )
  const orNull = layers.some((layer) => layer instanceof z.ZodMiniNullable) ? ' or null' : ''
  return [...new Set(words)].join(', ') + orNull
}

/** @param {Schema} schema */
function defaultOf(schema) {
  const value = schema instanceof z.ZodMiniPrefault ? JSON.stringify(schema.def.defaultValue) : '{}'
  return value === '{}' ? '' : code(value)
}

/** @param {Schema} schema */
function descriptionOf(schema) {
  const descriptions = layersOf(schema).map((layer) => z.globalRegistry.get(layer)?.description)
  return descriptions.find((description) => description !== undefined) ?? ''
}

/** @param {{ name: string, description: string }} variable */
function variableRow({ name, description }) {
  return [code(name), description]
}

/** @param {Section} section */
function section({ path, description, rows }) {
  const title = path === '' ? '### The file' : `### ${code(path)}`
  return `${title}\n\n${description}\n\n${table(['Key', 'Type', 'Default', 'Meaning'], rows)}`
}

/**
 * @param {readonly string[]} head
 * @param {Rows} rows
 */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {string} text */
function code(text) {
  return `\`${text}\``
}

settle(SCHEMA, jsonSchema())
settle(PAGE, formatted(filled(readFileSync(join(ROOT, PAGE), 'utf8'))))
