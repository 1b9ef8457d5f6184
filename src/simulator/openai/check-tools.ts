import type { JsonValue } from '../../lib/json.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, objectOf, textOf } from '../json-object.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const MAX_TOOLS = 128
const NOT_AT_ROOT = ['oneOf', 'anyOf', 'allOf', 'enum', 'not']

/** Tool definitions, the legacy functions too, and the choice among them. */
export function* checkTools(body: JsonObject): Generator<Problem> {
  const tools = body['tools']
  const list = tools === undefined || tools === null ? [] : listOf(tools)
  if (list === null) {
    yield invalid("Invalid type for 'tools': expected an array of objects.", 'tools', 'invalid_type')
    return
  }
  if (Array.isArray(tools) && list.length === 0) {
    yield invalid("Invalid 'tools': empty array. Expected an array with minimum length 1.", 'tools', 'empty_array')
  }
  if (list.length > MAX_TOOLS) {
    const message = `Invalid 'tools': array too long. Expected an array with maximum length ${MAX_TOOLS}.`
    yield invalid(message, 'tools', 'array_above_max_length')
  }
  for (const [index, value] of list.entries()) yield* checkTool(objectOf(value) ?? {}, `tools[${index}]`)
  for (const [index, value] of (listOf(body['functions']) ?? []).entries()) {
    yield* checkFunction(objectOf(value) ?? {}, `functions[${index}]`)
  }
  yield* checkToolChoice(body, list)
}

function* checkTool(tool: JsonObject, at: string): Generator<Problem> {
  const type = textOf(tool['type']) ?? ''
  if (type !== 'function' && type !== 'custom') {
    const message = `Invalid value: '${type}'. Supported values are: 'function' and 'custom'.`
    yield invalid(message, `${at}.type`, 'invalid_value')
    return
  }
  const definition = objectOf(tool[type])
  if (definition === null) {
    yield invalid(`Missing required parameter: '${at}.${type}'.`, `${at}.${type}`, 'missing_required_parameter')
    return
  }
  if (type === 'function') yield* checkFunction(definition, `${at}.function`)
  else yield* checkName(definition, `${at}.custom`)
}

function* checkFunction(definition: JsonObject, at: string): Generator<Problem> {
  yield* checkName(definition, at)
  const parameters = definition['parameters']
  if (parameters === undefined) return
  const name = textOf(definition['name']) ?? ''
  const schema = objectOf(parameters)
  if (schema?.['type'] !== 'object') {
    const type = JSON.stringify(schema?.['type'] ?? 'None')
    yield schemaProblem(
      `function '${name}'`,
      `schema must be a JSON Schema of 'type: "object"', got 'type: ${type}'.`,
      at,
    )
    return
  }
  if (NOT_AT_ROOT.some((word) => schema[word] !== undefined)) {
    const rule = "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    yield schemaProblem(`function '${name}'`, rule, at)
  }
  yield* checkSchema(schema, [], definition['strict'] === true, (why) => schemaProblem(`function '${name}'`, why, at))
}

function* checkName(definition: JsonObject, at: string): Generator<Problem> {
  if (NAME.test(textOf(definition['name']) ?? '')) return
  const rule = `Expected a string that matches the pattern '${NAME.source}'.`
  yield invalid(`Invalid '${at}.name': string does not match pattern. ${rule}`, `${at}.name`, 'invalid_value')
}

function schemaProblem(where: string, why: string, at: string): Problem {
  return invalid(`Invalid schema for ${where}: ${why}`, `${at}.parameters`, 'invalid_function_parameters')
}

