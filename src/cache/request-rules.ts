import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { JsonNode } from '../lib/json.ts'

/** What a protocol's request bodies say about whether, and under which name, their answers can be kept. */
export interface RequestRules {
  /** Top-level members that say only in which form the answer is to come. */
  delivery(root: JsonNode): ReadonlySet<string>
  /** The answer to the same request would be the same, as far as sampling goes. */
  isDeterministic(root: JsonNode): boolean
  /** The vendor does more than answer: it searches, runs code, stores. Such a request is never answered for it. */
  hasSideEffects(root: JsonNode): boolean
  /** A whole answer holds all that its stream would. */
  isReplayable(root: JsonNode): boolean
}

const STREAM: ReadonlySet<string> = new Set(['stream'])
const STREAM_AND_OPTIONS: ReadonlySet<string> = new Set(['stream', 'stream_options'])

export const REQUEST_RULES: { readonly [P in ProtocolId]: RequestRules } = {
  'anthropic-messages': {
    delivery: () => STREAM,
    isDeterministic: isCold,
    hasSideEffects: (root) => says(root, 'container') || says(root, 'mcp_servers') || hasForeignTool(root, ['custom']),
    isReplayable: () => true,
  },
  'openai-chat': {
    // An option that nobody here knows may well change what is said.
    delivery: (root) => (hasOnlyKnownOptions(root) ? STREAM_AND_OPTIONS : STREAM),
    isDeterministic: isCold,
    hasSideEffects: (root) =>
      root.get('store')?.boolean === true ||
      says(root, 'web_search_options') ||
      hasForeignTool(root, ['function', 'custom']),
    isReplayable: (root) =>
      (root.get('n')?.number ?? 1) === 1 &&
      !says(root, 'logprobs') &&
      !says(root, 'modalities') &&
      !says(root, 'audio'),
  },
}

function isCold(root: JsonNode): boolean {
  return root.get('temperature')?.number === 0
}

function says(root: JsonNode, name: string): boolean {
  const value = root.get(name)
  return value !== undefined && !value.isNull && value.boolean !== false
}

/** A tool that is none of the client's own: the vendor may run it, and what it finds changes. */
function hasForeignTool(root: JsonNode, own: readonly string[]): boolean {
  const tools = root.get('tools')?.items ?? []
  return tools.some((tool) => {
    const type = tool.kind === 'object' ? tool.get('type')?.string : undefined
    return type !== undefined && !own.includes(type)
  })
}

function hasOnlyKnownOptions(root: JsonNode): boolean {
  const members = root.get('stream_options')?.members ?? []
  return members.every(({ name }) => name === 'include_usage')
}
