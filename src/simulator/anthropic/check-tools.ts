import type { JsonValue } from '../../lib/json.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, objectOf, textOf } from '../json-object.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { words } from '../words.ts'

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/
const COMBINATORS = ['oneOf', 'allOf', 'anyOf']

/** Tool definitions and the choice among them. */
export function* checkTools(body: JsonObject): Generator<Problem> {
  const tools = body['tools']
  const list = tools === undefined ? [] : listOf(tools)
  if (list === null) {
    yield invalid('tools: Input should be a valid list')
    return
  }
  const names = new Set<string>()
  for (const [index, value] of list.entries()) {
    const tool = objectOf(value)
    if (tool === null) {
      yield invalid(`tools.${index}: Input should be an object`)
      return
    }
    yield* checkTool(tool, `tools.${index}`)
    const name = textOf(tool['name'])
    if (name === null) continue
    if (names.has(name)) yield invalid('tools: Tool names must be unique.')
    names.add(name)
  }
  yield* checkToolChoice(body, names, list.length)
}

/** Tools with a type of their own (`web_search_20260318`, `bash_20250124`, `mcp_toolset`) are the vendor's and bring no schema. */
function* checkTool(tool: JsonObject, at: string): Generator<Problem> {
  const type = textOf(tool['type']) ?? 'custom'
  if (type !== 'custom') {
    if (!/(_\d{8}|toolset)$/.test(type)) {
      yield invalid(`${at}: Input tag '${type}' found using 'type' does not match any of the expected tags`)
    }
    return
  }
  if (textOf(tool['name']) === null) yield invalid(`${at}.custom.name: Field required`)
  else if (!TOOL_NAME.test(textOf(tool['name']) ?? '')) {
    yield invalid(`${at}.custom.name: String should match pattern '${TOOL_NAME.source}'`)
  }
  const description = tool['description']
  if (description !== undefined && typeof description !== 'string') {
    yield invalid(`${at}.custom.description: Input should be a valid string`)
  }
  const schema = objectOf(tool['input_schema'])
  if (schema === null) {
    yield invalid(`${at}.custom.input_schema: Field required`)
    return
  }
  if (COMBINATORS.some((word) => schema[word] !== undefined)) {
    yield invalid(`${at}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`)
  }
  if (schema['type'] === undefined) yield invalid(`${at}.custom.input_schema.type: Field required`)
  else if (schema['type'] !== 'object') yield invalid(`${at}.custom.input_schema.type: Input should be 'object'`)
  if (schema['properties'] !== undefined && schema['properties'] !== null && objectOf(schema['properties']) === null) {
    yield invalid(`${at}.custom.input_schema.properties: Input should be an object`)
  }
}

const CHOICES = words('auto any tool none')

function* checkToolChoice(body: JsonObject, names: ReadonlySet<string>, tools: number): Generator<Problem> {
  const value = body['tool_choice']
  if (value === undefined) return
  const choice = objectOf(value)
  const type = textOf(choice?.['type']) ?? ''
  if (choice === null || !CHOICES.has(type)) {
    yield invalid("tool_choice: Input should be an object with type 'auto', 'any', 'tool' or 'none'")
    return
  }
  if (tools === 0 && type !== 'none') yield invalid('tool_choice: may only be specified while providing tools')
  const name = textOf(choice['name'])
  if (type === 'tool' && name === null) yield invalid('tool_choice.tool.name: Field required')
  if (type === 'tool' && name !== null && !names.has(name)) {
    yield invalid(`tool_choice.tool: Tool '${name}' not found in provided tools`)
  }
  if (type === 'none' && choice['disable_parallel_tool_use'] !== undefined) {
    yield invalid('tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted')
  }
}

/** Structured output: the vendor compiles the schema into a grammar and takes only what it can compile. */
export function* checkOutputFormat(body: JsonObject): Generator<Problem> {
  const config = body['output_config']
  if (config !== undefined && config !== null && objectOf(config) === null) {
    yield invalid('output_config: Input should be an object')
    return
  }
  const effort = objectOf(config)?.['effort']
  if (effort !== undefined && effort !== null && !EFFORTS.includes(textOf(effort) ?? '')) {
    yield invalid(`output_config.effort: Input should be ${EFFORTS.join(', ')}`)
  }
  const format = objectOf(objectOf(config)?.['format'])
  if (format === null) return
  if (format['type'] !== 'json_schema') {
    yield invalid("output_config.format.type: Input should be 'json_schema'")
    return
  }
  const schema = objectOf(format['schema'])
  if (schema === null) {
    yield invalid('output_config.format.json_schema.schema: Field required')
    return
  }
  yield* checkGrammar(schema)
}

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max']

/** Keywords that the grammar has no form for, by the type they belong to. */
const BEYOND_GRAMMAR: Readonly<Record<string, readonly string[]>> = {
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  string: ['minLength', 'maxLength'],
  array: ['maxItems', 'uniqueItems'],
}

function* checkGrammar(value: JsonValue | undefined): Generator<Problem> {
  const schema = objectOf(value)
  if (schema === null) return
  const type = textOf(schema['type']) ?? ''
  if (type === 'object' && schema['additionalProperties'] !== false) {
    yield invalid(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    )
  }
  const beyond = (BEYOND_GRAMMAR[type] ?? []).filter((name) => schema[name] !== undefined)
  if (beyond.length > 0) {
    yield invalid(`output_config.format.schema: For '${type}' type, properties ${beyond.join(', ')} are not supported`)
  }
  for (const name of ['properties', '$defs', 'definitions']) {
    for (const part of Object.values(objectOf(schema[name]) ?? {})) yield* checkGrammar(part)
  }
  for (const name of COMBINATORS) for (const part of listOf(schema[name]) ?? []) yield* checkGrammar(part)
  yield* checkGrammar(schema['items'])
}