/** Arrays say what they hold; strict objects are closed and require all they have. */
function* checkSchema(
  value: JsonValue | undefined,
  path: readonly string[],
  strict: boolean,
  problem: (why: string) => Problem,
): Generator<Problem> {
  const schema = objectOf(value)
  if (schema === null) return
  const context = `In context=(${path.map((name) => `'${name}'`).join(', ')}),`
  if (schema['type'] === 'array' && schema['items'] === undefined && schema['prefixItems'] === undefined) {
    yield problem(`${context} array schema missing items.`)
  }
  const properties = objectOf(schema['properties']) ?? {}
  if (strict && schema['type'] === 'object') {
    if (schema['additionalProperties'] !== false) {
      yield problem(`${context} 'additionalProperties' is required to be supplied and to be false.`)
    }
    const required = listOf(schema['required']) ?? []
    const missing = Object.keys(properties).find((name) => !required.includes(name))
    if (missing !== undefined) {
      const rule = "'required' is required to be supplied and to be an array including every key in properties."
      yield problem(`${context} ${rule} Missing '${missing}'.`)
    }
  }
  for (const [name, property] of Object.entries(properties)) {
    yield* checkSchema(property, [...path, 'properties', name], strict, problem)
  }
  for (const word of ['$defs', 'definitions']) {
    for (const [name, part] of Object.entries(objectOf(schema[word]) ?? {})) {
      yield* checkSchema(part, [...path, word, name], strict, problem)
    }
  }
  for (const [index, part] of (listOf(schema['anyOf']) ?? []).entries()) {
    yield* checkSchema(part, [...path, 'anyOf', String(index)], strict, problem)
  }
  yield* checkSchema(schema['items'], [...path, 'items'], strict, problem)
}

function* checkToolChoice(body: JsonObject, tools: readonly JsonValue[]): Generator<Problem> {
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (tools.length === 0 && body[name] !== undefined && body[name] !== 'none' && body[name] !== null) {
      yield invalid(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name)
    }
  }
  const choice = body['tool_choice']
  if (choice === undefined || choice === null || ['none', 'auto', 'required'].some((word) => word === choice)) return
  const type = textOf(objectOf(choice)?.['type'])
  if (type === 'allowed_tools') return
  const name = type === null ? null : textOf(objectOf(objectOf(choice)?.[type])?.['name'])
  if (name === null) {
    yield invalid("Invalid value for 'tool_choice'.", 'tool_choice', 'invalid_value')
    return
  }
  const isOffered = tools.some((tool) => {
    const offered = objectOf(tool)
    return textOf((objectOf(offered?.['function']) ?? objectOf(offered?.['custom']))?.['name']) === name
  })
  if (!isOffered) {
    yield invalid(
      `Invalid value for 'tool_choice': no function named '${name}' was specified in the 'tools' parameter.`,
      'tool_choice',
    )
  }
}

/** Structured output and JSON mode. */
export function* checkResponseFormat(body: JsonObject): Generator<Problem> {
  const value = body['response_format']
  if (value === undefined || value === null) return
  const format = objectOf(value)
  const type = textOf(format?.['type']) ?? ''
  if (type === 'json_schema') {
    yield* checkJsonSchema(objectOf(format?.['json_schema']))
    return
  }
  if (type === 'json_object') {
    if (/json/i.test(JSON.stringify(body['messages'] ?? ''))) return
    const message =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    yield invalid(message, 'messages')
    return
  }
  if (type === 'text') return
  const message = `Invalid value: '${type}'. Supported values are: 'json_object', 'json_schema', and 'text'.`
  yield invalid(message, 'response_format.type', 'invalid_value')
}

function* checkJsonSchema(definition: JsonObject | null): Generator<Problem> {
  const at = 'response_format.json_schema'
  if (definition === null) {
    yield invalid(`Missing required parameter: '${at}'.`, at, 'missing_required_parameter')
    return
  }
  const name = textOf(definition['name'])
  if (name === null) {
    yield invalid(`Missing required parameter: '${at}.name'.`, `${at}.name`, 'missing_required_parameter')
    return
  }
  yield* checkName(definition, at)
  const schema = objectOf(definition['schema'])
  if (schema === null) return
  const problem = (why: string): Problem =>
    invalid(`Invalid schema for response_format '${name}': ${why}`, 'response_format')
  if (schema['type'] !== 'object') yield problem(`schema must be a JSON Schema of 'type: "object"'.`)
  yield* checkSchema(schema, [], definition['strict'] === true, problem)
}
