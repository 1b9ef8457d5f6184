import type { Headers } from '../../lib/headers.ts'
import type { JsonValue } from '../../lib/json.ts'
import { digest, verify } from '../identity.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, objectOf, textOf } from '../json-object.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'

const BINDING_BETA = 'thinking-binding-controls-2026-08-01'

/** Thinking that comes back has to be what was given out, and bound thinking has to stand behind the same prompt. */
export function* checkThinkingBlocks(body: JsonObject, headers: Headers): Generator<Problem> {
  const dropsMoved = dropsMismatches(body, headers)
  for (const [index, message] of (listOf(body['messages']) ?? []).map(objectOf).entries()) {
    for (const [position, block] of (listOf(message?.['content']) ?? []).map(objectOf).entries()) {
      if (block === null) continue
      const at = `messages.${index}.content.${position}`
      if (block['type'] === 'thinking') yield* checkThinkingBlock(body, block, index, at, dropsMoved)
      if (block['type'] === 'redacted_thinking') yield* checkRedacted(body, block, index, at, dropsMoved)
    }
  }
  yield* checkLastToolTurn(body)
}

function* checkThinkingBlock(
  body: JsonObject,
  block: JsonObject,
  index: number,
  at: string,
  dropsMoved: boolean,
): Generator<Problem> {
  const text = textOf(block['thinking'])
  const signature = textOf(block['signature'])
  if (text === null) {
    yield invalid(`${at}.thinking.thinking: Field required`)
    return
  }
  if (signature === null) {
    yield invalid(`${at}.thinking.signature: Field required`)
    return
  }
  const verdict = verify(signature, { kind: 'thinking', text }, () => promptDigest(body, index))
  if (verdict === 'foreign') yield invalid(`${at}: Invalid \`signature\` in \`thinking\` block`)
  if (verdict === 'moved' && !dropsMoved) yield moved(at)
}

function* checkRedacted(
  body: JsonObject,
  block: JsonObject,
  index: number,
  at: string,
  dropsMoved: boolean,
): Generator<Problem> {
  const data = textOf(block['data'])
  if (data === null) {
    yield invalid(`${at}.redacted_thinking.data: Field required`)
    return
  }
  const verdict = verify(data, { kind: 'redacted-thinking', text: '' }, () => promptDigest(body, index))
  if (verdict === 'foreign') yield invalid(`${at}: Invalid \`data\` in \`redacted_thinking\` block`)
  if (verdict === 'moved' && !dropsMoved) yield moved(at)
}

function moved(at: string): Problem {
  return invalid(`${at}: Invalid \`signature\` in \`thinking\` block. The block is bound to a different conversation.`)
}

function dropsMismatches(body: JsonObject, headers: Headers): boolean {
  const binding = objectOf(objectOf(body['thinking'])?.['block_binding'])
  const betas = (headers['anthropic-beta'] ?? '').split(',').map((name) => name.trim())
  return binding?.['prefix_mismatch_behavior'] === 'drop_block' && betas.includes(BINDING_BETA)
}

/** With a thinking budget, the assistant turn whose tool results are being sent must begin with its thinking. */
function* checkLastToolTurn(body: JsonObject): Generator<Problem> {
  if (objectOf(body['thinking'])?.['type'] !== 'enabled') return
  const messages = (listOf(body['messages']) ?? []).map(objectOf)
  const index = messages.findLastIndex((message) => message?.['role'] === 'assistant')
  const blocks = (listOf(messages[index]?.['content']) ?? []).map(objectOf)
  const first = textOf(blocks[0]?.['type'])
  if (!blocks.some((block) => block?.['type'] === 'tool_use') || first === null) return
  if (first === 'thinking' || first === 'redacted_thinking') return
  yield invalid(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. ` +
      'When `thinking` is enabled, a final `assistant` message must start with a thinking block.',
  )
}

/** Claude Code's billing line differs from request to request and is not part of what thinking is bound to. */
const BILLING_LINE = 'x-anthropic-billing-header:'

/**
 * Stands for everything before message `index`: system prompt, tools and earlier messages, whatever their cache marks and
 * whether their text is a string or a list of one block.
 */
export function promptDigest(body: JsonObject, index: number): string {
  const system = blocksOf(body['system']).filter(
    (block) => !textOf(objectOf(block)?.['text'])?.startsWith(BILLING_LINE),
  )
  const messages = (listOf(body['messages']) ?? []).slice(0, index).map((value) => {
    const message = objectOf(value)
    return [message?.['role'] ?? null, blocksOf(message?.['content'])]
  })
  return digest(JSON.stringify([system, body['tools'] ?? null, messages], withoutCacheMarks))
}

function blocksOf(content: JsonValue | undefined): readonly JsonValue[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (listOf(content) ?? [])
}

function withoutCacheMarks(name: string, value: unknown): unknown {
  return name === 'cache_control' ? undefined : value
}
