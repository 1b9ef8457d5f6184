import type { Part, TextPart, ToolCallPart, ToolResultPart } from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import { toolInput } from '../../canonical/fold.ts'
import type { Message } from '../../canonical/request.ts'
import { EMPTY_JSON_STRING, JsonObjectWriter, stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { stableId } from '../../lib/stable-id.ts'
import type { DecodeContext } from '../protocol.ts'
import { readCacheMark } from './cache-marks.ts'
import { readContent } from './decode-content.ts'
import { readReasoningHistory } from './decode-reasoning.ts'
import { FieldReader, NULL, YES, isHint } from './ext.ts'
import { invalid, requireString } from './invalid.ts'
import { otherCall } from './wire.ts'

export interface Conversation {
  readonly instructions: readonly Part[]
  readonly messages: readonly Message[]
  /** What leading system messages say beside their words: those become parts, which have no place for it. */
  readonly unsaid: ReadonlyMap<string, JsonText>
}

/** Reads `messages`: leading system and developer messages are the instructions, everything else stays where it stands. */
export function readMessages(node: JsonNode, context: DecodeContext): Conversation {
  const reader = new MessageReader(context)
  for (const [index, message] of node.items.entries()) reader.read(message, index)
  const { instructions, messages, unsaid } = reader
  return { instructions, messages, unsaid }
}

class MessageReader {
  readonly instructions: Part[] = []
  readonly messages: Message[] = []
  readonly unsaid = new Map<string, JsonText>()
  readonly #context: DecodeContext
  /** The id made up for the last `function_call`, by name: a message of role `function` answers it. */
  readonly #legacyIds = new Map<string, string>()

  constructor(context: DecodeContext) {
    this.#context = context
  }

  read(node: JsonNode, index: number): void {
    if (node.kind !== 'object') throw invalid('must be an object', 'messages', index)
    const role = requireString(node.get('role'), 'messages', index, 'role')
    const fields = new FieldReader(node)
    fields.take('role')
    switch (role) {
      case 'system':
      case 'developer':
        return this.#system(role, fields, index)
      case 'user':
        return this.#push('user', readContent(fields, 'messages', index), fields)
      case 'assistant':
        return this.#assistant(node, fields, index)
      case 'tool':
        return this.#tool(fields, index)
      case 'function':
        return this.#function(fields, index)
      default:
        // A role that nobody has heard of is between the client and its vendor.
        this.messages.push({
          role: 'user',
          parts: [{ kind: 'opaque', protocol: 'openai-chat', type: 'message', raw: node.raw }],
          name: null,
          ext: { ...fields.ext, fields: new Map([['$role', stringToJson(role)]]) },
        })
    }
  }

  #system(role: string, fields: FieldReader, index: number): void {
    const parts = readContent(fields, 'messages', index)
    const [first, ...rest] = parts
    if (role === 'developer') fields.hint('role', toJsonText(role))
    if (this.messages.length > 0 || first?.kind !== 'text') return this.#push('system', parts, fields)
    const marked = markLast([first, ...rest], fields)
    // The first part of each message remembers what else the message said, so that the boundary survives.
    const [head, ...others] = marked
    if (head?.kind !== 'text') return
    const { ext } = fields
    this.instructions.push(withHints(head, ext), ...others)
    for (const [name, value] of ext.fields) if (!isHint(name)) this.unsaid.set(name, value)
  }

  #assistant(node: JsonNode, fields: FieldReader, index: number): void {
    const reasoning = readReasoningHistory(node, fields, this.#context)
    const content = readContent(fields, 'messages', index)
    const refusal = fields.takeKind('refusal', 'string')
    const parts = [...reasoning, ...content, ...(refusal === undefined ? [] : [refusalPart(refusal)])]
    this.#push('assistant', [...parts, ...this.#calls(fields, index)], fields)
  }

  #calls(fields: FieldReader, index: number): readonly Part[] {
    const calls: Part[] = []
    const legacy = fields.takeKind('function_call', 'object')
    if (legacy !== undefined) calls.push(this.#legacyCall(legacy, index))
    const list = fields.peek('tool_calls')
    if (list?.kind !== 'array') return calls
    if (list.items.length === 0) fields.hush('tool_calls')
    else fields.take('tool_calls')
    for (const [position, call] of list.items.entries()) calls.push(readCall(call, index, position))
    return calls
  }

  #legacyCall(node: JsonNode, index: number): ToolCallPart {
    const fields = new FieldReader(node)
    const name = requireString(fields.take('name'), 'messages', index, 'function_call', 'name')
    const id = `call_${stableId(24, 'function_call', String(index), name)}`
    this.#legacyIds.set(name, id)
    fields.hint('legacy', YES)
    const input = readArguments(fields, 'messages', index, 'function_call')
    return { kind: 'tool-call', id, name, ...input, cache: null, ext: fields.ext }
  }

  #tool(fields: FieldReader, index: number): void {
    const callId = requireString(fields.take('tool_call_id'), 'messages', index, 'tool_call_id')
    fields.hint('role', toJsonText('tool'))
    this.#result(callId, fields, index)
  }

  #function(fields: FieldReader, index: number): void {
    const name = requireString(fields.peek('name'), 'messages', index, 'name')
    fields.hint('role', toJsonText('function'))
    this.#result(this.#legacyIds.get(name) ?? `call_${stableId(24, 'function', String(index), name)}`, fields, index)
  }

  #result(callId: string, fields: FieldReader, index: number): void {
    const content = readContent(fields, 'messages', index)
    const result: ToolResultPart = { kind: 'tool-result', callId, content, isError: false, cache: null, ext: null }
    this.#push('user', [result], fields)
  }

  #push(role: Message['role'], parts: readonly Part[], fields: FieldReader): void {
    const marked = markLast(parts, fields)
    const name = fields.takeKind('name', 'string')?.string ?? null
    this.messages.push({ role, parts: marked, name, ext: fields.ext })
  }
}

