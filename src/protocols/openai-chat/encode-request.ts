import type { Ext } from '../../canonical/ext.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../lib/error.ts'
import {
  JsonObjectWriter,
  jsonArray,
  replaceLoneSurrogates,
  scanJson,
  stringToJson,
  toJsonText,
} from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { stableId } from '../../lib/stable-id.ts'
import type { EncodedRequest, UpstreamRequestContext } from '../protocol.ts'
import { encodeFormat } from './encode-format.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeReasoning } from './encode-reasoning.ts'
import { encodeParallel, encodeToolChoice, encodeTools, isLegacy, toolList } from './encode-tools.ts'
import { encodingOf } from './encoding.ts'
import type { Encoding } from './encoding.ts'
import { REASONING_FIELDS } from './reasoning-request.ts'
import { NULL, YES, hint, isHint, isMemberOf, loseExt, ownFields, quietFields } from './ext.ts'

/**
 * Writes a Chat request. One that came from a Chat client comes out as it went in, but for what this vendor does not take;
 * one from another protocol is fitted to the vendor. Pure: the same request gives the same bytes.
 */
export function encodeRequest(
  request: CanonicalRequest,
  context: UpstreamRequestContext<'openai-chat'>,
): EncodedRequest {
  const encoding = encodingOf(request, context)
  const format = encodeFormat(request, encoding)
  const tools = encodeTools(request, encoding)
  const legacy = isLegacy(request)
  const fields = new RequestFields(encoding)
  fields.add('model', stringToJson(context.model))
  fields.add('messages', encodeMessages(request, format.order, encoding))
  fields.add(legacy ? 'functions' : 'tools', toolList(tools.tools))
  const choice = encodeToolChoice(request, tools, encoding)
  fields.add(hint(request.ext, 'functionCall') === null ? 'tool_choice' : 'function_call', choice)
  fields.add('parallel_tool_calls', encodeParallel(request, tools.tools, encoding))
  fields.add('web_search_options', tools.webSearch)
  fields.add(context.dialect.maxTokensField, maxTokens(request, encoding))
  addSampling(fields, request, encoding)
  const stop = splitStop(request, encoding)
  fields.add('stop', stopSequences(request, stop.sent))
  for (const [name, value] of encodeReasoning(request, encoding)) fields.add(name, value)
  fields.add('response_format', format.responseFormat)
  addUser(fields, request, encoding)
  fields.add('stream', request.stream ? YES : null)
  fields.add('stream_options', streamOptions(request, encoding))
  addOwnFields(fields, request, encoding)
  return {
    body: replaceLoneSurrogates(fields.text),
    toolNames: encoding.names.originals,
    outputTool: null,
    unsentStop: stop.unsent,
    headers: {},
  }
}

/** Top-level fields, without those that this vendor answers with 400. */
class RequestFields {
  readonly #encoding: Encoding
  readonly #writer = new JsonObjectWriter()
  readonly #names = new Set<string>()

  constructor(encoding: Encoding) {
    this.#encoding = encoding
  }

