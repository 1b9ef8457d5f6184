import { findMember } from '../../lib/json-member.ts'

const QUOTE = 34
const BLOCK = Buffer.from('"content_block"')
const DELTA = Buffer.from('"delta"')
const TYPE = Buffer.from('"type"')
const TEXTS = ['"text"', '"thinking"', '"partial_json"'].map((name) => Buffer.from(name))
/** Blocks that open without anything to read in them. */
const EMPTY_BLOCKS = new Set(['"text"', '"thinking"', '"redacted_thinking"'])

/**
 * True where a `content_block_` event brings what `isContentEvent` has for content in the canonical form. Its data, which is
 * JSON, begins at `start`. It is not parsed: two parsed events would cost a stream as much as ten that pass.
 */
export function bringsContent(bytes: Buffer, start: number): boolean {
  const delta = findMember(bytes, start, bytes.length, DELTA)
  if (delta !== null) return hasText(bytes, delta.start)
  const block = findMember(bytes, start, bytes.length, BLOCK)
  return block !== null && holdsContent(bytes, block.start)
}

/** True of a block with something to read in it, be it the name of a tool. */
export function holdsContent(bytes: Buffer, start: number): boolean {
  const type = findMember(bytes, start, bytes.length, TYPE)
  const isEmpty = type !== null && EMPTY_BLOCKS.has(bytes.toString('latin1', type.start, type.end))
  return !isEmpty || hasText(bytes, start)
}

function hasText(bytes: Buffer, start: number): boolean {
  for (const name of TEXTS) {
    const value = findMember(bytes, start, bytes.length, name)
    if (value !== null && bytes[value.start] === QUOTE && value.end - value.start > 2) return true
  }
  return false
}
