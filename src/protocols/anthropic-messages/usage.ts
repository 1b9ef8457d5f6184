import type { Usage } from '../../canonical/usage.ts'
import { JsonObjectWriter } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { numberLiteral } from './wire.ts'

/**
 * A `usage` object. In streams it is cumulative and may be partial: what it leaves out is as `earlier` had it, and so is input
 * that it gives as 0, for hosts that count it at the start only. Where the vendor lists iterations (compaction, advisor), those are what costs: its own totals leave some out.
 */
export function decodeUsage(node: JsonNode, earlier: Usage | null = null): Usage {
  const common = { estimated: false, cost: costIn(node), raw: node.raw }
  const iterations = node.get('iterations')?.items ?? []
  if (iterations.length > 0) {
    const [first, ...rest] = iterations.map((iteration) => decodeCounts(iteration, null))
    if (first !== undefined) return { ...rest.reduce(add, first), ...common }
  }
  return { ...decodeCounts(node, earlier), ...common }
}

type Counts = Pick<Usage, 'input' | 'output'>

function decodeCounts(node: JsonNode, earlier: Usage | null): Counts {
  const creation = node.get('cache_creation')
  const long = creation?.kind === 'object' ? count(creation, 'ephemeral_1h_input_tokens') : 0
  const short = creation?.kind === 'object' ? count(creation, 'ephemeral_5m_input_tokens') : 0
  const details = node.get('output_tokens_details')
  const fresh = count(node, 'input_tokens') || freshInput(earlier)
  const cacheRead = count(node, 'cache_read_input_tokens') || (earlier?.input.cacheRead ?? 0)
  const cacheWrite = count(node, 'cache_creation_input_tokens') || long + short || (earlier?.input.cacheWrite ?? 0)
  return {
    input: {
      total: fresh + cacheRead + cacheWrite,
      cacheRead,
      cacheWrite,
      cacheWriteLong: long || (earlier?.input.cacheWriteLong ?? 0),
    },
    output: {
      total: node.get('output_tokens')?.kind === 'number' ? count(node, 'output_tokens') : (earlier?.output.total ?? 0),
      reasoning:
        (details?.kind === 'object' ? count(details, 'thinking_tokens') : 0) || (earlier?.output.reasoning ?? 0),
    },
  }
}

function add(left: Counts, right: Counts): Counts {
  return {
    input: {
      total: left.input.total + right.input.total,
      cacheRead: left.input.cacheRead + right.input.cacheRead,
      cacheWrite: left.input.cacheWrite + right.input.cacheWrite,
      cacheWriteLong: left.input.cacheWriteLong + right.input.cacheWriteLong,
    },
    output: {
      total: left.output.total + right.output.total,
      reasoning: left.output.reasoning + right.output.reasoning,
    },
  }
}

function count(node: JsonNode, name: string): number {
  const value = node.get(name)?.number
  return value !== undefined && value >= 0 ? value : 0
}

/** No field of the vendor's: Claude Code as a provider knows what it spent, and so does a gateway with such a provider. */
function costIn(node: JsonNode): number | null {
  const cost = node.get('cost_usd')?.number
  return cost !== undefined && Number.isFinite(cost) && cost >= 0 ? cost : null
}

/** Anthropic's `input_tokens`: what was neither read from the prompt cache nor written to it. */
export function freshInput(usage: Usage | null): number {
  return usage === null ? 0 : Math.max(0, usage.input.total - usage.input.cacheRead - usage.input.cacheWrite)
}

/** A `usage` object; the vendor's own where it came in this protocol. */
export function encodeUsage(usage: Usage, own: boolean): JsonText {
  if (own && usage.raw !== null) return usage.raw
  const { cacheRead, cacheWrite, cacheWriteLong } = usage.input
  const writer = new JsonObjectWriter()
    .add('input_tokens', numberLiteral(freshInput(usage)))
    .add('cache_creation_input_tokens', numberLiteral(cacheWrite))
    .add('cache_read_input_tokens', numberLiteral(cacheRead))
    .add(
      'cache_creation',
      new JsonObjectWriter()
        .add('ephemeral_5m_input_tokens', numberLiteral(Math.max(0, cacheWrite - cacheWriteLong)))
        .add('ephemeral_1h_input_tokens', numberLiteral(cacheWriteLong)).text,
    )
    .add('output_tokens', numberLiteral(usage.output.total))
  if (usage.output.reasoning > 0) {
    const details = new JsonObjectWriter().add('thinking_tokens', numberLiteral(usage.output.reasoning))
    writer.add('output_tokens_details', details.text)
  }
  return writer.text
}
