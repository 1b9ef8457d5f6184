import { jsonArray } from '../../lib/json.ts'
import type { JsonMember, JsonNode, JsonText } from '../../lib/json.ts'
import { literal } from './wire.ts'

/** What answers of Chat vendors are made of, and what stands beside it. */
const ROOT_MEMBERS = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'obfuscation', 'error'])
export const CHOICE_MEMBERS = new Set(['index', 'delta', 'message', 'finish_reason', 'usage', 'logprobs', 'error'])
const MESSAGE_MEMBERS = new Set([
  'role',
  'content',
  'refusal',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'tool_calls',
  'function_call',
  'annotations',
  'images',
])

export function isOther({ name, value }: JsonMember): boolean {
  return !MESSAGE_MEMBERS.has(name) && !value.isNull
}

/** Further choices are further answers (`n`); they are never mixed into the first. */
export function choiceZero(root: JsonNode): JsonNode | undefined {
  return root.get('choices')?.items.find((choice) => (choice.get('index')?.number ?? 0) === 0)
}

export function filled(node: JsonNode, name: string): string | null {
  const text = node.get(name)?.string
  return text === undefined || text === '' ? null : text
}

export function otherFields(root: JsonNode): ReadonlyMap<string, JsonText> {
  const others = new Map<string, JsonText>()
  for (const { name, value } of root.members) if (!ROOT_MEMBERS.has(name) && !value.isNull) others.set(name, value.raw)
  return others
}

/** The choice of a chunk whose delta has this list and nothing else. */
export function choiceOf(name: string, items: readonly JsonText[]): JsonText {
  return literal(`{"index":0,"delta":{"${name}":${jsonArray(items)}},"logprobs":null,"finish_reason":null}`)
}
