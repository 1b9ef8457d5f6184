import type { GatewayError } from '../../lib/error.ts'
import { JsonObjectWriter, JsonScanError, scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { RepairedRequest } from '../protocol.ts'

const BOUND_ELSEWHERE = /bound to a different conversation/i
const BETA = 'thinking-binding-controls-2026-08-01'
const BINDING = new JsonObjectWriter().add('prefix_mismatch_behavior', stringToJson('drop_block')).text

/**
 * Thinking is bound to everything before it. Where a history was edited, the vendor can be told to leave the affected
 * blocks out instead of refusing the request. Null for other errors, and when the request says already what to do.
 */
export function repair(body: string, error: GatewayError): RepairedRequest | null {
  if (error.code !== 'upstream_invalid_request' || !BOUND_ELSEWHERE.test(error.message)) return null
  const repaired = withDroppedBlocks(body)
  if (repaired === null) return null
  return {
    body: repaired,
    headers: { 'anthropic-beta': BETA },
    loss: {
      field: 'messages.thinking',
      how: 'dropped',
      why: 'the vendor had bound it to another conversation',
    },
  }
}

function withDroppedBlocks(body: string): string | null {
  const root = scan(body)
  if (root === null) return null
  const thinking = root.get('thinking')
  // Models that refuse a mismatch think unless told otherwise.
  if (thinking === undefined)
    return insertMember(body, root, `"thinking":{"type":"adaptive","block_binding":${BINDING}}`)
  const type = thinking.get('type')?.string
  if (type !== 'enabled' && type !== 'adaptive') return null
  if (thinking.get('block_binding') !== undefined) return null
  return insertMember(body, thinking, `"block_binding":${BINDING}`)
}

/** The text with a member added at the object's end. */
function insertMember(text: string, object: JsonNode, member: string): string {
  const at = object.end - 1
  const separator = object.members.length === 0 ? '' : ','
  return `${text.slice(0, at)}${separator}${member}${text.slice(at)}`
}

function scan(body: string): JsonNode | null {
  try {
    const root = scanJson(body)
    return root.kind === 'object' ? root : null
  } catch (thrown) {
    if (thrown instanceof JsonScanError) return null
    throw thrown
  }
}
