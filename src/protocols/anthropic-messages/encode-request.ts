import type { Part, ReasoningPart, SealOrigin } from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import { jsonArray, replaceLoneSurrogates, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { EncodedRequest, UpstreamRequestContext } from '../protocol.ts'
import { adaptHistory } from './adapt-history.ts'
import { plainText } from './decode-content.ts'
import { encodeContent, redactedThinkingBlock, thinkingBlock } from './encode-content.ts'
import type { BlockTarget } from './encode-content.ts'
import { encodeFormat, writeFormat } from './encode-format.ts'
import { encodeReasoning, lostThinking } from './encode-reasoning.ts'
import type { EncodedReasoning } from './encode-reasoning.ts'
import { encodeMaxTokens, encodeSampling, encodeStop, encodeUser } from './encode-settings.ts'
import { encodeTools, writeToolChoice } from './encode-tools.ts'
import { hintOf, isOwn } from './ext-collector.ts'
import { NodeWriter } from './node-writer.ts'
import { reportForeignRequest } from './report-foreign.ts'
import { ToolNames, validToolId } from './tool-names.ts'
import { BILLING_HEADER, literal, numberLiteral, PROTOCOL, readingRequest } from './wire.ts'

type Context = UpstreamRequestContext<'anthropic-messages'>

/**
 * Writes a Messages request. One that came in this protocol comes out as it went in, but for what this model or host does
 * not take; one from another protocol is adapted. Pure: the same request gives the same bytes.
 */
export function encodeRequest(request: CanonicalRequest, context: Context): EncodedRequest {
  return readingRequest(() => encode(request, context))
}

function encode(request: CanonicalRequest, context: Context): EncodedRequest {
  reportForeignRequest(request.ext, context.losses)
  const names = new ToolNames(request)
  const tools = encodeTools(request, names, context)
  const format = encodeFormat(request, tools.outputTool !== null, context)
  const maxTokens = encodeMaxTokens(request, context)
  const history = adaptHistory(request, {
    midSystem: context.capabilities.midSystem,
    knowsFiles: isOwn(request.ext),
    admits: admission(request, context),
    losses: context.losses,
  })
  const bounds = { maxTokens, forcesTool: tools.forced, lostThinking: lostThinking(request, history.messages) }
  const reasoning = encodeReasoning(request, context.capabilities, bounds, context.losses)
  const sampling = encodeSampling(request, reasoning, context)
  const target = blockTarget(request, names, context)
  const ext = rootExt(request.ext, reasoning, format.schema)
  const orders = format.instruction === null ? tools.instructions : [...tools.instructions, format.instruction]

  const writer = new NodeWriter(ext)
    .add('model', stringToJson(context.model))
    .add('max_tokens', numberLiteral(maxTokens))
    .addShaped('system', encodeSystem(history.instructions, orders, ext, context, target))
    .add('tools', tools.tools.length === 0 ? null : jsonArray(tools.tools))
    .nested('tool_choice', ext, (node) => writeToolChoice(tools.choice, request, tools.tools.length > 0, names, node))
    .add('messages', jsonArray(history.messages.map((message) => encodeMessage(message, target))))
    .nested('thinking', ext, (node) => writeThinking(reasoning, node))
    .nested('output_config', ext, (node) => writeOutputConfig(reasoning, format.schema, ext, node))
  if (format.schema !== null && isLegacyFormat(ext)) {
    writer.nested('output_format', ext, (node) => writeFormat(format.schema ?? literal('{}'), node))
  }
  writer
    .add('temperature', sampling.temperature)
    .add('top_p', sampling.topP)
    .add('top_k', sampling.topK)
    .add('stop_sequences', encodeStop(request, context.losses))
    .nested('metadata', ext, (node) => node.add('user_id', encodeUser(request, context)))
    .add('stream', request.stream ? literal('true') : null)
  return {
    body: replaceLoneSurrogates(writer.finish()),
    toolNames: names.originals,
    outputTool: tools.outputTool,
    unsentStop: [],
    headers: isOwn(request.ext) ? {} : { 'anthropic-version': context.dialect.version },
  }
}

/** Without what belongs to a field that this model does not take. */
function rootExt(ext: Ext | null, { type, kept }: EncodedReasoning, schema: JsonText | null): Ext | null {
  if (!isOwn(ext)) return ext
  const gone: string[] = []
  if (!kept) gone.push('thinking')
  if (!kept && type === null) gone.push('thinking.')
  if (schema === null) gone.push('output_config.format.', 'output_format.')
  const isGone = (name: string): boolean =>
    gone.some((field) => (field.endsWith('.') ? name.startsWith(field) : name === field))
  const fields = [...ext.fields].filter(([name]) => !isGone(name))
  return fields.length === ext.fields.size ? ext : { ...ext, fields: new Map(fields) }
}

function encodeSystem(
  instructions: readonly Part[],
  orders: readonly string[],
  ext: Ext | null,
  { dialect }: Context,
  target: BlockTarget,
): JsonText | null {
  const kept = dialect.billingHeader === 'strip' ? instructions.filter((part) => !isBillingHeader(part)) : instructions
  const parts = [...kept, ...orders.map((order) => plainText(stringToJson(order)))]
  // A field that is empty only because something was taken out of it is better left out.
  return parts.length === 0 && instructions.length > 0 ? null : encodeContent(parts, ext, 'system', target)
}

function isBillingHeader(part: Part): boolean {
  return part.kind === 'text' && part.text.startsWith(`"${BILLING_HEADER}`)
}

function encodeMessage(message: Message, target: BlockTarget): JsonText {
  return new NodeWriter(message.ext)
    .add('role', stringToJson(message.role))
    .addShaped('content', encodeContent(message.parts, message.ext, 'content', target))
    .finish()
}

function writeThinking({ type, budget, display }: EncodedReasoning, writer: NodeWriter): void {
  if (type === null) return
  writer
    .add('type', stringToJson(type))
    .add('budget_tokens', budget === null ? null : numberLiteral(budget))
    .add('display', display === null ? null : stringToJson(display))
}

function writeOutputConfig(
  { effort }: EncodedReasoning,
  schema: JsonText | null,
  ext: Ext | null,
  writer: NodeWriter,
): void {
  writer.add('effort', effort === null ? null : stringToJson(effort))
  writer.nested('format', ext, (node) => {
    if (schema !== null && !isLegacyFormat(ext)) writeFormat(schema, node)
  })
}

/** The client used the beta's name for the format. */
function isLegacyFormat(ext: Ext | null): boolean {
  return hintOf(ext, 'format') === '"output_format"'
}

/** Sealed reasoning goes to whoever made it. A client's own bare seal can only be this protocol's. */
function admission(request: CanonicalRequest, { dialect, provider, losses }: Context): (part: Part) => boolean {
  const own = isOwn(request.ext)
  return (part) => {
    if (part.kind !== 'reasoning') return true
    const { seal } = part
    const origin = seal?.origin ?? null
    if (origin !== null) return dialect.thinkingSignatures && seal?.kind !== 'encrypted' && isOrigin(origin, provider)
    if (seal !== null && seal.value !== '' && own && dialect.thinkingSignatures) return true
    // Without a carrier the text is all there was of it.
    if (part.text !== '""')
      losses.drop(own ? 'messages.thinking' : 'messages.reasoning_content', 'not signed by this vendor')
    return false
  }
}

function isOrigin(origin: SealOrigin, provider: string): boolean {
  return origin.protocol === PROTOCOL && origin.provider === provider
}

function blockTarget({ ext, assembled }: CanonicalRequest, names: ToolNames, { losses }: Context): BlockTarget {
  return {
    toolId: isOwn(ext) && assembled !== true ? (id) => id : validToolId,
    toolName: (name) => names.upstream(name),
    reasoning: sealedBlock,
    losses,
  }
}

function sealedBlock(part: ReasoningPart): JsonText | null {
  const { seal } = part
  if (seal === null) return null
  return seal.kind === 'redacted' ? redactedThinkingBlock(part, seal.value) : thinkingBlock(part, seal.value)
}
