import type { JsonText } from '../../lib/json.ts'
import { stringToJson } from '../../lib/json.ts'
import type { Stop } from '../answer.ts'
import type { Conversation } from '../conversation.ts'
import type { Message, MessagePart, ToolCall } from '../message.ts'
import { joinPieces, textOfPieces } from '../pieces.ts'
import type { ReasoningField, Settings } from '../settings.ts'
import type { EventList, StreamEvent } from '../vendor.ts'

const FINISH_REASONS: Readonly<Record<Stop, string>> = {
  end: 'stop',
  'max-tokens': 'length',
  'stop-sequence': 'stop',
  'tool-use': 'tool_calls',
  'function-call': 'function_call',
  pause: 'stop',
  refusal: 'stop',
  'content-filter': 'content_filter',
  'context-window': 'length',
}

export const PING = ': keep-alive\n\n'
export const GARBAGE = 'data: {"id":"chatcmpl-sim","object":"chat.completion.chunk","choices":[{"index":0,"del\n\n'
const DONE: StreamEvent = { text: 'data: [DONE]\n\n', token: false }

/** Fixed, so that streamed and whole answers agree. */
export const CREATED = 1_767_225_600

/** The answer as one JSON text. */
export function writeWhole(message: Message, conversation: Conversation, settings: Settings): string {
  const choices = each(conversation.choices, (index) => {
    const members = [...wholeMembers(message, settings.reasoning)].join(',')
    return `{"index":${index},"message":{${members}},"logprobs":null,"finish_reason":"${FINISH_REASONS[message.stop]}"}`
  })
  return `{${head(message, 'chat.completion')},"choices":[${choices.join(',')}],"usage":${usage(message)}}`
}

function* wholeMembers(message: Message, field: ReasoningField): Generator<string> {
  yield '"role":"assistant"'
  const text = joinTexts(message, 'text')
  const thinking = joinTexts(message, 'thinking')
  const content = field === 'tag' && thinking !== '' ? `<think>${thinking}</think>${text}` : text
  yield `"content":${content === '' ? emptyContent(message) : stringToJson(content)}`
  const refusal = joinTexts(message, 'refusal')
  yield `"refusal":${refusal === '' ? 'null' : stringToJson(refusal)}`
  for (const name of thinking === '' ? [] : TEXT_FIELDS[field]) yield `"${name}":${stringToJson(thinking)}`
  if (field === 'details') yield* wholeDetails(message)
  yield '"annotations":[]'
  const calls = callsOf(message)
  const first = calls[0]
  if (first === undefined) return
  if (message.stop === 'function-call') yield `"function_call":${legacyCall(first, joinPieces(first.pieces))}`
  else yield `"tool_calls":[${calls.map((call) => toolCall(message, call, joinPieces(call.pieces))).join(',')}]`
}

function* wholeDetails(message: Message): Generator<string> {
  const details = reasoningParts(message).map((part, index) =>
    part.type === 'thinking'
      ? `{"type":"reasoning.text",${detail(index)},"text":${joinPieces(part.pieces)},"signature":"${part.signature}"}`
      : encryptedDetail(part.data, index),
  )
  if (details.length > 0) yield `"reasoning_details":[${details.join(',')}]`
}

/** The answer as the vendor streams it. */
export function writeStream(message: Message, conversation: Conversation, settings: Settings): EventList {
  const chunks = new ChunkWriter(message, conversation.includeUsage)
  for (let choice = 0; choice < conversation.choices; choice++) writeChoice(chunks, message, choice, settings.reasoning)
  const endsAt = chunks.events.length
  for (let choice = 0; choice < conversation.choices; choice++) chunks.finish(choice, FINISH_REASONS[message.stop])
  if (conversation.includeUsage) chunks.total(usage(message))
  chunks.events.push(DONE)
  return { events: chunks.events, endsAt }
}

/** Writes the envelope that all chunks of one answer share. */
class ChunkWriter {
  readonly events: StreamEvent[] = []
  readonly #before: string
  readonly #after: string

  constructor(message: Message, includeUsage: boolean) {
    this.#before = `data: {${head(message, 'chat.completion.chunk')},"choices":[`
    this.#after = includeUsage ? '],"usage":null}\n\n' : ']}\n\n'
  }

  delta(choice: number, members: string): void {
    this.#push(choice, members, 'null', false)
  }

  token(choice: number, members: string): void {
    this.#push(choice, members, 'null', true)
  }

  /** One event per piece, which stands between the two texts. */
  tokens(choice: number, pieces: readonly JsonText[], [before, after]: readonly [string, string]): void {
    const open = `${this.#before}{"index":${choice},"delta":{${before}`
    const close = `${after}},"logprobs":null,"finish_reason":null}${this.#after}`
    for (const piece of pieces) this.events.push({ text: open + piece + close, token: true })
  }

  finish(choice: number, reason: string): void {
    this.#push(choice, '', `"${reason}"`, false)
  }

  total(tokens: string): void {
    this.events.push({ text: `${this.#before}],"usage":${tokens}}\n\n`, token: false })
  }

