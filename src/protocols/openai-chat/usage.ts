import type { Usage } from '../../canonical/usage.ts'
import { JsonObjectWriter, scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'

/**
 * The usage in a chunk or a whole answer, wherever this vendor puts it, or null. Groq: `x_groq.usage` of the last chunk;
 * Moonshot: `choices[0].usage`.
 */
export function findUsage(root: JsonNode): JsonNode | null {
  const places = [root.get('usage'), root.get('x_groq')?.get('usage'), root.get('choices')?.items[0]?.get('usage')]
  return places.find((node) => node?.kind === 'object') ?? null
}

/**
 * A vendor's usage object in our terms, or null when it counts nothing.
 * `reasoningOutside`: this vendor leaves reasoning tokens out of `completion_tokens`.
 */
export function readUsage(node: JsonNode, reasoningOutside: boolean): Usage | null {
  const prompt = count(node, 'prompt_tokens') ?? count(node, 'input_tokens')
  const completion = count(node, 'completion_tokens') ?? count(node, 'output_tokens')
  if (prompt === null && completion === null) return null
  const cacheRead = readCached(node)
  const cacheWrite = readCacheWrite(node)
  const reasoning =
    count(node.get('completion_tokens_details'), 'reasoning_tokens') ??
    count(node.get('output_tokens_details'), 'reasoning_tokens') ??
    count(node, 'reasoning_tokens') ??
    0
  const output = completion ?? 0
  const outside = reasoningOutside || isReasoningOutside(node, prompt ?? 0, output, reasoning)
  return {
    // A total below its own parts comes from a vendor that counts fresh tokens only.
    input: { total: Math.max(prompt ?? 0, cacheRead + cacheWrite), cacheRead, cacheWrite, cacheWriteLong: 0 },
    output: { total: outside ? output + reasoning : output, reasoning },
    estimated: false,
    cost: null,
    raw: node.raw,
  }
}

/**
 * The vendor's own sum may tell: xAI's total counts the reasoning beside the completion. And a completion smaller than its
 * reasoning (DeepInfra) cannot include it.
 */
function isReasoningOutside(node: JsonNode, prompt: number, completion: number, reasoning: number): boolean {
  if (reasoning === 0) return false
  return completion < reasoning || count(node, 'total_tokens') === prompt + completion + reasoning
}

function readCached(node: JsonNode): number {
  return (
    count(node.get('prompt_tokens_details'), 'cached_tokens') ??
    // DeepSeek
    count(node, 'prompt_cache_hit_tokens') ??
    // Moonshot
    count(node, 'cached_tokens') ??
    // Mistral has had three spellings, two of them its own
    count(node.get('prompt_token_details'), 'cached_tokens') ??
    count(node, 'num_cached_tokens') ??
    count(node.get('input_tokens_details'), 'cached_tokens') ??
    // Hosts of Claude models
    count(node, 'cache_read_input_tokens') ??
    0
  )
}

function readCacheWrite(node: JsonNode): number {
  return (
    count(node.get('prompt_tokens_details'), 'cache_write_tokens') ??
    count(node.get('prompt_tokens_details'), 'cache_creation_tokens') ??
    count(node.get('input_tokens_details'), 'cache_write_tokens') ??
    count(node, 'cache_creation_input_tokens') ??
    0
  )
}

function count(node: JsonNode | undefined, name: string): number | null {
  const value = node?.kind === 'object' ? node.get(name)?.number : undefined
  return value !== undefined && Number.isFinite(value) && value >= 0 ? Math.trunc(value) : null
}

const COUNTED = new Set([
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'prompt_tokens_details',
  'completion_tokens_details',
])

/** Usage as Chat clients read it; whatever else a Chat vendor said (`cost`) stands behind it. */
export function writeUsage(usage: Usage): JsonText {
  const { input, output } = usage
  const given = usage.raw === null ? null : scanJson(usage.raw)
  const raw = given?.get('prompt_tokens') === undefined ? null : given
  const prompt = { cached_tokens: input.cacheRead, cache_write_tokens: input.cacheWrite }
  const completion = { reasoning_tokens: output.reasoning }
  const writer = new JsonObjectWriter()
    .add('prompt_tokens', toJsonText(input.total))
    .add('completion_tokens', toJsonText(output.total))
    .add('total_tokens', toJsonText(input.total + output.total))
    .add('prompt_tokens_details', details(prompt, raw?.get('prompt_tokens_details')))
    .add('completion_tokens_details', details(completion, raw?.get('completion_tokens_details')))
  for (const { name, value } of raw?.members ?? []) if (!COUNTED.has(name)) writer.add(name, value.raw)
  return writer.text
}

/** Our counts, and those of the vendor's that we know nothing of (`audio_tokens`). */
function details(counts: Readonly<Record<string, number>>, given: JsonNode | undefined): JsonText {
  const writer = new JsonObjectWriter()
  for (const [name, tokens] of Object.entries(counts)) writer.add(name, toJsonText(tokens))
  for (const { name, value } of given?.members ?? []) if (!Object.hasOwn(counts, name)) writer.add(name, value.raw)
  return writer.text
}
