import type { CanonicalRequest, FunctionTool, OpaqueTool, ToolChoice } from '../../canonical/request.ts'
import { GatewayError } from '../../lib/error.ts'
import { JsonObjectWriter, jsonArray, scanJson, stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { loseCacheMark, writeCacheMark } from './cache-marks.ts'
import type { Encoding } from './encoding.ts'
import { hint, isHint, ownFields, quietFields, writeExt, writeQuiet } from './ext.ts'
import { referencedTool } from './foreign-blocks.ts'
import { isStrictSchema, toolParameters } from './json-schema.ts'

export interface EncodedTools {
  /** Elements of `tools`, or of `functions`. */
  readonly tools: readonly JsonText[]
  /** `web_search_options`, null where no search is asked for. */
  readonly webSearch: JsonText | null
  /** The name of the tool that stands for the search: nobody can choose it. */
  readonly searchName: string | null
}

export function encodeTools(request: CanonicalRequest, encoding: Encoding): EncodedTools {
  const offered = offeredTools(request, encoding)
  const tools: JsonText[] = []
  let webSearch: JsonText | null = null
  let searchName: string | null = null
  for (const tool of offered) {
    if (tool.kind === 'function') tools.push(functionTool(tool, isLegacy(request), encoding))
    else if (tool.protocol === 'openai-chat') tools.push(tool.raw)
    else if (isToolSearch(tool)) {
      encoding.context.losses.substitute(`tools.${tool.type}`, 'all deferred tools are offered at once')
    } else {
      webSearch = searchOptions(tool, encoding)
      searchName = tool.name
    }
  }
  return { tools, webSearch, searchName }
}

/** The client asked in the first form of tool calls, `functions`. */
export function isLegacy(request: CanonicalRequest): boolean {
  return hint(request.ext, 'legacy') !== null
}

/** Anthropic's search over deferred tools. No Chat vendor has one, so nothing stays withheld. */
function isToolSearch(tool: OpaqueTool): boolean {
  return tool.type.startsWith('tool_search_tool_')
}

/**
 * The tools that the model may know now. A deferred one is withheld until a search of the client's own has named it in this
 * conversation, or the client insists on it.
 */
function offeredTools(request: CanonicalRequest, encoding: Encoding): CanonicalRequest['tools'] {
  if (encoding.own || request.tools.some((tool) => tool.kind === 'opaque' && isToolSearch(tool))) return request.tools
  const named = new Set<string>()
  for (const { parts } of request.messages) {
    for (const part of parts) {
      if (part.kind === 'tool-call') named.add(part.name)
      if (part.kind !== 'tool-result') continue
      for (const inner of part.content) {
        const name = inner.kind === 'opaque' ? referencedTool(inner) : null
        if (name !== null) named.add(name)
      }
    }
  }
  if (request.toolChoice?.type === 'tool') named.add(request.toolChoice.name)
  return request.tools.filter((tool) => tool.kind === 'opaque' || !tool.deferred || named.has(tool.name))
}

function functionTool(tool: FunctionTool, legacy: boolean, encoding: Encoding): JsonText {
  const own = ownFields(tool.ext)
  const fn = functionObject(tool, legacy ? '' : 'function.', encoding)
  if (legacy) return fn
  const writer = new JsonObjectWriter().add('type', toJsonText('function')).add('function', fn)
  // OpenAI's breakpoints stand on content; Anthropic's marks also on tools.
  if (own !== null || encoding.context.dialect.cacheMarks === 'cache_control') {
    writeCacheMark(writer, tool, 'tools', encoding)
  } else loseCacheMark(tool, 'tools', encoding)
  if (own === null) {
    writeExt(writer, tool.ext, 'tools', encoding.context.losses)
    return writer.text
  }
  for (const [name, value] of own) if (!isHint(name) && !name.startsWith('function.')) writer.add(name, value)
  writeQuiet(writer, own)
  return writer.text
}

/** `prefix`: under what dotted names the tool keeps fields of the function. */
function functionObject(tool: FunctionTool, prefix: string, encoding: Encoding): JsonText {
  const { own, names } = encoding
  const writer = new JsonObjectWriter()
    .add('name', stringToJson(names.wire(tool.name)))
    .add('description', tool.description)
  const schema = own ? (tool.inputSchema?.raw ?? null) : parametersOf(tool, encoding)
  writer.add('parameters', schema).add('strict', strictOf(tool, schema, encoding))
  const fields = ownFields(tool.ext)
  for (const [name, value] of fields ?? []) {
    if (!isHint(name) && name.startsWith(prefix)) writer.add(name.slice(prefix.length), value)
  }
  for (const [name, value] of fields === null ? [] : quietFields(fields, `$${prefix}quiet`)) writer.add(name, value)
  return writer.text
}

function parametersOf(tool: FunctionTool, { context, source }: Encoding): JsonText {
  const { schema, merged } = toolParameters(tool.inputSchema)
  if (merged) context.losses.substitute(source.schema, 'a choice at the root became one object')
  return schema
}

/** Strict mode refuses a schema that is not strict in every part, so it is only asked for where it holds. */
function strictOf(tool: FunctionTool, schema: JsonText | null, { own, context }: Encoding): JsonText | null {
  if (tool.strict === null) return null
  if (!context.dialect.strictTools) {
    if (tool.strict) context.losses.drop('tools.strict', 'this vendor has no strict tools')
    return null
  }
  if (own || !tool.strict) return toJsonText(tool.strict)
  if (schema !== null && isStrictSchema(schema)) return toJsonText(true)
  context.losses.substitute('tools.strict', 'the schema is not strict enough for this vendor')
  return toJsonText(false)
}

/** A search that the vendor runs. Anything else that a vendor would have to run is refused by name. */
function searchOptions(tool: OpaqueTool, { context }: Encoding): JsonText {
  if (!tool.type.startsWith('web_search') || context.dialect.webSearch === null) {
    const name = tool.name === '' ? tool.type : tool.name
    throw new GatewayError('unsupported_parameter', `tools: this model has no tool of type "${tool.type}" (${name}).`, {
      param: 'tools',
    })
  }
  const node = scanJson(tool.raw)
  for (const { name, value } of node.members) {
    if (!SEARCH_FIELDS.has(name) && !value.isNull)
      context.losses.drop(`tools.${name}`, 'no equivalent in web_search_options')
  }
  const location = node.get('user_location')
  const writer = new JsonObjectWriter()
  if (location?.kind === 'object') writer.add('user_location', userLocation(location))
  return writer.text
}

const SEARCH_FIELDS = new Set(['type', 'name', 'user_location', 'cache_control'])

function userLocation(location: JsonNode): JsonText {
  const approximate = new JsonObjectWriter()
  for (const { name, value } of location.members) if (name !== 'type') approximate.add(name, value.raw)
  return new JsonObjectWriter().add('type', toJsonText('approximate')).add('approximate', approximate.text).text
}

/** `tool_choice` for this vendor, or null for none. */
export function encodeToolChoice(request: CanonicalRequest, tools: EncodedTools, encoding: Encoding): JsonText | null {
  const { toolChoice } = request
  const { capabilities, losses } = encoding.context
  if (toolChoice === null) return null
  // Vendors refuse a choice where there is nothing to choose from; a Chat client knows what it does.
  if (tools.tools.length === 0 && !encoding.own) return null
  switch (toolChoice.type) {
    case 'auto':
    case 'none':
      return toJsonText(toolChoice.type)
    case 'required':
    case 'tool': {
      if (!capabilities.forcedToolChoice) {
        losses.substitute('tool_choice', 'this model cannot be forced to call a tool')
        return toJsonText('auto')
      }
      return forcedChoice(toolChoice, tools, isLegacy(request), encoding)
    }
    default:
      return toolChoice satisfies never
  }
}

function forcedChoice(
  choice: ToolChoice & { readonly type: 'required' | 'tool' },
  tools: EncodedTools,
  legacy: boolean,
  { context, names }: Encoding,
): JsonText {
  const { dialect, losses } = context
  if (choice.type === 'tool' && choice.name === tools.searchName) {
    losses.substitute('tool_choice', 'a search cannot be forced')
    return toJsonText('auto')
  }
  if (choice.type === 'tool' && dialect.namedToolChoice) {
    const name = new JsonObjectWriter().add('name', stringToJson(names.wire(choice.name))).text
    return legacy ? name : new JsonObjectWriter().add('type', toJsonText('function')).add('function', name).text
  }
  if (choice.type === 'tool') losses.substitute('tool_choice', 'a named tool sent as any tool')
  if (dialect.requiredToolChoice !== null) return toJsonText(dialect.requiredToolChoice)
  losses.substitute('tool_choice', 'this vendor cannot be told to call a tool')
  return toJsonText('auto')
}

/** Parallel calls, where there is something to call. */
export function encodeParallel(
  request: CanonicalRequest,
  tools: readonly JsonText[],
  encoding: Encoding,
): JsonText | null {
  const { parallelToolCalls } = request
  if (parallelToolCalls === null || isLegacy(request) || (tools.length === 0 && !encoding.own)) return null
  if (encoding.context.dialect.parallelToolCalls) return toJsonText(parallelToolCalls)
  if (!parallelToolCalls) encoding.context.losses.drop(encoding.source.parallel, 'this vendor has no such switch')
  return null
}

export function toolList(tools: readonly JsonText[]): JsonText | null {
  return tools.length === 0 ? null : jsonArray(tools)
}
