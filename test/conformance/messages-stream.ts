import { foldMessagesStream } from '../support/fold-wire.ts'
import type { ReceivedEvent } from '../support/read-sse.ts'
import type { Json } from './harness.ts'

export interface ReadMessages {
  /** The message that the stream stands for. */
  readonly message: Json
  readonly content: readonly Json[]
  /** The `error` event's error when the stream ended in one; then the message is not whole. */
  readonly error: Json | null
}

/**
 * Reads a Messages stream as strictly as all clients together would: what any SDK, or Claude Code, drops or fails on is
 * thrown here.
 */
export function readMessagesStream(events: readonly ReceivedEvent[]): ReadMessages {
  const reader = new MessagesReader()
  const named = events.filter(({ text }) => !isComment(text))
  for (const event of named) reader.take(event)
  reader.end()
  const message = reader.started ? foldMessagesStream(named.filter(({ event }) => event !== 'error')) : {}
  return { message, content: (message['content'] ?? []) as Json[], error: reader.error }
}

function isComment(text: string): boolean {
  return text
    .trim()
    .split('\n')
    .every((line) => line.startsWith(':'))
}

const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
}

class MessagesReader {
  started = false
  error: Json | null = null
  #blocks = 0
  #open: { readonly type: string; signed: boolean; json: string } | null = null
  #stopReason: string | null = null
  #over = false

  take({ event, data }: ReceivedEvent): void {
    const body = JSON.parse(data) as Json
    demand(event === body['type'], `event "${event}" carries type "${String(body['type'])}"`)
    demand(!this.#over, `${event} behind the end`)
    demand(this.started || ['message_start', 'ping', 'error'].includes(event), `${event} before message_start`)
    const read = READERS[event]
    if (read !== undefined) read(this, body)
  }

  end(): void {
    demand(this.#over, 'the stream has neither message_stop nor error')
  }

  start(body: Json): void {
    demand(!this.started, 'a second message_start')
    this.started = true
    const message = body['message'] as Json
    demand(isObject(message['usage']), 'message_start without usage')
    demand(String(message['id']).startsWith('msg_'), 'message_start without an id')
    demand(Array.isArray(message['content']) && message['content'].length === 0, 'message_start with content')
  }

  blockStart({ index, content_block: block }: Json): void {
    demand(this.#open === null, `block ${String(index)} starts in another`)
    demand(this.#stopReason === null, `block ${String(index)} behind message_delta`)
    demand(index === this.#blocks, `block ${String(index)} where ${this.#blocks} is next`)
    this.#open = { type: String((block as Json)['type']), signed: false, json: '' }
  }

  blockDelta({ index, delta }: Json): void {
    const open = this.#open
    demand(open !== null && index === this.#blocks, `a delta for block ${String(index)}, which is not open`)
    const { type, partial_json: json } = delta as Json
    demand(!open.signed, 'a delta behind the signature')
    demand((DELTAS[open.type] ?? []).includes(String(type)), `${String(type)} in ${open.type}`)
    if (type === 'signature_delta') open.signed = true
    if (type === 'input_json_delta') open.json += String(json)
  }

  blockStop({ index }: Json): void {
    demand(this.#open !== null && index === this.#blocks, `block ${String(index)} ends, which is not open`)
    this.#open = null
    this.#blocks++
  }

  messageDelta({ delta, usage }: Json): void {
    demand(this.#open === null, 'message_delta in a block')
    demand(isObject(usage), 'message_delta without usage')
    const reason = (delta as Json)['stop_reason']
    if (typeof reason !== 'string') return
    demand(this.#stopReason === null, 'a second stop_reason')
    this.#stopReason = reason
  }

  stop(): void {
    demand(this.#stopReason !== null, 'message_stop without a stop_reason')
    this.#over = true
  }

  fail({ error }: Json): void {
    demand(isObject(error), 'an error event without an error')
    this.error = error
    this.#over = true
  }
}

const READERS: Readonly<Record<string, (reader: MessagesReader, body: Json) => void>> = {
  message_start: (reader, body) => reader.start(body),
  content_block_start: (reader, body) => reader.blockStart(body),
  content_block_delta: (reader, body) => reader.blockDelta(body),
  content_block_stop: (reader, body) => reader.blockStop(body),
  message_delta: (reader, body) => reader.messageDelta(body),
  message_stop: (reader) => reader.stop(),
  error: (reader, body) => reader.fail(body),
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`Messages stream: ${otherwise}`)
}
