import type { JsonValue } from '../../lib/json.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, objectOf, textOf } from '../json-object.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { words } from '../words.ts'

const ROLES = words('user assistant system')

/** How messages stand to each other: who begins, and that every tool call has its result where it belongs. */
export function* checkMessages(body: JsonObject): Generator<Problem> {
  const list = listOf(body['messages'])
  if (list === null) {
    yield invalid('messages: Field required')
    return
  }
  if (list.length === 0) {
    yield invalid('messages: at least one message is required')
    return
  }
  for (const [index, value] of list.entries()) yield* checkMessage(value, index, index === list.length - 1)
  const messages = list.map((value) => objectOf(value) ?? {})
  if (messages[0]?.['role'] !== 'user') yield invalid('messages: first message must use the "user" role')
  yield* checkToolPairs(messages)
}

function* checkMessage(value: JsonValue, index: number, isLast: boolean): Generator<Problem> {
  const at = `messages.${index}`
  const message = objectOf(value)
  if (message === null) {
    yield invalid(`${at}: Input should be an object`)
    return
  }
  const role = textOf(message['role'])
  if (role === null) {
    yield invalid(`${at}.role: Field required`)
    return
  }
  if (!ROLES.has(role)) yield invalid(`${at}.role: Input should be 'user', 'assistant' or 'system'`)
  const content = message['content']
  if (content === undefined) {
    yield invalid(`${at}.content: Field required`)
    return
  }
  const blocks = listOf(content)
  if (typeof content !== 'string' && blocks === null)
    yield invalid(`${at}.content: Input should be a valid string or list`)
  const isEmpty = typeof content === 'string' ? content.trim() === '' : blocks?.length === 0
  // Claude Code sends system messages that only change the effort, and the vendor takes them.
  if (isEmpty && role !== 'system' && !(isLast && role === 'assistant')) {
    yield invalid(`${at}: all messages must have non-empty content except for the optional final assistant message`)
  }
  if (isLast && role === 'assistant' && /\s$/.test(finalText(content))) {
    yield invalid('messages: final assistant content cannot end with trailing whitespace')
  }
}

function finalText(content: JsonValue): string {
  if (typeof content === 'string') return content
  const last = objectOf(listOf(content)?.at(-1))
  return last?.['type'] === 'text' ? (textOf(last['text']) ?? '') : ''
}

function* checkToolPairs(messages: readonly JsonObject[]): Generator<Problem> {
  const seen = new Set<string>()
  let open: ReadonlySet<string> = new Set()
  for (const turn of mergeTurns(messages)) {
    yield* checkResults(turn, open)
    open = new Set()
    if (turn.role !== 'assistant') continue
    const ids = blocksOf(turn, 'tool_use').map((block) => textOf(block['id']) ?? '')
    for (const id of ids) {
      if (seen.has(id)) yield invalid(`messages.${turn.index}: \`tool_use\` ids must be unique: ${id}`)
      seen.add(id)
    }
    open = new Set(ids)
  }
  if (open.size > 0) yield missingResults(messages.length, [...open])
}

function* checkResults(turn: MergedTurn, open: ReadonlySet<string>): Generator<Problem> {
  const results = blocksOf(turn, 'tool_result')
  const answered = new Set<string>()
  for (const result of results) {
    const id = textOf(result['tool_use_id']) ?? ''
    if (!open.has(id)) {
      yield invalid(
        `messages.${turn.index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      )
    }
    if (answered.has(id)) {
      yield invalid(`messages.${turn.index}: each tool_use must have a single result. Found multiple for id: ${id}`)
    }
    answered.add(id)
  }
  const missing = [...open].filter((id) => !answered.has(id))
  if (missing.length > 0) yield missingResults(turn.index, missing)
  const leading = turn.blocks.slice(0, results.length)
  if (leading.some((block) => block['type'] !== 'tool_result')) {
    yield invalid(`messages.${turn.index}: \`tool_result\` blocks must come first in the content of a message`)
  }
}

function missingResults(index: number, ids: readonly string[]): Problem {
  return invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. ` +
      'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  )
}

interface MergedTurn {
  readonly role: string
  /** Of its first message. */
  readonly index: number
  readonly blocks: JsonObject[]
}

/** Neighbouring messages of one role are one turn to the vendor. */
function mergeTurns(messages: readonly JsonObject[]): readonly MergedTurn[] {
  const turns: MergedTurn[] = []
  for (const [index, message] of messages.entries()) {
    const role = textOf(message['role']) ?? ''
    const content = message['content']
    const blocks =
      typeof content === 'string'
        ? [{ type: 'text', text: content }]
        : (listOf(content) ?? []).map((block) => objectOf(block) ?? {})
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else turns.push({ role, index, blocks })
  }
  return turns
}

function blocksOf(turn: MergedTurn, type: string): readonly JsonObject[] {
  return turn.blocks.filter((block) => block['type'] === type)
}
