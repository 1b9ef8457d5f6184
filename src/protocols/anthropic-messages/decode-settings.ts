import { isEffort } from '../../canonical/effort.ts'
import type { Effort } from '../../canonical/effort.ts'
import type { OutputFormat, ReasoningRequest, Sampling } from '../../canonical/request.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { ExtCollector } from './ext-collector.ts'
import { literal } from './wire.ts'

/** A number as it was written; anything else stays in the ext. */
function decodeNumber(root: JsonNode, name: string, collector: ExtCollector): JsonText | null {
  const value = root.get(name)
  if (value === undefined) return null
  if (value.kind === 'number') return value.raw
  if (value.isNull) collector.hint(name, value.raw)
  else collector.keep(name, value)
  return null
}

export function decodeSampling(root: JsonNode, collector: ExtCollector): Sampling {
  return {
    temperature: decodeNumber(root, 'temperature', collector),
    topP: decodeNumber(root, 'top_p', collector),
    topK: decodeNumber(root, 'top_k', collector),
    presencePenalty: null,
    frequencyPenalty: null,
    seed: null,
  }
}

export function decodeMaxTokens(root: JsonNode, collector: ExtCollector): number | null {
  const limit = decodeNumber(root, 'max_tokens', collector)
  if (limit === null) return null
  const tokens = Number(limit)
  if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens
  const node = root.get('max_tokens')
  if (node !== undefined) collector.keep('max_tokens', node)
  return null
}

export function decodeStop(root: JsonNode, collector: ExtCollector): readonly string[] {
  const node = root.get('stop_sequences')
  if (node === undefined) return []
  const sequences = node.items.map((item) => item.string).filter((sequence) => sequence !== undefined)
  if (node.kind === 'array' && sequences.length === node.items.length) {
    if (sequences.length === 0) collector.hint('stop_sequences', node.raw)
    return sequences
  }
  if (node.isNull) collector.hint('stop_sequences', node.raw)
  else collector.keep('stop_sequences', node)
  return []
}

const METADATA_FIELDS = new Set(['user_id'])

/** `metadata.user_id`. */
export function decodeUser(root: JsonNode, collector: ExtCollector): string | null {
  const metadata = objectOf(root, 'metadata', collector)
  if (metadata === null) return null
  collector.rest(metadata, METADATA_FIELDS, 'metadata.')
  const user = metadata.get('user_id')
  if (user !== undefined && user.kind !== 'string') collector.keep('user_id', user, 'metadata.')
  return user?.string ?? null
}

const THINKING_FIELDS = new Set(['type', 'budget_tokens', 'display'])
const OUTPUT_FIELDS = new Set(['effort', 'format'])

/** From `thinking` and `output_config.effort`. */
export function decodeReasoning(root: JsonNode, collector: ExtCollector): ReasoningRequest | null {
  const effort = decodeEffort(root, collector)
  const thinking = decodeThinking(root, collector)
  if (thinking === null) return effort === null ? null : { mode: 'default', budget: null, effort, display: null }
  return { ...thinking, effort }
}

function decodeEffort(root: JsonNode, collector: ExtCollector): Effort | null {
  const output = objectOf(root, 'output_config', collector)
  if (output === null) return null
  collector.rest(output, OUTPUT_FIELDS, 'output_config.')
  const effort = output.get('effort')
  const word = effort?.string
  if (word !== undefined && isEffort(word)) return word
  if (effort !== undefined) collector.keep('effort', effort, 'output_config.')
  return null
}

function decodeThinking(root: JsonNode, collector: ExtCollector): Omit<ReasoningRequest, 'effort'> | null {
  const thinking = objectOf(root, 'thinking', collector)
  const type = thinking?.get('type')?.string
  if (thinking === null) return null
  switch (type) {
    case 'enabled':
    case 'adaptive':
    case 'disabled':
      return typedThinking(thinking, type, collector)
    case 'between_tools':
      // Stands where older models take `disabled`; others are told to think as little as that.
      collector.keep('thinking', thinking)
      return { mode: 'off', budget: null, display: null }
    case undefined:
    default:
      collector.keep('thinking', thinking)
      return null
  }
}

const MODES = { enabled: 'on', adaptive: 'adaptive', disabled: 'off' } as const

function typedThinking(
  thinking: JsonNode,
  type: keyof typeof MODES,
  collector: ExtCollector,
): Omit<ReasoningRequest, 'effort'> {
  collector.rest(thinking, THINKING_FIELDS, 'thinking.')
  const budget = thinking.get('budget_tokens')
  const tokens = budget?.number
  const hasBudget = type === 'enabled' && tokens !== undefined && Number.isSafeInteger(tokens)
  if (budget !== undefined && !hasBudget) collector.keep('budget_tokens', budget, 'thinking.')
  const display = thinking.get('display')
  if (display !== undefined && display.kind !== 'string') collector.keep('display', display, 'thinking.')
  return { mode: MODES[type], budget: hasBudget ? tokens : null, display: display?.string ?? null }
}

const FORMAT_FIELDS = new Set(['type', 'schema'])

/** From `output_config.format`, or from `output_format`, its name in the beta. */
export function decodeOutputFormat(root: JsonNode, collector: ExtCollector): OutputFormat | null {
  const output = root.get('output_config')
  const format = output?.kind === 'object' ? output.get('format') : undefined
  const legacy = root.get('output_format')
  if (format !== undefined) {
    if (legacy !== undefined) collector.keep('output_format', legacy)
    return schemaFormat(format, 'format', 'output_config.', collector)
  }
  if (legacy === undefined) return null
  const decoded = schemaFormat(legacy, 'output_format', '', collector)
  if (decoded !== null) collector.hint('format', literal('"output_format"'))
  return decoded
}

function schemaFormat(node: JsonNode, name: string, prefix: string, collector: ExtCollector): OutputFormat | null {
  const schema = node.get('schema')
  if (node.get('type')?.string !== 'json_schema' || schema?.kind !== 'object') {
    collector.keep(name, node, prefix)
    return null
  }
  collector.rest(node, FORMAT_FIELDS, `${prefix}${name}.`)
  return { type: 'json-schema', name: null, description: null, schema: schema.raw, strict: null }
}

/** The member that must be an object. Null is a hint, an empty one too; anything else stays in the ext. */
function objectOf(root: JsonNode, name: string, collector: ExtCollector): JsonNode | null {
  const node = root.get(name)
  if (node === undefined) return null
  if (node.kind === 'object' && node.members.length > 0) return node
  if (node.isNull || node.kind === 'object') collector.hint(name, node.raw)
  else collector.keep(name, node)
  return null
}
