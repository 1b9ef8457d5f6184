import type { FunctionTool, OpaqueTool, Tool, ToolChoice } from '../../canonical/request.ts'
import type { JsonNode } from '../../lib/json.ts'
import { readCacheMark } from './cache-marks.ts'
import { FieldReader } from './ext.ts'
import { invalid, requireString } from './invalid.ts'

/** One element of `tools`. */
export function readTool(node: JsonNode, index: number): Tool {
  if (node.kind !== 'object') throw invalid('must be an object', 'tools', index)
  const type = requireString(node.get('type'), 'tools', index, 'type')
  const fn = node.get('function')
  if (type !== 'function' || fn?.kind !== 'object') return opaqueTool(node, type)
  const fields = new FieldReader(node)
  fields.take('type')
  fields.take('function')
  const cache = readCacheMark(fields)
  const tool = readFunction(fn, fields, 'function.', 'tools', index, 'function')
  return { ...tool, cache }
}

/** One element of the legacy `functions`, which is what `function` holds in a tool. */
export function readLegacyFunction(node: JsonNode, index: number): FunctionTool {
  if (node.kind !== 'object') throw invalid('must be an object', 'functions', index)
  return readFunction(node, null, '', 'functions', index)
}

/** `outer`: the tool around the function, whose `ext` also gets what the function says beside the known. */
function readFunction(
  fn: JsonNode,
  outer: FieldReader | null,
  prefix: string,
  ...where: readonly (string | number)[]
): FunctionTool {
  const fields = new FieldReader(fn)
  const name = requireString(fields.take('name'), ...where, 'name')
  const description = fields.takeKind('description', 'string')?.raw ?? null
  const inputSchema = fields.takeKind('parameters', 'object') ?? null
  const strict = fields.takeKind('strict', 'boolean')?.boolean ?? null
  if (outer !== null) {
    for (const [field, value] of fields.ext.fields) {
      outer.keep(field.startsWith('$') ? `$${prefix}${field.slice(1)}` : `${prefix}${field}`, value)
    }
  }
  const ext = (outer ?? fields).ext
  return { kind: 'function', name, description, inputSchema, strict, deferred: false, cache: null, ext }
}

function opaqueTool(node: JsonNode, type: string): OpaqueTool {
  const name = node.get(type)?.get('name')?.string ?? node.get('name')?.string ?? type
  return { kind: 'opaque', type, name, protocol: 'openai-chat', raw: node.raw }
}

/**
 * `tool_choice`, and the legacy `function_call`, which has the name at the top. Null for what has no canonical form
 * (`allowed_tools`, custom tools): the field then stays with the request as it is.
 */
export function readToolChoice(node: JsonNode): ToolChoice | null {
  switch (node.string) {
    case 'none':
    case 'auto':
    case 'required':
      return { type: node.string }
    // Mistral's word
    case 'any':
      return { type: 'required' }
    default:
  }
  if (node.kind !== 'object') return null
  const isLegacy = node.get('type') === undefined && node.members.length === 1
  const isNamed = node.get('type')?.string === 'function' && node.members.length === 2
  const holder = isLegacy ? node : isNamed ? node.get('function') : undefined
  const name = holder?.kind === 'object' && holder.members.length === 1 ? holder.get('name')?.string : undefined
  return name === undefined ? null : { type: 'tool', name }
}
