import type { Headers } from '../../lib/headers.ts'
import type { JsonObject } from '../json-object.ts'
import { listOf, numberOf, objectOf, textOf } from '../json-object.ts'
import type { Settings } from '../settings.ts'
import type { Problem } from '../vendor.ts'
import { invalid } from '../vendor.ts'
import { words } from '../words.ts'
import { checkBlocks, unknownFields } from './check-blocks.ts'
import { checkMessages } from './check-messages.ts'
import { checkModel } from './check-model.ts'
import { checkThinkingBlocks } from './check-thinking.ts'
import { checkOutputFormat, checkTools } from './check-tools.ts'

const VERSIONS = words('2023-01-01 2023-06-01 2026-10-21')

/** What a request may carry, betas included. */
const FIELDS = words(
  'model messages max_tokens system stream stop_sequences metadata service_tier speed temperature top_p top_k',
  'thinking output_config output_format tools tool_choice cache_control container context_management diagnostics',
  'inference_geo mcp_servers safeguards thread compaction fallbacks fallback_credit_token billing_policy tags',
  'user_profile_id workspace_id',
)

/** Since this version sampling is the model's own business. */
const SAMPLING_GONE = '2026-10-21'

/** The rules of `POST /v1/messages` that a wrong translation is likely to break, in the vendor's order and words. */
export function* messagesProblems(body: JsonObject, headers: Headers, settings: Settings): Generator<Problem> {
  const version = headers['anthropic-version']
  if (version === undefined) yield invalid('anthropic-version: header is required')
  else if (!VERSIONS.has(version)) yield invalid(`anthropic-version: "${version}" is not a valid version`)
  if (settings.extra === 'deny') yield* unknownFields(body, FIELDS, '')
  yield* checkScalars(body, version === SAMPLING_GONE)
  yield* checkModel(body)
  yield* checkTools(body)
  yield* checkOutputFormat(body)
  yield* checkBlocks(body, settings.extra === 'allow', version === SAMPLING_GONE)
  yield* checkMessages(body)
  yield* checkThinkingBlocks(body, headers)
}

function* checkScalars(body: JsonObject, samplingGone: boolean): Generator<Problem> {
  if (body['model'] === undefined) yield invalid('model: Field required')
  else if (textOf(body['model']) === null) yield invalid('model: Input should be a valid string')
  if (body['max_tokens'] === undefined) yield invalid('max_tokens: Field required')
  else if (!isCount(body['max_tokens'])) yield invalid('max_tokens: Input should be a valid integer of 0 or more')
  if (body['stream'] !== undefined && typeof body['stream'] !== 'boolean') {
    yield invalid('stream: Input should be a valid boolean')
  }
  for (const name of ['temperature', 'top_p', 'top_k'] as const) {
    const value = body[name]
    if (value === undefined) continue
    if (samplingGone) yield invalid(`${name}: Extra inputs are not permitted`)
    const limit = name === 'top_k' ? Infinity : 1
    const number = numberOf(value)
    if (number === null || number < 0 || number > limit)
      yield invalid(`${name}: Input should be between 0 and ${limit}`)
  }
  yield* checkStopSequences(body)
  yield* checkSystem(body)
  const metadata = body['metadata']
  if (metadata !== undefined && objectOf(metadata) === null) yield invalid('metadata: Input should be an object')
  const userId = objectOf(metadata)?.['user_id']
  if (userId !== undefined && userId !== null && textOf(userId) === null) {
    yield invalid('metadata.user_id: Input should be a valid string')
  }
}

function* checkStopSequences(body: JsonObject): Generator<Problem> {
  const sequences = body['stop_sequences']
  if (sequences === undefined) return
  const list = listOf(sequences)
  if (list === null) {
    yield invalid('stop_sequences: Input should be a valid list')
    return
  }
  for (const [index, sequence] of list.entries()) {
    const text = textOf(sequence)
    if (text === null) yield invalid(`stop_sequences.${index}: Input should be a valid string`)
    else if (text.trim() === '') yield invalid('stop_sequences: each stop sequence must contain non-whitespace')
  }
}

function* checkSystem(body: JsonObject): Generator<Problem> {
  const system = body['system']
  if (system === undefined || typeof system === 'string') return
  const blocks = listOf(system)
  if (blocks === null) {
    yield invalid('system: Input should be a valid string or list')
    return
  }
  for (const [index, item] of blocks.entries()) {
    const block = objectOf(item)
    if (block?.['type'] !== 'text') yield invalid(`system.${index}.type: Input should be 'text'`)
    else if (textOf(block['text']) === null) yield invalid(`system.${index}.text: Field required`)
    else if (block['text'] === '') yield invalid('system: text content blocks must be non-empty')
  }
}

function isCount(value: JsonObject[string] | undefined): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