/** A mark on the message itself (opencode writes it there) is one behind its last part. */
function markLast(parts: readonly Part[], fields: FieldReader): readonly Part[] {
  const cache = readCacheMark(fields)
  const last = parts.at(-1)
  if (cache === null || last === undefined || last.kind === 'opaque' || last.cache !== null) return parts
  return [...parts.slice(0, -1), { ...last, cache }]
}

function withHints(part: TextPart, message: Ext): TextPart {
  const writer = new JsonObjectWriter()
  for (const [name, value] of message.fields) writer.add(name, value)
  return { ...part, ext: { ...message, fields: new Map([...(part.ext?.fields ?? []), ['$message', writer.text]]) } }
}

function refusalPart(refusal: JsonNode): TextPart {
  return { kind: 'text', text: refusal.raw, refusal: true, citations: null, cache: null, ext: null }
}

function readCall(node: JsonNode, index: number, position: number): Part {
  const where = ['messages', index, 'tool_calls', position] as const
  if (node.kind !== 'object') throw invalid('must be an object', ...where)
  const fn = node.get('function')
  const type = node.get('type')?.string
  if (fn?.kind !== 'object') {
    // Custom tools, and kinds to come.
    return otherCall(node.raw)
  }
  const fields = new FieldReader(node)
  for (const name of ['function', 'id']) fields.take(name)
  if (type === 'function') fields.take('type')
  else if (type === undefined) fields.hint('untyped', YES)
  // What a client kept of the stream.
  fields.hush('index')
  const inner = new FieldReader(fn)
  const name = requireString(inner.take('name'), ...where, 'function', 'name')
  const input = readArguments(inner, ...where, 'function')
  const cache = readCacheMark(fields)
  for (const [field, value] of inner.ext.fields) fields.keep(innerName(field), value)
  const id = node.get('id')?.string
  if (id === undefined) fields.hint('noId', YES)
  return {
    kind: 'tool-call',
    id: id ?? `call_${stableId(24, String(index), String(position), name)}`,
    name,
    ...input,
    cache,
    ext: fields.ext,
  }
}

/** Fields inside `function` beside those of the call; hints stay hints. */
function innerName(field: string): string {
  return field.startsWith('$') ? `$function.${field.slice(1)}` : `function.${field}`
}

/** Arguments as an object. A hint keeps any other way to write the same. */
function readArguments(
  fields: FieldReader,
  ...where: readonly (string | number)[]
): { readonly input: JsonText; readonly invalid: boolean } {
  const given = fields.take('arguments')
  if (given === undefined) {
    fields.hint('arguments', NULL)
    return toolInput(EMPTY_JSON_STRING)
  }
  if (given.kind !== 'string' && given.kind !== 'object') throw invalid('must be a string', ...where, 'arguments')
  const read = toolInput(given.kind === 'string' ? given.raw : stringToJson(given.raw))
  const isPlain = given.kind === 'string' && (read.invalid || given.string === read.input)
  if (!isPlain) fields.hint('arguments', given.raw)
  return read
}
