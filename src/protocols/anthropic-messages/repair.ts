import type { GatewayError } from '../../lib/error.ts'
import { JsonObjectWriter, JsonScanError, scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { RepairedRequest } from '../protocol.ts'

const BOUND_ELSEWHERE = /bound to a different conversation/i
/** `data` is what the signature is of redacted thinking. */
const INVALID_SIGNATURE = /invalid `?signature`?|invalid `data` in `redacted_thinking`/i
const BETA = 'thinking-binding-controls-2026-08-01'
const BINDING = new JsonObjectWriter().add('prefix_mismatch_behavior', stringToJson('drop_block')).text

/**
 * What the gateway can do about a vendor's 400 on thinking in the history; null for other errors.
 *
 * Thinking is bound to everything before it: where a history was edited, the vendor can be told to leave the affected
 * blocks out. A signature that is not the vendor's own (another vendor's, or none at all) goes with its block.
 */
export function repair(body: string, error: GatewayError): RepairedRequest | null {
  if (error.code !== 'upstream_invalid_request') return null
  if (BOUND_ELSEWHERE.test(error.message)) {
    const why = 'the vendor had bound it to another conversation'
    return repaired(withDroppedBlocks(body), { 'anthropic-beta': BETA }, why)
  }
  if (INVALID_SIGNATURE.test(error.message)) {
    return repaired(withoutThinking(body), {}, 'its signature is not of this vendor')
  }
  return null
}

function repaired(body: string | null, headers: Readonly<Record<string, string>>, why: string): RepairedRequest | null {
  return body === null ? null : { body, headers, loss: { field: 'messages.thinking', how: 'dropped', why } }
}

/** The request without any thinking in its history, or null when there is none. Nothing else changes by a byte. */
function withoutThinking(body: string): string | null {
  const messages = scan(body)?.get('messages')?.items ?? []
  let text = ''
  let at = 0
  for (const message of messages) {
    const blocks = message.kind === 'object' ? (message.get('content')?.items ?? []) : []
    const kept = blocks.filter((block) => !isThinking(block))
    const first = blocks[0]
    const last = blocks.at(-1)
    if (kept.length === blocks.length || first === undefined || last === undefined) continue
    const content = kept.length === 0 ? [EMPTY_TURN] : kept.map(({ raw }) => raw)
    text += `${body.slice(at, first.start)}${content.join(',')}`
    at = last.end
  }
  return at === 0 ? null : text + body.slice(at)
}

/** A turn cannot be empty, and without it the next one would answer something else. */
const EMPTY_TURN = '{"type":"text","text":"(no visible answer)"}'

function isThinking(block: JsonNode): boolean {
  const type = block.kind === 'object' ? block.get('type')?.string : undefined
  return type === 'thinking' || type === 'redacted_thinking'
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
