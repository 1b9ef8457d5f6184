import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import { jsonArray, JsonObjectWriter, scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { ListedModel, UpstreamModel } from '../protocol.ts'
import { literal, numberLiteral, readingAnswer } from './wire.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 1000
const NULL = literal('null')

/** One page of the list, chosen by `limit`, `after_id` and `before_id`. */
export function encodeModelList(models: readonly ListedModel[], query: string): string {
  const parameters = new URLSearchParams(query)
  const limit = limitOf(parameters.get('limit'))
  const { start, end } = window(models, parameters, limit)
  const page = models.slice(start, end)
  const hasMore = parameters.has('before_id') && !parameters.has('after_id') ? start > 0 : end < models.length
  return new JsonObjectWriter()
    .add('data', jsonArray(page.map(modelInfo)))
    .add('has_more', literal(String(hasMore)))
    .add('first_id', idOf(page.at(0)))
    .add('last_id', idOf(page.at(-1))).text
}

export function encodeModel(model: ListedModel): string {
  return modelInfo(model)
}

/** An unknown cursor begins at the start, or ends at the end: lists change between two pages. */
function window(
  models: readonly ListedModel[],
  parameters: URLSearchParams,
  limit: number,
): { readonly start: number; readonly end: number } {
  const after = parameters.get('after_id')
  const before = parameters.get('before_id')
  if (after === null && before !== null) {
    const found = models.findIndex(({ id }) => id === before)
    const end = found === -1 ? models.length : found
    return { start: Math.max(0, end - limit), end }
  }
  const start = after === null ? 0 : models.findIndex(({ id }) => id === after) + 1
  return { start, end: Math.min(models.length, start + limit) }
}

function limitOf(given: string | null): number {
  const limit = given === null || given === '' ? DEFAULT_LIMIT : Number(given)
  return Number.isInteger(limit) && limit >= 1 ? Math.min(limit, MAX_LIMIT) : DEFAULT_LIMIT
}

function idOf(model: ListedModel | undefined): JsonText {
  return model === undefined ? NULL : stringToJson(model.id)
}

function modelInfo(model: ListedModel): JsonText {
  return new JsonObjectWriter()
    .add('type', stringToJson('model'))
    .add('id', stringToJson(model.id))
    .add('display_name', stringToJson(model.displayName))
    .add('created_at', stringToJson(new Date(model.created * 1000).toISOString()))
    .add('max_input_tokens', tokens(model.contextWindow))
    .add('max_tokens', tokens(model.maxOutputTokens))
    .add('capabilities', model.capabilities === null ? NULL : capabilities(model.capabilities)).text
}

function tokens(count: number | null): JsonText {
  return count === null ? NULL : numberLiteral(count)
}

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const
const THINKING_TYPES = ['adaptive', 'between_tools', 'disabled', 'enabled'] as const

/** What we know, in the shape in which Anthropic says it. */
function capabilities(known: ModelCapabilities): JsonText {
  const effort = new JsonObjectWriter().add('supported', flag(known.efforts.length > 0))
  for (const word of EFFORTS) effort.add(word, supported(known.efforts.includes(word)))
  const types = new JsonObjectWriter()
  for (const type of THINKING_TYPES) types.add(type, supported(known.thinking.includes(type)))
  const thinking = new JsonObjectWriter()
    .add('supported', flag(known.thinking.some((type) => type !== 'disabled')))
    .add('types', types.text)
  return new JsonObjectWriter()
    .add('effort', effort.text)
    .add('image_input', supported(known.vision))
    .add('pdf_input', supported(known.documents))
    .add('structured_outputs', supported(known.structuredOutput))
    .add('thinking', thinking.text).text
}

function supported(value: boolean): JsonText {
  return new JsonObjectWriter().add('supported', flag(value)).text
}

function flag(value: boolean): JsonText {
  return literal(String(value))
}

/** Anthropic's own list, or that of a host that speaks its protocol. Entries without an id are left out. */
export function decodeModelList(body: string): readonly UpstreamModel[] {
  return readingAnswer(() =>
    (scanJson(body).get('data')?.items ?? []).map(upstreamModel).filter((model) => model !== null),
  )
}

function upstreamModel(node: JsonNode): UpstreamModel | null {
  const id = node.get('id')?.string
  if (id === undefined || id === '') return null
  const created = Date.parse(node.get('created_at')?.string ?? '')
  return {
    id,
    displayName: node.get('display_name')?.string ?? null,
    contextWindow: node.get('max_input_tokens')?.number ?? null,
    maxOutputTokens: node.get('max_tokens')?.number ?? null,
    created: Number.isNaN(created) ? null : Math.floor(created / 1000),
  }
}
