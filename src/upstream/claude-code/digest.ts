import type { JsonValue } from '../../lib/json.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Message, Turn } from './turn.ts'
import type { JsonObject } from './values.ts'
import { asObject, asText, objectsIn } from './values.ts'

/**
 * A name for a conversation up to some point, for one tenant: equal where a client that sends its history again means the
 * same one, however it writes it. Thinking is left out, because many clients do not send it back.
 */
export function conversationName(
  tenant: string,
  launchKey: string,
  { system, tools }: Turn,
  messages: readonly Message[],
): string {
  return sha256(stable([tenant, launchKey, [...system], [...tools], messages.map(plainMessage)]))
}

function plainMessage({ role, content }: Message): JsonValue {
  const blocks: JsonObject[] = []
  for (const block of content.flatMap(plainBlock)) addTo(blocks, block)
  return [role, ...blocks]
}

function plainBlock(block: JsonObject): JsonObject[] {
  switch (block['type']) {
    case 'thinking':
    case 'redacted_thinking':
      return []
    case 'text':
      return [{ type: 'text', text: block['text'] ?? '' }]
    case 'tool_use':
      return [{ type: 'tool_use', id: block['id'] ?? '', name: block['name'] ?? '', input: block['input'] ?? {} }]
    case 'tool_result':
      return [plainResult(block)]
    default:
      return [block]
  }
}

function plainResult(block: JsonObject): JsonObject {
  const { content } = block
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : objectsIn(content)
  return {
    type: 'tool_result',
    tool_use_id: block['tool_use_id'] ?? '',
    is_error: block['is_error'] === true,
    content: blocks.flatMap(plainBlock),
  }
}

/** Some protocols have one text where others have several. */
function addTo(blocks: JsonObject[], block: JsonObject): void {
  const before = blocks.at(-1)
  const text = asText(block['text'])
  const textBefore = asText(before?.['text'])
  const isText = block['type'] === 'text' && before?.['type'] === 'text' && text !== null && textBefore !== null
  if (isText) blocks[blocks.length - 1] = { type: 'text', text: textBefore + text }
  else blocks.push(block)
}

/** JSON with the members of each object in one order. */
function stable(value: JsonValue): string {
  const object = asObject(value)
  if (object !== null) {
    const members = Object.keys(object).sort()
    return `{${members.map((name) => `${JSON.stringify(name)}:${stable(object[name] ?? null)}`).join(',')}}`
  }
  return Array.isArray(value) ? `[${value.map(stable).join(',')}]` : JSON.stringify(value)
}
