import type { FunctionTool, OpaqueTool, Tool, ToolChoice } from '../../canonical/request.ts'
import { decodeJsonString } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import { decodeCacheMark, decodeFlag, optional, optionalNode } from './decode-content.ts'
import { ExtCollector } from './ext-collector.ts'
import { invalidRequest, PROTOCOL, requiredString } from './wire.ts'

const TOOL_FIELDS = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'defer_loading', 'cache_control'])

/** Tools of the client become function tools, those that the vendor runs stay as they are. */
export function decodeTools(tools: JsonNode): readonly Tool[] {
  return tools.items.map((tool, index) => decodeTool(tool, `tools.${index}`))
}

function decodeTool(tool: JsonNode, path: string): Tool {
  if (tool.kind !== 'object') throw invalidRequest(path, 'must be an object')
  const type = tool.get('type')?.string ?? 'custom'
  return type === 'custom' ? functionTool(tool, path) : opaqueTool(tool, type)
}

function functionTool(tool: JsonNode, path: string): FunctionTool {
  const collector = new ExtCollector().rest(tool, TOOL_FIELDS)
  const type = tool.get('type')
  if (type !== undefined) collector.hint('type', type.raw)
  const strict = tool.get('strict')
  if (strict?.isNull === true) collector.hint('strict', strict.raw)
  else if (strict !== undefined && strict.boolean === undefined) collector.keep('strict', strict)
  return {
    kind: 'function',
    name: decodeJsonString(requiredString(tool, 'name', path)),
    description: optional(tool, 'description', 'string', collector),
    inputSchema: optionalNode(tool, 'input_schema', 'object', collector),
    strict: strict?.boolean ?? null,
    deferred: decodeFlag(tool, 'defer_loading', collector),
    cache: decodeCacheMark(tool, collector),
    ext: collector.ext,
  }
}

function opaqueTool(tool: JsonNode, type: string): OpaqueTool {
  return { kind: 'opaque', type, name: tool.get('name')?.string ?? '', protocol: PROTOCOL, raw: tool.raw }
}

const TOOL_CHOICE_FIELDS = new Set(['type', 'name', 'disable_parallel_tool_use'])

export interface DecodedToolChoice {
  readonly toolChoice: ToolChoice | null
  readonly parallelToolCalls: boolean | null
}

/** A choice of a kind nobody typed stays in the ext. */
export function decodeToolChoice(root: JsonNode, collector: ExtCollector): DecodedToolChoice {
  const node = root.get('tool_choice')
  if (node?.isNull === true) collector.hint('tool_choice', node.raw)
  if (node === undefined || node.isNull) return { toolChoice: null, parallelToolCalls: null }
  const toolChoice = choiceOf(node)
  if (toolChoice === null) {
    collector.keep('tool_choice', node)
    return { toolChoice: null, parallelToolCalls: null }
  }
  collector.rest(node, TOOL_CHOICE_FIELDS, 'tool_choice.')
  if (toolChoice.type !== 'tool' && node.get('name') !== undefined) keepMember(node, 'name', collector)
  const disabled = node.get('disable_parallel_tool_use')?.boolean
  if (disabled === undefined) keepMember(node, 'disable_parallel_tool_use', collector)
  return { toolChoice, parallelToolCalls: disabled === undefined ? null : !disabled }
}

function choiceOf(node: JsonNode): ToolChoice | null {
  const name = node.get('name')?.string
  switch (node.get('type')?.string) {
    case 'auto':
      return { type: 'auto' }
    case 'none':
      return { type: 'none' }
    case 'any':
      return { type: 'required' }
    case 'tool':
      return name === undefined ? null : { type: 'tool', name }
    case undefined:
    default:
      return null
  }
}

function keepMember(node: JsonNode, name: string, collector: ExtCollector): void {
  const value = node.get(name)
  if (value !== undefined) collector.keep(name, value, 'tool_choice.')
}