  #push(choice: number, members: string, reason: string, token: boolean): void {
    const text = `{"index":${choice},"delta":{${members}},"logprobs":null,"finish_reason":${reason}}`
    this.events.push({ text: this.#before + text + this.#after, token })
  }
}

function writeChoice(chunks: ChunkWriter, message: Message, choice: number, field: ReasoningField): void {
  const begun = joinTexts(message, 'text') === '' ? emptyContent(message) : '""'
  chunks.delta(choice, `"role":"assistant","content":${begun},"refusal":null`)
  if (field === 'tag' && joinTexts(message, 'thinking') !== '') chunks.delta(choice, '"content":"<think>"')
  for (const [index, part] of reasoningParts(message).entries()) writeReasoning(chunks, part, choice, index, field)
  if (field === 'tag' && joinTexts(message, 'thinking') !== '') chunks.delta(choice, '"content":"</think>"')
  for (const part of message.parts) {
    if (part.type === 'text') chunks.tokens(choice, part.pieces, ['"content":', ''])
    if (part.type === 'refusal') chunks.tokens(choice, part.pieces, ['"refusal":', ''])
  }
  for (const [index, call] of callsOf(message).entries()) writeCall(chunks, message, call, choice, index)
}

const TEXT_FIELDS: Readonly<Record<ReasoningField, readonly string[]>> = {
  reasoning_content: ['reasoning_content'],
  reasoning: ['reasoning'],
  both: ['reasoning', 'reasoning_content'],
  details: ['reasoning'],
  tag: [],
  none: [],
}

type ReasoningPart = Extract<MessagePart, { type: 'thinking' | 'redacted-thinking' }>

function writeReasoning(
  chunks: ChunkWriter,
  part: ReasoningPart,
  choice: number,
  index: number,
  field: ReasoningField,
): void {
  if (part.type === 'redacted-thinking') {
    if (field === 'details') chunks.delta(choice, `"reasoning_details":[${encryptedDetail(part.data, index)}]`)
    return
  }
  if (field === 'none') return
  if (field === 'tag') return chunks.tokens(choice, part.pieces, ['"content":', ''])
  for (const piece of part.pieces) {
    const members = TEXT_FIELDS[field].map((name) => `"${name}":${piece}`)
    if (field === 'details')
      members.push(`"reasoning_details":[{"type":"reasoning.text",${detail(index)},"text":${piece}}]`)
    chunks.token(choice, members.join(','))
  }
  if (field === 'details') {
    const signed = `{"type":"reasoning.text",${detail(index)},"signature":"${part.signature}"}`
    chunks.delta(choice, `"reasoning_details":[${signed}]`)
  }
}

function detail(index: number): string {
  return `"format":"anthropic-claude-v1","index":${index}`
}

function encryptedDetail(data: string, index: number): string {
  return `{"type":"reasoning.encrypted",${detail(index)},"data":"${data}"}`
}

/** The first fragment names the call, the others bring only its arguments: SDKs fail on a name that comes twice. */
function writeCall(chunks: ChunkWriter, message: Message, call: ToolCall, choice: number, index: number): void {
  if (message.stop === 'function-call') {
    chunks.delta(choice, `"function_call":${legacyCall(call, '""')}`)
    return chunks.tokens(choice, call.pieces, ['"function_call":{"arguments":', '}'])
  }
  chunks.delta(choice, `"tool_calls":[{"index":${index},${toolCall(message, call, '""').slice(1)}]`)
  const fields = call.custom ? '"custom":{"input":' : '"function":{"arguments":'
  chunks.tokens(choice, call.pieces, [`"tool_calls":[{"index":${index},${fields}`, '}}]'])
}

function toolCall(message: Message, call: ToolCall, input: string): string {
  const id = `"id":"call_sim${message.seed}${call.ordinal}"`
  const name = JSON.stringify(call.name)
  if (call.custom) return `{${id},"type":"custom","custom":{"name":${name},"input":${input}}}`
  return `{${id},"type":"function","function":{"name":${name},"arguments":${input}}}`
}

function legacyCall(call: ToolCall, input: string): string {
  return `{"name":${JSON.stringify(call.name)},"arguments":${input}}`
}

function callsOf(message: Message): readonly ToolCall[] {
  const calls = message.parts.filter((part) => part.type === 'tool-call')
  return message.stop === 'function-call' ? calls.slice(0, 1) : calls
}

function reasoningParts(message: Message): readonly ReasoningPart[] {
  return message.parts.filter((part) => part.type === 'thinking' || part.type === 'redacted-thinking')
}

/** An answer without text has no content when it says something else instead, and otherwise an empty one. */
function emptyContent(message: Message): '""' | 'null' {
  return message.parts.some(({ type }) => type === 'tool-call' || type === 'refusal') ? 'null' : '""'
}

function joinTexts(message: Message, type: 'text' | 'refusal' | 'thinking'): string {
  let text = ''
  for (const part of message.parts) if (part.type === type) text += textOfPieces(part.pieces)
  return text
}

function head(message: Message, object: string): string {
  const identity = `"id":"chatcmpl-sim${message.seed}","object":"${object}","created":${CREATED}`
  return `${identity},"model":${JSON.stringify(message.model)},"service_tier":"default","system_fingerprint":"fp_simulator"`
}

/** The vendor's `prompt_tokens` include those that the cache knew. */
function usage({ usage: { input, cached, written, output, thought } }: Message): string {
  const totals = `"prompt_tokens":${input},"completion_tokens":${output},"total_tokens":${input + output}`
  const promptDetails = `{"cached_tokens":${cached},"cache_write_tokens":${written},"audio_tokens":0}`
  const prediction = '"accepted_prediction_tokens":0,"rejected_prediction_tokens":0'
  const completionDetails = `{"reasoning_tokens":${thought},"audio_tokens":0,${prediction}}`
  return `{${totals},"prompt_tokens_details":${promptDetails},"completion_tokens_details":${completionDetails}}`
}

function each<Result>(count: number, make: (index: number) => Result): Result[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
