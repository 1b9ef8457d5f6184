import { toolInput } from '../../canonical/fold.ts'
import type { OpaqueMerge } from '../../canonical/fold.ts'
import { JsonObjectWriter, joinJsonStrings, scanJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'

/**
 * A streamed block of a kind nobody typed, whole: what its deltas bring is appended to the block's members of the same
 * name (`compaction_delta.content`), and pieces of JSON become its `input` (`server_tool_use`).
 */
export const mergeOpaque: OpaqueMerge = (part, deltas) => {
  const members = new Map<string, JsonText>()
  for (const { name, value } of scanJson(part.raw).members) members.set(name, value.raw)
  const input: JsonText[] = []
  for (const delta of deltas) {
    for (const { name, value } of scanJson(delta).members) {
      if (name === 'type') continue
      if (name === 'partial_json') input.push(value.raw)
      else members.set(name, appended(members.get(name), value.raw))
    }
  }
  if (input.length > 0) members.set('input', toolInput(joinJsonStrings(input)).input)
  const writer = new JsonObjectWriter()
  for (const [name, value] of members) writer.add(name, value)
  return { ...part, raw: writer.text }
}

/** Strings grow; anything else is replaced. */
function appended(before: JsonText | undefined, piece: JsonText): JsonText {
  return before?.startsWith('"') === true && piece.startsWith('"') ? joinJsonStrings([before, piece]) : piece
}
