import { EMPTY_JSON_STRING } from '../../lib/json.ts'
import type { JsonMember, JsonNode } from '../../lib/json.ts'
import { readReasoning } from './reasoning-details.ts'

/** Members of a delta in which there is nothing to read: who speaks, and what the text is taken from. */
const NO_CONTENT = new Set(['role', 'annotations'])

/** True where the delta of a stream brings what `isContentEvent` has for content in the canonical form. */
export function bringsContent(delta: JsonNode | undefined): boolean {
  if (delta === undefined) return false
  return delta.members.some((member) =>
    member.name === 'reasoning_details' ? hasReasoning(delta) : isFilled(member) && !NO_CONTENT.has(member.name),
  )
}

/** Some of it can be read only by its vendor. */
function hasReasoning(delta: JsonNode): boolean {
  return readReasoning(delta).pieces.some(({ text }) => text !== EMPTY_JSON_STRING)
}

function isFilled({ value }: JsonMember): boolean {
  return !value.isNull && value.raw !== EMPTY_JSON_STRING && value.raw !== '[]'
}
