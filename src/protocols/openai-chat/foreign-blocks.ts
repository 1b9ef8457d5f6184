import type { OpaquePart } from '../../canonical/content.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { GatewayError } from '../../lib/error.ts'
import { joinJsonStrings, scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'

/**
 * Blocks of Anthropic's that the canonical form carries unread. Some hold text that the model must have; those of a vendor's
 * own tools mean nothing to another vendor; what nobody has heard of is refused, for it may be what the request is about.
 */
export function blockText(part: OpaquePart, losses: LossSink): JsonText | null {
  const node = scanJson(part.raw)
  switch (part.type) {
    case 'search_result':
      losses.substitute('messages.search_result', 'sent as text')
      return searchResult(node)
    case 'tool_reference':
      return stringToJson(`The tool ${node.get('tool_name')?.string ?? ''} can be called now.`)
    case 'compaction':
      return node.get('content')?.kind === 'string' ? (node.get('content')?.raw ?? null) : null
    default:
      if (!isVendorTool(part.type)) throw unsupported(part.type)
      losses.drop(`messages.${part.type}`, "a block of the other vendor's own tools")
      return null
  }
}

const VENDOR_BLOCKS = new Set([
  'server_tool_use',
  'mcp_tool_use',
  'container_upload',
  'fallback',
  'tool_addition',
  'tool_removal',
])

function isVendorTool(type: string): boolean {
  return VENDOR_BLOCKS.has(type) || type.endsWith('_tool_result')
}

function searchResult(node: JsonNode): JsonText {
  const head = `${node.get('title')?.string ?? ''} (${node.get('source')?.string ?? ''})`
  const texts = (node.get('content')?.items ?? [])
    .map((item) => item.get('text'))
    .filter((text) => text?.kind === 'string')
  return joinJsonStrings(
    [stringToJson(head), ...texts.map((text) => text?.raw).filter((text) => text !== undefined)],
    '\n',
  )
}

function unsupported(type: string): GatewayError {
  return new GatewayError('unsupported_parameter', `messages: this model takes no "${type}" blocks.`, {
    param: 'messages',
  })
}

/** Names of tools that a tool search brought up in this conversation; until then they are withheld from the model. */
export function referencedTool(part: OpaquePart): string | null {
  return part.type === 'tool_reference' ? (scanJson(part.raw).get('tool_name')?.string ?? null) : null
}
