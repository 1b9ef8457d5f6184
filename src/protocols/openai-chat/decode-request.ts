import type { CanonicalRequest, OutputFormat, Sampling, Tool } from '../../canonical/request.ts'
import { toJsonText } from '../../lib/json.ts'
import type { JsonNode } from '../../lib/json.ts'
import type { DecodeContext } from '../protocol.ts'
import { readMessages } from './decode-messages.ts'
import { readLegacyFunction, readTool, readToolChoice } from './decode-tools.ts'
import { FieldReader, YES } from './ext.ts'
import { bodyError, invalid, requireString } from './invalid.ts'
import { takeReasoning } from './reasoning-request.ts'

/** Reads a request, https://platform.openai.com/docs/api-reference/chat/create. */
export function decodeRequest(root: JsonNode, context: DecodeContext): CanonicalRequest {
  try {
    return readRequest(root, context)
  } catch (thrown) {
    throw bodyError(thrown)
  }
}

function readRequest(root: JsonNode, context: DecodeContext): CanonicalRequest {
  if (root.kind !== 'object') throw invalid('must be an object', 'body')
  const fields = new FieldReader(root)
  const model = requireString(fields.take('model'), 'model')
  const list = fields.take('messages')
  if (list?.kind !== 'array') throw invalid(list === undefined ? 'is missing' : 'must be an array', 'messages')
  const { unsaid, ...conversation } = readMessages(list, context)
  for (const [name, value] of unsaid) fields.keep(`messages.${name}`, value)
  hushDefaults(fields)
  const stream = fields.takeKind('stream', 'boolean')?.boolean === true
  const tools = readTools(fields)
  const toolChoice = takeToolChoice(fields)
  const isLegacy = fields.peek('functions')?.kind === 'array' && fields.peek('tools') === undefined
  return {
    model,
    ...conversation,
    tools,
    toolChoice,
    // `functions` know one call at a time.
    parallelToolCalls: isLegacy ? false : (fields.takeKind('parallel_tool_calls', 'boolean')?.boolean ?? null),
    maxOutputTokens: takeMaxTokens(fields),
    sampling: takeSampling(fields),
    stop: takeStop(fields),
    reasoning: takeReasoning(fields),
    outputFormat: takeOutputFormat(fields),
    stream,
    includeUsage: takeIncludeUsage(fields),
    user: takeUser(fields),
    ext: fields.ext,
  }
}

/** Values that say what their absence says, so that no one need report them as lost. */
const DEFAULTS: ReadonlyMap<string, (value: JsonNode) => boolean> = new Map([
  ['stream', isFalse],
  ['logprobs', isFalse],
  ['store', isFalse],
  ['n', (value) => value.number === 1],
  ['presence_penalty', (value) => value.number === 0],
  ['frequency_penalty', (value) => value.number === 0],
  ['tools', isEmpty],
  ['functions', isEmpty],
  ['stop', isEmpty],
  ['logit_bias', isEmpty],
  ['metadata', isEmpty],
])

function isFalse(value: JsonNode): boolean {
  return value.boolean === false
}

function isEmpty(value: JsonNode): boolean {
  return (value.kind === 'array' || value.kind === 'object') && value.items.length + value.members.length === 0
}

/** True when this member of a request says what its absence says. */
export function saysNothing(name: string, value: JsonNode): boolean {
  return value.isNull || (DEFAULTS.get(name)?.(value) ?? false)
}

function hushDefaults(fields: FieldReader): void {
  for (const name of DEFAULTS.keys()) {
    const value = fields.peek(name)
    if (value !== undefined && saysNothing(name, value)) fields.hush(name)
  }
}

function readTools(fields: FieldReader): readonly Tool[] {
  const tools = fields.takeKind('tools', 'array')
  if (tools !== undefined && tools.items.length > 0) return tools.items.map(readTool)
  const functions = fields.peek('functions')
  if (functions?.kind !== 'array' || functions.items.length === 0 || tools !== undefined) return []
  fields.take('functions')
  fields.hint('legacy', YES)
  return functions.items.map(readLegacyFunction)
}

