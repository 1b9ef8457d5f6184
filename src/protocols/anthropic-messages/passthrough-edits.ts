import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import { isEffort } from '../../canonical/effort.ts'
import { stringToJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { Dialects, MessagesDialect } from '../dialect.ts'
import type { Envelope, PassthroughTarget, Splice } from '../protocol.ts'
import { isBillingHeader } from './peek.ts'
import { CARRIER_PREFIX, readingRequest } from './wire.ts'

/** See `Passthrough.edits`. Where nothing has to change the list is empty, and the client's bytes go out as they are. */
export function edits(
  { root }: Envelope,
  { model, capabilities }: PassthroughTarget,
  dialect: Dialects[keyof Dialects],
): readonly Splice[] | null {
  if (!('billingHeader' in dialect)) return null
  return readingRequest(() => {
    const needsMore =
      asksTooMuch(root, capabilities) ||
      (!capabilities.midSystem && hasSystemMessage(root)) ||
      tellsTooMuch(root, dialect) ||
      hasRefusedThinking(root, dialect)
    if (needsMore) return null
    return modelEdit(root, model)
  })
}

/** Something in the request is not for this model. */
function asksTooMuch(root: JsonNode, capabilities: ModelCapabilities): boolean {
  const samples = ['temperature', 'top_p', 'top_k'].some((name) => root.get(name)?.kind === 'number')
  if (samples && !capabilities.sampling) return true
  if ((root.get('max_tokens')?.number ?? 0) > (capabilities.maxOutputTokens ?? Infinity)) return true
  const choice = typeOf(root.get('tool_choice'))
  if ((choice === 'any' || choice === 'tool') && !capabilities.forcedToolChoice) return true
  const output = root.get('output_config')
  if (output?.kind === 'object' && !outputFits(output, capabilities)) return true
  const thinking = root.get('thinking')
  return thinking?.kind === 'object' && !thinkingFits(thinking, capabilities)
}

function outputFits(output: JsonNode, { efforts, structuredOutput }: ModelCapabilities): boolean {
  const effort = output.get('effort')?.string
  if (effort !== undefined && isEffort(effort) && !efforts.includes(effort)) return false
  return structuredOutput || typeOf(output.get('format')) === undefined
}

function thinkingFits(node: JsonNode, { thinking, maxOutputTokens }: ModelCapabilities): boolean {
  const type = typeOf(node)
  switch (type) {
    case 'enabled':
    case 'adaptive':
    case 'disabled':
    case 'between_tools': {
      const budget = node.get('budget_tokens')?.number ?? 0
      return thinking.includes(type) && (maxOutputTokens === null || budget < maxOutputTokens)
    }
    case undefined:
    default:
      // What nobody has heard of yet is for the vendor to judge.
      return true
  }
}

/** Something in the request is none of this host's business. */
function tellsTooMuch(root: JsonNode, dialect: MessagesDialect): boolean {
  const metadata = root.get('metadata')
  if (dialect.userId === 'hash' && metadata?.kind === 'object' && metadata.get('user_id')?.kind === 'string')
    return true
  return dialect.billingHeader === 'strip' && (root.get('system')?.items.some(isBillingHeader) ?? false)
}

function hasSystemMessage(root: JsonNode): boolean {
  return messagesOf(root).some((message) => message.get('role')?.string === 'system')
}

/** Thinking that nobody signed or that holds a carrier of ours, or any for hosts that take none. */
function hasRefusedThinking(root: JsonNode, dialect: MessagesDialect): boolean {
  const contents = [root.get('system'), ...messagesOf(root).map((message) => message.get('content'))]
  return contents.some((content) => holdsRefused(content, dialect))
}

function holdsRefused(content: JsonNode | undefined, dialect: MessagesDialect): boolean {
  return content?.items.some((block) => isRefused(block, dialect)) ?? false
}

function isRefused(block: JsonNode, dialect: MessagesDialect): boolean {
  switch (typeOf(block)) {
    case 'thinking': {
      const signature = block.get('signature')?.string ?? ''
      return !dialect.thinkingSignatures || signature === '' || signature.startsWith(CARRIER_PREFIX)
    }
    case 'redacted_thinking':
      return !dialect.thinkingSignatures || (block.get('data')?.string?.startsWith(CARRIER_PREFIX) ?? false)
    case 'tool_result':
      return holdsRefused(block.get('content'), dialect)
    case undefined:
    default:
      return false
  }
}

function modelEdit(root: JsonNode, model: string): readonly Splice[] {
  const node = root.get('model')
  if (node === undefined || node.string === model) return []
  return [{ start: node.start, end: node.end, bytes: Buffer.from(stringToJson(model)) }]
}

function messagesOf(root: JsonNode): readonly JsonNode[] {
  return root.get('messages')?.items.filter(({ kind }) => kind === 'object') ?? []
}

function typeOf(node: JsonNode | undefined): string | undefined {
  return node?.kind === 'object' ? node.get('type')?.string : undefined
}
