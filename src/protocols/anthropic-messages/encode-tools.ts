import type { LossSink } from '../../canonical/loss.ts'
import type { CanonicalRequest, FunctionTool, Tool, ToolChoice } from '../../canonical/request.ts'
import { JsonObjectWriter, scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { UpstreamRequestContext } from '../protocol.ts'
import { cacheControl } from './encode-content.ts'
import { isOwn } from './ext-collector.ts'
import { toInputSchema } from './input-schema.ts'
import { NodeWriter } from './node-writer.ts'
import { reportForeign } from './report-foreign.ts'
import { toStructuredSchema } from './structured-schema.ts'
import type { ToolNames } from './tool-names.ts'
import { literal, PROTOCOL } from './wire.ts'

type Context = UpstreamRequestContext<'anthropic-messages'>

export interface EncodedTools {
  readonly tools: readonly JsonText[]
  readonly choice: ToolChoice | null
  /** The choice leaves the model no way but to call a tool. */
  readonly forced: boolean
  /** What the model is told in the system prompt, because it cannot be forced or formatted. */
  readonly instructions: readonly string[]
  /** The tool whose input is the answer. */
  readonly outputTool: string | null
}

/** Tools and how they may be chosen, as the model takes them. */
export function encodeTools(request: CanonicalRequest, names: ToolNames, context: Context): EncodedTools {
  const tools = request.tools.map((tool) => encodeTool(tool, request, names, context)).filter((tool) => tool !== null)
  const output = outputTool(request, context)
  const wanted = output === null ? request.toolChoice : choiceWithOutput(request, output.name)
  const choice = tools.length > 0 || output !== null || isOwn(request.ext) ? wanted : null
  const all = output === null ? tools : [...tools, output.tool]
  const encoded = { tools: all, outputTool: output?.name ?? null }
  if (choice?.type !== 'required' && choice?.type !== 'tool')
    return { ...encoded, choice, forced: false, instructions: [] }
  if (canForce(request, output !== null, context)) return { ...encoded, choice, forced: true, instructions: [] }
  if (output === null)
    context.losses.substitute('tool_choice', 'this model cannot be forced to call a tool; it is told to')
  return { ...encoded, choice: { type: 'auto' }, forced: false, instructions: [orderToCall(choice, names)] }
}

/** Writes `tool_choice` into its node. */
export function writeToolChoice(
  choice: ToolChoice | null,
  request: CanonicalRequest,
  hasTools: boolean,
  names: ToolNames,
  writer: NodeWriter,
): void {
  const { parallelToolCalls } = request
  const own = isOwn(request.ext)
  const limits = parallelToolCalls === false && hasTools
  const sent = choice ?? (limits ? { type: 'auto' as const } : null)
  if (sent === null) return
  writer.add('type', stringToJson(sent.type === 'required' ? 'any' : sent.type))
  if (sent.type === 'tool') writer.add('name', stringToJson(names.upstream(sent.name)))
  const says = own ? parallelToolCalls !== null : limits && sent.type !== 'none'
  if (says) writer.add('disable_parallel_tool_use', literal(String(parallelToolCalls === false)))
}

function encodeTool(tool: Tool, request: CanonicalRequest, names: ToolNames, context: Context): JsonText | null {
  if (tool.kind === 'function') return functionTool(tool, isOwn(request.ext), names, context)
  if (tool.protocol === PROTOCOL) return tool.raw
  context.losses.drop(`tools.${tool.type}`, 'no equivalent in Anthropic Messages')
  return null
}

function functionTool(tool: FunctionTool, own: boolean, names: ToolNames, { capabilities, losses }: Context): JsonText {
  reportForeign(tool.ext, 'tools.', losses)
  const strict = own || capabilities.structuredOutput ? tool.strict : null
  return new NodeWriter(tool.ext)
    .add('type', null)
    .add('name', stringToJson(names.upstream(tool.name)))
    .add('description', tool.description)
    .add('input_schema', own ? (tool.inputSchema?.raw ?? null) : foreignSchema(tool, strict === true, losses))
    .add('strict', strict === null || (!own && !strict) ? null : literal(String(strict)))
    .add('defer_loading', tool.deferred ? literal('true') : null)
    .add('cache_control', cacheControl(tool.cache))
    .finish()
}

function foreignSchema(tool: FunctionTool, strict: boolean, losses: LossSink): JsonText {
  const { schema, loosened } = toInputSchema(tool.inputSchema)
  const structured = strict ? toStructuredSchema(scanJson(schema)) : { schema, loosened: false }
  if (loosened || structured.loosened) losses.substitute('tools.parameters', 'some rules became descriptions')
  return structured.schema
}

const OUTPUT_TOOL = 'json_answer'

/** For models without structured output: a tool that takes the answer. Only objects can be tool inputs. */
function outputTool(
  request: CanonicalRequest,
  { capabilities }: Context,
): { readonly name: string; readonly tool: JsonText } | null {
  const format = request.outputFormat
  if (format?.type !== 'json-schema' || capabilities.structuredOutput || request.toolChoice?.type === 'tool')
    return null
  if (scanJson(format.schema).get('type')?.string !== 'object') return null
  const taken = new Set(request.tools.map(({ name }) => name))
  let name = OUTPUT_TOOL
  while (taken.has(name)) name += '_'
  const tool = new JsonObjectWriter()
    .add('name', stringToJson(name))
    .add(
      'description',
      format.description ?? stringToJson('Takes your answer. Its input is what the user gets to see.'),
    )
    .add('input_schema', format.schema).text
  return { name, tool }
}

/** With other tools about, the model may call those first; alone, or where they may not be called, it has to answer. */
function choiceWithOutput({ tools, toolChoice }: CanonicalRequest, name: string): ToolChoice {
  return tools.length > 0 && toolChoice?.type !== 'none' ? { type: 'required' } : { type: 'tool', name }
}

/** Thinking and a forced call exclude each other. Where the client's own tools are forced, thinking yields. */
function canForce({ reasoning }: CanonicalRequest, isOurs: boolean, { capabilities }: Context): boolean {
  const thinks = reasoning !== null && reasoning.mode !== 'off' && reasoning.effort !== 'none'
  return capabilities.forcedToolChoice && !(isOurs && thinks)
}

function orderToCall(choice: ToolChoice, names: ToolNames): string {
  return choice.type === 'tool'
    ? `Answer by calling the tool "${names.upstream(choice.name)}".`
    : 'Answer by calling at least one of the tools.'
}
