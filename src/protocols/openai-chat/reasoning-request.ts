import { isEffort } from '../../canonical/effort.ts'
import type { ReasoningRequest } from '../../canonical/request.ts'
import { JsonObjectWriter } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { FieldReader } from './ext.ts'

/** Request fields by which Chat vendors are asked to think. */
export const REASONING_FIELDS = [
  'reasoning_effort',
  'reasoning',
  'thinking',
  'enable_thinking',
  'thinking_budget',
  'chat_template_kwargs',
] as const

export type ReasoningField = (typeof REASONING_FIELDS)[number]

type Wish = { -readonly [K in keyof ReasoningRequest]: ReasoningRequest[K] }

type FieldOf = (name: ReasoningField) => JsonNode | undefined

/**
 * What the client wants, in whatever vendor's words, or null when it says nothing. The fields themselves stay as a hint, so
 * that the vendor whose words they are gets them as they were.
 */
export function takeReasoning(fields: FieldReader): ReasoningRequest | null {
  const wish = readReasoningFields((name) => fields.peek(name))
  if (wish === null) return null
  const kept = new JsonObjectWriter()
  for (const name of REASONING_FIELDS) {
    const node = fields.peek(name)
    if (node === undefined || node.isNull || !isUnderstood(name, node)) continue
    kept.add(name, fields.take(name)?.raw ?? null)
    fields.keepMembers(name, node, READ_MEMBERS)
  }
  fields.hint('reasoning', kept.text)
  return wish
}

/** Of any of these fields. */
const READ_MEMBERS = new Set(['effort', 'max_tokens', 'enabled', 'exclude', 'type', 'budget_tokens', 'enable_thinking'])

/** Reads the same from the hint, to tell whether it still says what the request says. */
export function readReasoningFields(fieldOf: FieldOf): ReasoningRequest | null {
  const wish: Wish = { mode: 'default', budget: null, effort: null, display: null }
  let any = false
  for (const name of REASONING_FIELDS) {
    const node = fieldOf(name)
    if (node === undefined || node.isNull || !isUnderstood(name, node)) continue
    any = true
    READERS[name](node, wish)
  }
  return any ? wish : null
}

/** A value that this gateway has not heard of stays with the request as it is. */
function isUnderstood(name: ReasoningField, node: JsonNode): boolean {
  switch (name) {
    case 'reasoning_effort':
      return isEffort(node.string ?? '')
    case 'reasoning':
      return (
        node.kind === 'object' &&
        (node.get('effort')?.string === undefined || isEffort(node.get('effort')?.string ?? ''))
      )
    case 'thinking':
      return MODES.has(node.get('type')?.string ?? '')
    case 'enable_thinking':
      return node.kind === 'boolean'
    case 'thinking_budget':
      return node.kind === 'number'
    case 'chat_template_kwargs':
      return node.get('enable_thinking')?.kind === 'boolean'
    default:
      return name satisfies never
  }
}

const MODES: ReadonlyMap<string, ReasoningRequest['mode']> = new Map([
  ['enabled', 'on'],
  ['disabled', 'off'],
  ['adaptive', 'adaptive'],
  ['auto', 'adaptive'],
])

const READERS: Readonly<Record<ReasoningField, (node: JsonNode, wish: Wish) => void>> = {
  reasoning_effort: (node, wish) => setEffort(wish, node.string),
  reasoning: (node, wish) => {
    setEffort(wish, node.get('effort')?.string)
    wish.budget = node.get('max_tokens')?.number ?? wish.budget
    if (wish.budget !== null) wish.mode = 'on'
    const enabled = node.get('enabled')?.boolean
    if (enabled !== undefined) wish.mode = enabled ? 'on' : 'off'
    if (node.get('exclude')?.boolean === true) wish.display = 'omitted'
  },
  thinking: (node, wish) => {
    wish.mode = MODES.get(node.get('type')?.string ?? '') ?? wish.mode
    wish.budget = node.get('budget_tokens')?.number ?? wish.budget
  },
  enable_thinking: (node, wish) => {
    wish.mode = node.boolean === true ? 'on' : 'off'
  },
  thinking_budget: (node, wish) => {
    wish.budget = node.number ?? wish.budget
    if (wish.mode === 'default') wish.mode = 'on'
  },
  chat_template_kwargs: (node, wish) => {
    wish.mode = node.get('enable_thinking')?.boolean === true ? 'on' : 'off'
  },
}

function setEffort(wish: Wish, word: string | undefined): void {
  if (word === undefined || !isEffort(word)) return
  wish.effort = word
  if (word === 'none') wish.mode = 'off'
}

/** The client's own fields, by name, where a hint holds them. */
export function keptReasoning(hint: JsonNode | null): ReadonlyMap<string, JsonText> {
  return new Map((hint?.members ?? []).map(({ name, value }) => [name, value.raw]))
}