function takeToolChoice(fields: FieldReader): CanonicalRequest['toolChoice'] {
  for (const name of ['tool_choice', 'function_call']) {
    const node = fields.peek(name)
    const choice = node === undefined ? null : readToolChoice(node)
    if (choice === null) continue
    fields.take(name)
    if (name === 'function_call') fields.hint('functionCall', YES)
    return choice
  }
  return null
}

function takeMaxTokens(fields: FieldReader): number | null {
  for (const name of ['max_completion_tokens', 'max_tokens']) {
    const node = fields.takeKind(name, 'number')
    if (node?.number === undefined) continue
    if (!Number.isInteger(node.number) || node.number < 0) throw invalid('must be a whole number', name)
    return node.number
  }
  return null
}

function takeSampling(fields: FieldReader): Sampling {
  const number = (name: string): Sampling['seed'] => fields.takeKind(name, 'number')?.raw ?? null
  return {
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    presencePenalty: number('presence_penalty'),
    frequencyPenalty: number('frequency_penalty'),
    seed: number('seed'),
  }
}

function takeStop(fields: FieldReader): readonly string[] {
  const node = fields.peek('stop')
  if (node?.kind === 'string') {
    fields.take('stop')
    fields.hint('stop', toJsonText('string'))
    return [node.string ?? '']
  }
  const texts = (node?.items ?? []).map((item) => item.string)
  const stop = texts.filter((text) => text !== undefined)
  if (stop.length === 0 || stop.length < texts.length) return []
  fields.take('stop')
  return stop
}

/** `response_format`. A hint keeps what the canonical form has no place for. */
function takeOutputFormat(fields: FieldReader): OutputFormat | null {
  const node = fields.peek('response_format')
  const format = node?.kind === 'object' ? readOutputFormat(node) : null
  if (node === undefined || format === null) return null
  fields.take('response_format')
  fields.hint('responseFormat', node.raw)
  fields.keepMembers('response_format', node, FORMAT_MEMBERS)
  const inner = node.get('json_schema')
  if (inner?.kind === 'object') fields.keepMembers('response_format.json_schema', inner, SCHEMA_MEMBERS)
  return format
}

const FORMAT_MEMBERS = new Set(['type', 'json_schema'])
const SCHEMA_MEMBERS = new Set(['name', 'description', 'schema', 'strict'])

export function readOutputFormat(node: JsonNode): OutputFormat | null {
  switch (node.get('type')?.string) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json-object' }
    case 'json_schema': {
      const inner = node.get('json_schema')
      const schema = inner?.get('schema')
      if (inner === undefined || schema?.kind !== 'object') return null
      const description = inner.get('description')
      return {
        type: 'json-schema',
        name: inner.get('name')?.string ?? null,
        description: description?.kind === 'string' ? description.raw : null,
        schema: schema.raw,
        strict: inner.get('strict')?.boolean ?? null,
      }
    }
    default:
      return null
  }
}

const STREAM_MEMBERS = new Set(['include_usage'])

function takeIncludeUsage(fields: FieldReader): boolean {
  const options = fields.takeKind('stream_options', 'object')
  if (options === undefined) return false
  fields.hint('streamOptions', options.raw)
  fields.keepMembers('stream_options', options, STREAM_MEMBERS)
  return options.get('include_usage')?.boolean === true
}

/** Who the end user is stands in either field; both go back to a Chat vendor as they came. */
function takeUser(fields: FieldReader): string | null {
  let user: string | null = null
  for (const name of ['safety_identifier', 'user']) {
    const node = fields.takeKind(name, 'string')
    if (node === undefined) continue
    fields.hint(name, node.raw)
    user = node.string ?? null
  }
  return user
}
