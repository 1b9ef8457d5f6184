import type { Stop } from '../answer.ts'
import type { Message, MessagePart } from '../message.ts'
import { joinPieces, textOfPieces } from '../pieces.ts'
import type { EventList, StreamEvent } from '../vendor.ts'

const STOP_REASONS: Readonly<Record<Stop, string>> = {
  end: 'end_turn',
  'max-tokens': 'max_tokens',
  'stop-sequence': 'stop_sequence',
  'tool-use': 'tool_use',
  'function-call': 'tool_use',
  pause: 'pause_turn',
  refusal: 'refusal',
  'content-filter': 'refusal',
  'context-window': 'model_context_window_exceeded',
}

export const PING = 'event: ping\ndata: {"type": "ping"}\n\n'
export const GARBAGE = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del\n\n'

/** The answer as one JSON text. */
export function writeWhole(message: Message): string {
  const content = message.parts.map((part) => wholeBlock(message, part)).join(',')
  return `{${head(message)},"content":[${content}],${ending(message)},"usage":${wholeUsage(message)}}`
}

/** The answer as the vendor streams it. */
export function writeStream(message: Message): EventList {
  const events = [
    event(
      'message_start',
      `"message":{${head(message)},"content":[],"stop_reason":null,"stop_sequence":null,"usage":${startUsage(message)}}`,
    ),
    { text: PING, token: false },
  ]
  for (const [index, part] of message.parts.entries()) writeBlock(events, message, part, index)
  const endsAt = events.length
  events.push(event('message_delta', `"delta":{${ending(message)}},"usage":${endUsage(message)}`), {
    text: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    token: false,
  })
  return { events, endsAt }
}

function writeBlock(events: StreamEvent[], message: Message, part: MessagePart, index: number): void {
  events.push(event('content_block_start', `"index":${index},"content_block":${openBlock(message, part)}`))
  const [before, after] = deltaAround(part, index)
  if (part.type === 'tool-call') events.push({ text: `${before}""${after}`, token: false })
  if ('pieces' in part) for (const piece of part.pieces) events.push({ text: before + piece + after, token: true })
  if (part.type === 'thinking') {
    const delta = `"delta":{"type":"signature_delta","signature":"${part.signature}"}`
    events.push(event('content_block_delta', `"index":${index},${delta}`))
  }
  events.push(event('content_block_stop', `"index":${index}`))
}

function event(type: string, members: string): StreamEvent {
  return { text: `event: ${type}\ndata: {"type":"${type}",${members}}\n\n`, token: false }
}

const DELTAS = {
  text: ['text_delta', 'text'],
  refusal: ['text_delta', 'text'],
  thinking: ['thinking_delta', 'thinking'],
  'tool-call': ['input_json_delta', 'partial_json'],
  'redacted-thinking': ['', ''],
  block: ['', ''],
} as const satisfies Record<MessagePart['type'], readonly [type: string, field: string]>

/** What stands before and after the piece in a delta event of this part. */
function deltaAround(part: MessagePart, index: number): readonly [before: string, after: string] {
  const [type, field] = DELTAS[part.type]
  const members = `"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`
  return [`event: content_block_delta\ndata: {${members}`, '}}\n\n']
}

function openBlock(message: Message, part: MessagePart): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return '{"type":"text","text":""}'
    case 'thinking':
      return '{"type":"thinking","thinking":"","signature":""}'
    case 'tool-call':
      return toolUse(message, part.ordinal, part.name, '{}')
    case 'redacted-thinking':
    case 'block':
      return wholeBlock(message, part)
    default:
      return part satisfies never
  }
}

function wholeBlock(message: Message, part: MessagePart): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return `{"type":"text","text":${joinPieces(part.pieces)}}`
    case 'thinking':
      return `{"type":"thinking","thinking":${joinPieces(part.pieces)},"signature":"${part.signature}"}`
    case 'redacted-thinking':
      return `{"type":"redacted_thinking","data":"${part.data}"}`
    case 'tool-call':
      return toolUse(message, part.ordinal, part.name, textOfPieces(part.pieces))
    case 'block':
      return part.block
    default:
      return part satisfies never
  }
}

function toolUse(message: Message, ordinal: number, name: string, input: string): string {
  return `{"type":"tool_use","id":"toolu_sim${message.seed}${ordinal}","name":${JSON.stringify(name)},"input":${input}}`
}

function head(message: Message): string {
  return `"id":"msg_sim${message.seed}","type":"message","role":"assistant","model":${JSON.stringify(message.model)}`
}

function ending(message: Message): string {
  const sequence = message.stopSequence === null ? 'null' : JSON.stringify(message.stopSequence)
  const reason = `"stop_reason":"${STOP_REASONS[message.stop]}","stop_sequence":${sequence}`
  const details = STOP_DETAILS[message.stop]
  return details === undefined ? reason : `${reason},"stop_details":${details}`
}

const STOP_DETAILS: Readonly<Partial<Record<Stop, string>>> = {
  refusal: '{"type":"refusal","category":"cyber","explanation":"The simulator was asked to decline."}',
  'content-filter': '{"type":"refusal","category":null,"explanation":null}',
}

function startUsage(message: Message): string {
  return `{${inputUsage(message)},"output_tokens":1,${fixedUsage(message)}}`
}

/** Cumulative, so it repeats the input. */
function endUsage(message: Message): string {
  return `{${inputUsage(message)},${outputUsage(message)}}`
}

function wholeUsage(message: Message): string {
  return `{${inputUsage(message)},${outputUsage(message)},${fixedUsage(message)}}`
}

/** The vendor's `input_tokens` are those that the cache did not touch. */
function inputUsage({ usage }: Message): string {
  const plain = usage.input - usage.cached - usage.written
  return `"input_tokens":${plain},"cache_creation_input_tokens":${usage.written},"cache_read_input_tokens":${usage.cached}`
}

function outputUsage({ usage }: Message): string {
  const details = usage.thought === 0 ? '' : `,"output_tokens_details":{"thinking_tokens":${usage.thought}}`
  return `"output_tokens":${usage.output}${details}`
}

function fixedUsage({ usage }: Message): string {
  const creation = `{"ephemeral_5m_input_tokens":${usage.written},"ephemeral_1h_input_tokens":0}`
  return `"cache_creation":${creation},"service_tier":"standard"`
}