  add(name: string, value: JsonText | null): void {
    if (value === null || this.#names.has(name)) return
    const { dialect, losses } = this.#encoding.context
    if (dialect.rejects.includes(name)) {
      losses.drop(name, 'this vendor refuses the field')
      return
    }
    this.#names.add(name)
    this.#writer.add(name, value)
  }

  /** A field that says nothing: no loss where it is left out. */
  addQuiet(name: string, value: JsonText): void {
    if (!this.#encoding.context.dialect.rejects.includes(name)) this.add(name, value)
  }

  get text(): JsonText {
    return this.#writer.text
  }
}

function maxTokens({ maxOutputTokens }: CanonicalRequest, { context, source }: Encoding): JsonText | null {
  if (maxOutputTokens === null) return null
  const limit = context.capabilities.maxOutputTokens
  if (limit === null || maxOutputTokens <= limit) return toJsonText(maxOutputTokens)
  context.losses.substitute(source.maxTokens, `${maxOutputTokens} sent as ${limit}`)
  return toJsonText(limit)
}

function addSampling(fields: RequestFields, { sampling }: CanonicalRequest, { own, context }: Encoding): void {
  const { capabilities, losses } = context
  const add = (name: string, value: JsonText | null, isTaken: boolean, why: string): void => {
    if (value === null) return
    if (isTaken) fields.add(name, value)
    else losses.drop(name, why)
  }
  const refused = 'this model takes no sampling parameters'
  add('temperature', sampling.temperature, capabilities.sampling, refused)
  add('top_p', sampling.topP, capabilities.sampling, refused)
  // Not OpenAI's, but many vendors'. A client of Chat who sends it knows that its vendor has it.
  add('top_k', sampling.topK, capabilities.sampling && own, 'no equivalent in OpenAI Chat')
  add('presence_penalty', sampling.presencePenalty, true, refused)
  add('frequency_penalty', sampling.frequencyPenalty, true, refused)
  add('seed', sampling.seed, true, refused)
}

/** A vendor that takes fewer gets the first ones; the gateway sees to the others. */
function splitStop(
  { stop }: CanonicalRequest,
  { context }: Encoding,
): { sent: readonly string[]; unsent: readonly string[] } {
  const { maxStop } = context.dialect
  const most = maxStop ?? stop.length
  return { sent: stop.slice(0, most), unsent: stop.slice(most) }
}

function stopSequences(request: CanonicalRequest, sent: readonly string[]): JsonText | null {
  const [first] = sent
  if (first === undefined) return null
  if (hint(request.ext, 'stop') !== null && sent.length === 1) return stringToJson(first)
  return jsonArray(sent.map(stringToJson))
}

/** A Chat client's own fields go on as they are; whoever else's end user is known to the vendor by a hash only. */
function addUser(fields: RequestFields, { user, ext }: CanonicalRequest, { own, context, source }: Encoding): void {
  if (user === null) return
  if (own) {
    for (const name of ['user', 'safety_identifier']) fields.add(name, hint(ext, name))
    return
  }
  const { userField } = context.dialect
  if (userField === null) context.losses.drop(source.user, 'this vendor has no field for it')
  else fields.add(userField, toJsonText(stableId(32, 'user', user)))
}

/** Usage is always asked for, whatever the client wants to see of it. */
function streamOptions({ stream, ext }: CanonicalRequest, { context }: Encoding): JsonText | null {
  const given = hint(ext, 'streamOptions')
  if (!stream || !context.dialect.streamUsage) return given
  const writer = new JsonObjectWriter().add('include_usage', YES)
  for (const { name, value } of given === null ? [] : scanJson(given).members) {
    if (name !== 'include_usage') writer.add(name, value.raw)
  }
  return writer.text
}

/** Objects whose members stand in the ext for other protocols only. */
const WRITTEN_WHOLE = ['messages', 'stream_options', 'response_format', ...REASONING_FIELDS] as const

/** What nobody typed: a Chat client's goes on, another protocol's is reported. */
function addOwnFields(fields: RequestFields, { ext }: CanonicalRequest, { context }: Encoding): void {
  const own = ownFields(ext)
  if (own === null) {
    refuseSafeguards(ext)
    return loseExt(ext, '', context.losses)
  }
  const several = own.get('n')
  if (several !== undefined) {
    throw new GatewayError('unsupported_parameter', 'n: several answers at once cannot be translated.', { param: 'n' })
  }
  for (const [name, value] of own) if (!isHint(name) && !isMemberOf(WRITTEN_WHOLE, name)) fields.add(name, value)
  for (const [name, value] of quietFields(own)) fields.addQuiet(name, value)
}

/**
 * Anthropic's checks of what a tool is about to do. A client that asks for them counts on them: Claude Code asks again
 * without when it is told that there are none, and then decides for itself.
 */
function refuseSafeguards(ext: Ext | null): void {
  const value = ext?.fields.get('safeguards')
  if (value === undefined || value === NULL) return
  throw new GatewayError('unsupported_parameter', 'safeguards: this model has none.', { param: 'safeguards' })
}
