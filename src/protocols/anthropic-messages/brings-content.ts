import type { JsonNode } from '../../lib/json.ts'

/** Blocks that open without anything to read in them. */
const EMPTY_BLOCKS = new Set(['text', 'thinking', 'redacted_thinking'])
const TEXTS = ['text', 'thinking', 'partial_json'] as const

/** True where a `content_block_` event brings what `isContentEvent` has for content in the canonical form. */
export function bringsContent(event: JsonNode): boolean {
  const block = event.get('content_block')
  const delta = event.get('delta')
  return (block !== undefined && holdsContent(block)) || (delta !== undefined && hasText(delta))
}

/** True of a block with something to read in it, be it the name of a tool. */
export function holdsContent(block: JsonNode): boolean {
  return hasText(block) || !EMPTY_BLOCKS.has(block.get('type')?.string ?? '')
}

function hasText(node: JsonNode): boolean {
  return TEXTS.some((name) => (node.get(name)?.string ?? '') !== '')
}
