import type { ModelCapabilities } from '../../canonical/capabilities.ts'
import { JsonObjectWriter, jsonArray, scanJson, stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonText, JsonValue } from '../../lib/json.ts'
import type { ListedModel, UpstreamModel } from '../protocol.ts'
import { answerError } from './errors.ts'

/**
 * https://platform.openai.com/docs/api-reference/models/list. The API has no pages. With `?capabilities=true` each model says
 * what it takes, too.
 */
export function encodeModelList(models: readonly ListedModel[], query = ''): string {
  const full = query !== '' && new URLSearchParams(query).get('capabilities') === 'true'
  const data = models.map((model) => (full ? describedModel(model) : modelObject(model).text))
  return new JsonObjectWriter().add('object', toJsonText('list')).add('data', jsonArray(data)).text
}

function describedModel(model: ListedModel): JsonText {
  const { capabilities } = model
  return modelObject(model).add(
    'capabilities',
    capabilities === null ? null : toJsonText(capabilitiesView(capabilities)),
  ).text
}

/** What a model takes, in the words of this API. */
export function capabilitiesView(capabilities: ModelCapabilities): { [name: string]: JsonValue } {
  return {
    streaming: true,
    function_calling: capabilities.tools,
    forced_tool_choice: capabilities.forcedToolChoice,
    vision: capabilities.vision,
    documents: capabilities.documents,
    structured_output: capabilities.structuredOutput,
    sampling: capabilities.sampling,
    thinking: [...capabilities.thinking],
    efforts: [...capabilities.efforts],
    context_length: capabilities.contextWindow,
    max_output_tokens: capabilities.maxOutputTokens,
  }
}

export function encodeModel(model: ListedModel): string {
  return modelObject(model).text
}

/** OpenAI's four members, then those by which other vendors tell the sizes. */
function modelObject(model: ListedModel): JsonObjectWriter {
  return new JsonObjectWriter()
    .add('id', stringToJson(model.id))
    .add('object', toJsonText('model'))
    .add('created', toJsonText(model.created))
    .add('owned_by', stringToJson(model.ownedBy))
    .add('name', stringToJson(model.displayName))
    .add('context_length', model.contextWindow === null ? null : toJsonText(model.contextWindow))
    .add('max_output_tokens', model.maxOutputTokens === null ? null : toJsonText(model.maxOutputTokens))
}

/**
 * A vendor's list: OpenAI's `{data}`, a bare array (Together, GitHub), or `{models}` (Ollama, llama.cpp). Entries without a
 * name are left out. Throws GatewayError `upstream_invalid_response`.
 */
export function decodeModelList(body: string): readonly UpstreamModel[] {
  try {
    const root = scanJson(body)
    const list = [root, root.get('data'), root.get('models')].find((node) => node?.kind === 'array')
    return (list?.items ?? []).map(upstreamModel).filter((model) => model !== null)
  } catch (thrown) {
    throw answerError(thrown)
  }
}

const CONTEXT_FIELDS = [
  // OpenRouter, Together, Fireworks
  'context_length',
  // Groq, GitHub Copilot's clients
  'context_window',
  // vLLM, SGLang
  'max_model_len',
  // Mistral
  'max_context_length',
  'max_input_tokens',
] as const

const OUTPUT_FIELDS = ['max_output_tokens', 'max_completion_tokens', 'max_output_length'] as const

function upstreamModel(node: JsonNode): UpstreamModel | null {
  const id = first(node, ['id', 'model', 'name'], (value) => (value.string === '' ? undefined : value.string))
  if (id === null) return null
  const top = node.get('top_provider')
  return {
    id,
    displayName: first(node, ['display_name', 'name'], (value) => value.string),
    contextWindow:
      first(node, CONTEXT_FIELDS, tokens) ?? (top === undefined ? null : first(top, CONTEXT_FIELDS, tokens)),
    maxOutputTokens:
      first(node, OUTPUT_FIELDS, tokens) ?? (top === undefined ? null : first(top, OUTPUT_FIELDS, tokens)),
    created: first(node, ['created'], tokens),
  }
}

function first<T>(node: JsonNode, names: readonly string[], read: (value: JsonNode) => T | undefined): T | null {
  if (node.kind !== 'object') return null
  for (const name of names) {
    const value = node.get(name)
    const found = value === undefined ? undefined : read(value)
    if (found !== undefined) return found
  }
  return null
}

/** Zero is how some say that they do not know. */
function tokens(value: JsonNode): number | undefined {
  return value.number !== undefined && value.number > 0 ? Math.trunc(value.number) : undefined
}
